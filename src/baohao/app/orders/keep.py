"""
Keep: a worker asks of each standing order that is due to do its next step, whatever that is.

    consented ── notify ──> notice owed ── told by a channel ──> charge ──> charged, begins anew
                                                                  │ └──> failed, again a day later
                                                                  └────> given up
Which step it is, and whether its time has come, the door works out under the line's lock. Any
schedule of runs, late or doubled, ends as if each step had been asked for once; a late run does
late what was due, and what is promised after it moves along. See
docs/rules/grants-and-standing-orders.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from baohao.app.door import Answer, HouseClosed
from baohao.app.shell import OutcomeUnknown, Shell
from baohao.core.asks import Ask
from baohao.core.decide.keep_order import CardUncharged
from baohao.core.decide.ordering import OrderNotDue
from baohao.core.refusals import Refusal
from baohao.store import clock, standing_orders
from baohao.store.sql import Connection
from baohao.store.standing_orders import Standing

#: Who asks where nobody does.
PRINCIPAL = "orders"
#: As many as a batch of the door holds.
AT_ONCE = 300
#: What a step may come to.
STEPS = ("notify", "charge", "failed", "give_up")


def run(shell: Shell, new_id: Callable[[], UUID]) -> Mapping[str, int]:
    """
    Do what is due at the moment at which the run begins; return how many went how.

    Raises `OutcomeUnknown` where our own database stayed away, and `HouseClosed`: what was not done
    is due still.
    """
    now = shell.run(clock.now)
    ran: Counter[str] = Counter()
    # After a step another one may be due: the last try, and that it was the last.
    while went := _once(shell, now, new_id):
        ran += went
        if not any(went[step] for step in STEPS):
            break
    return ran


def _once(shell: Shell, now: datetime, new_id: Callable[[], UUID]) -> Counter[str]:
    """Do one step of each order that is due."""
    ran: Counter[str] = Counter()
    last: Standing | None = None
    while found := shell.run(partial(_find, now=now, last=last)):
        for answer in shell.answer([asking(each, new_id()) for each in found]):
            ran[_went(answer)] += 1
        last = found[-1]
    ran.pop("", None)
    return ran


def asking(standing: Standing, id_: UUID) -> Ask:
    """
    Return the ask for an order's next step.

    Its key follows from the order, its deadline and how the line stood, so that a worker that died
    before it was answered, or another that saw the same, asks for the same.
    """
    deadline = standing.deadline.isoformat() if standing.deadline is not None else ""
    return Ask(
        id=id_,
        verb="keep_order",
        subject=standing.number,
        key=f"order:{standing.id}:{deadline}:{standing.version}",
        principal=PRINCIPAL,
        channel=standing.channel,
        payload={"order": str(standing.id), "paid": standing.payer},
    )


def _find(conn: Connection, now: datetime, last: Standing | None) -> tuple[Standing, ...]:
    return standing_orders.due(conn, now, AT_ONCE, last)


def _went(answer: Answer) -> str:
    """Return how it went; empty: somebody else has done it."""
    if isinstance(answer, OutcomeUnknown | HouseClosed):
        raise answer
    if isinstance(answer, OrderNotDue | CardUncharged):
        # `cards` charges those.
        return ""
    if isinstance(answer, Refusal):
        return answer.code
    return "" if answer.is_repeat else str(answer.answer["did"])
