"""
Done: the link in a reminder of a kept card, by which its reader says that it was done.

A link is good for the tenure and the deadline that its message is about: it ends with the tenure,
and thirty days after the deadline. Looking at it changes nothing, for mail filters and chats look
at links before people do. However often it is used, and from however many messages about the one
deadline, one act is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from baohao.app import show
from baohao.app.door import Answered, KeyReused
from baohao.app.kept import listing, plan
from baohao.app.kept.adding import DayAhead, Wanted, counts, last
from baohao.app.kept.listing import Card, CardNotKept
from baohao.app.kept.telling import clock_of
from baohao.app.messages import tokens
from baohao.app.messages.tokens import Sign
from baohao.app.ports import Vault
from baohao.app.shell import Shell
from baohao.core.asks import Ask, Terms
from baohao.core.civil import civil_day
from baohao.core.kept import is_kept, keeper_of
from baohao.core.line.state import LineState
from baohao.core.money import format_minor
from baohao.core.observed import fresh
from baohao.core.refusals import Refusal
from baohao.core.reminders import Known
from baohao.store import clock, messages
from baohao.store.messages import Message
from baohao.store.sql import Connection

#: How long after the deadline something that was done before it may still be said.
AFTER = timedelta(days=30)
#: Where an ask comes from that nobody signed in for.
CHANNEL = "link"


class LinkForged(Refusal):
    """This link does not work: open it as it came, or say on your card's page what was done."""

    code = "kept.link"


class LinkOver(Refusal):
    """This link is over: say on your card's page what was done."""

    code = "kept.link_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What a link is for."""

    card: Card
    deadline: datetime
    #: What counts for the card, the one that is planned first; and what that costs, as it is typed.
    acts: tuple[str, ...]
    amount: str
    #: Today, where the card is at home.
    today: date
    #: The first day that may be said.
    since: date
    #: The deadline has moved since the message: it was done, or the operator says otherwise.
    is_done: bool


def look(conn: Connection, terms: Terms, vault: Vault, sign: Sign, token: str) -> Offered:
    """Return what a link is for, and change nothing; raises `LinkForged` and `LinkOver`."""
    message, now = _message(conn, token, sign), clock.now(conn)
    try:
        card = listing.one(conn, terms, vault, message.number)
    except CardNotKept:
        raise LinkForged from None
    assert message.deadline is not None  # noqa: S101 - `_message` has looked
    held = messages.tenure(conn, message.number, message.epoch)
    is_over = held is None or not held[1] or card.is_over or now >= message.deadline + AFTER
    if is_over:
        raise LinkOver()
    planned = plan.of_card(card, now)
    option = None if planned.next is None else planned.next.option
    first = () if option is None else (option.kind,)
    cost = 0 if option is None or option.kind in planned.unpriced else option.cost_minor
    begun = card.state.standing.begun.get("activation")
    zone = card.policy.zone
    return Offered(
        card=card,
        deadline=message.deadline,
        acts=tuple(dict.fromkeys((*first, *counts(card.policy)))),
        amount=format_minor(cost, card.policy.currency) if cost else "",
        today=civil_day(now, zone),
        since=civil_day(begun or now, zone),
        is_done=_is_settled(terms, card.state, message, now),
    )


def record(
    shell: Shell,
    terms: Terms,
    vault: Vault,
    sign: Sign,
    token: str,
    wanted: Wanted,
    new_id: Callable[[], UUID],
) -> bool:
    """
    Record what was done; return whether it was new. Raises `LinkForged`, `LinkOver`, `DayAhead`,
    `ActOther`, `MoneyMalformed`, and what `record` refuses with.
    """
    offered = shell.run(partial(look, terms=terms, vault=vault, sign=sign, token=token))
    if offered.is_done:
        return False
    card, now = offered.card, shell.run(clock.now)
    on = wanted.on or offered.today
    if on > offered.today:
        raise DayAhead(day=on.isoformat())
    act = last(card.policy, wanted.act, on, wanted, now)
    ask = Ask(
        id=new_id(),
        verb="record",
        subject=card.subject,
        # One for each deadline, whichever message it was said by.
        key=f"done:{card.state.epoch}:{offered.deadline.isoformat()}",
        principal=keeper_of(card.subject),
        channel=CHANNEL,
        payload={**act, "evidence": "said by the link in a reminder"},
    )
    (answer,) = shell.answer([ask])
    if isinstance(answer, KeyReused):
        # The same was said with another day: it is done.
        return False
    if not isinstance(answer, Answered):
        raise answer
    return not answer.is_repeat


def _message(conn: Connection, token: str, sign: Sign) -> Message:
    found = tokens.found(conn, token, sign)
    if found is None or found.deadline is None or not is_kept(found.number):
        raise LinkForged()
    return found


def _is_settled(terms: Terms, line: LineState, message: Message, now: datetime) -> bool:
    """Whether what a message was about has moved on, so that nothing is to be done for it."""
    assert message.deadline is not None  # noqa: S101 - `_message` has looked
    policy, views = show.viewed(terms.rules, line, max(now, line.standing.at or now))
    name = clock_of(message.key.partition("|")[0])
    if not name:
        # Of a stage: its end is in sight for as long as the line is in it.
        ends = {boundary.at for boundary in views[0].ahead}
        return message.deadline not in ends and now < message.deadline
    if any(each.name == name and each.until == message.deadline for each in fresh(line)):
        # The day that its operator said has passed, and nothing was done.
        return False
    known = show.clocks_of(policy, views, line).get(name, Known())
    return known.deadline is None or known.deadline > message.deadline
