"""
Readings by the file: what an operator whose own system is master says each day of its lines.

A row is taken down as observations, and as an act where it says when the line was last used. What
is computed is put beside what was observed: the drift. Sent again, a file changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import file_digest
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from baohao.app import show, wishes
from baohao.app.door import Answer
from baohao.app.renewals import RowMalformed, table
from baohao.app.shell import OutcomeUnknown, Shell
from baohao.core.asks import Ask
from baohao.core.civil import midnight
from baohao.core.decide.case import ActKnown
from baohao.core.identifiers.number import parse_number
from baohao.core.line.fold import Rules, policy_of
from baohao.core.line.state import LineState
from baohao.core.money import format_minor, parse_minor
from baohao.core.policy.model import Policy
from baohao.core.refusals import Refusal
from baohao.store import clock
from baohao.store.sql import Connection

AT_ONCE = 100
COLUMNS = ("number", "last_activity", "balance", "expiry", "clock")
OUTCOME = (
    *("row", "number", "outcome", "expiry", "computed_expiry", "drift_days"),
    *("balance", "computed_balance", "code", "message"),
)
OBSERVED, REFUSED = "observed", "refused"


class ClockUnclear(Refusal):
    """The policy {pin} has several clocks: say in the column "clock" which one expires."""

    code = "readings.clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who sends the file."""

    principal: str
    channel: str
    new_id: Callable[[], UUID]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of a row, and how far what is computed lies from it."""

    #: The row's line in the file, counted from 1.
    row: int
    number: str
    outcome: str = OBSERVED
    expiry: str = ""
    computed_expiry: str = ""
    #: Observed less computed, in days; `None`: one of the two is not known.
    drift_days: int | None = None
    balance: str = ""
    computed_balance: str = ""
    code: str = ""
    message: str = ""

    @property
    def cells(self) -> tuple[object, ...]:
        """In the order of `OUTCOME`."""
        return tuple(getattr(self, name) for name in OUTCOME)

    @property
    def drifts(self) -> bool:
        """Whether what is computed is not what was observed."""
        return bool(self.drift_days) or bool(self.balance and self.balance != self.computed_balance)

    def refuse(self, refusal: Refusal) -> None:
        """Note why not; the first reason stays."""
        if not self.code:
            self.outcome, self.code, self.message = REFUSED, refusal.code, refusal.message


@dataclass(slots=True)
class _Row:
    outcome: Outcome
    cells: Mapping[str, str]
    key: str
    clock: str = ""
    asks: dict[str, Ask] = field(default_factory=dict)


def observe(shell: Shell, rules: Rules, file: Path, by: By) -> Iterator[Outcome]:
    """
    Take down the readings of a .csv file in UTF-8; yield what became of each row, in order.

    Raises `FileMalformed`, and `OutcomeUnknown` where the database stayed away: send it again.
    """
    with file.open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()[:24]
    rows = table(file, COLUMNS)
    while part := [_row(line, cells, digest) for line, cells in islice(rows, AT_ONCE)]:
        shell.run(partial(_prepare, rules=rules, part=part, by=by))
        for what in ("used", "clock", "balance"):
            asking = [each for each in part if what in each.asks]
            answers = shell.answer([each.asks[what] for each in asking])
            for each, answer in zip(asking, answers, strict=True):
                _note(each, answer)
        shell.run(partial(_compare, rules=rules, part=part))
        yield from (each.outcome for each in part)


def _row(line: int, cells: Mapping[str, str], digest: str) -> _Row:
    outcome = Outcome(row=line, number=cells.get("number", ""))
    return _Row(outcome, cells, f"reading:{digest}:{line}")


def _prepare(conn: Connection, rules: Rules, part: Iterable[_Row], by: By) -> None:
    """Make the asks of each row, as its line's policy reads it."""
    for each in part:
        try:
            wrong = each.cells.get("")
            if wrong:
                raise RowMalformed(reason=wrong)
            number = parse_number(each.cells.get("number", ""))
            each.outcome.number = number
            policy = policy_of(rules, show.find(conn, number).pin)
            for what, (verb, payload) in _asked(each, policy).items():
                each.asks[what] = Ask(
                    id=by.new_id(),
                    verb=verb,
                    subject=number,
                    key=f"{each.key}:{what}",
                    principal=by.principal,
                    channel=by.channel,
                    payload=payload,
                )
        except Refusal as refusal:
            each.asks = {}
            each.outcome.refuse(refusal)


def _asked(each: _Row, policy: Policy) -> dict[str, tuple[str, dict[str, Any]]]:
    cells, asked = each.cells, dict[str, tuple[str, dict[str, Any]]]()
    if used := cells.get("last_activity"):
        at = _begin(used, policy)
        act = {"kind": "usage", "at": at.isoformat(), "act": f"activity:{used}"}
        asked["used"] = ("record", act)
    if expiry := cells.get("expiry"):
        each.clock = cells.get("clock") or clock_of(policy)
        until = wishes.deadline(expiry, policy)
        asked["clock"] = ("observe", {"clock": each.clock, "until": until.isoformat()})
        each.outcome.expiry = expiry
    if balance := cells.get("balance"):
        minor = parse_minor(balance, policy.currency)
        asked["balance"] = ("observe", {"balance": "main", "amount_minor": minor})
        each.outcome.balance = format_minor(minor, policy.currency)
    if not asked:
        raise RowMalformed(reason="it says nothing of the line")
    return asked


def _begin(text: str, policy: Policy) -> datetime:
    """Read an instant, or a day as its first instant: whoever is told early loses nothing."""
    until = wishes.deadline(text, policy)
    if len(text) > 10:
        return until
    return midnight((until - timedelta(hours=12)).astimezone(policy.zone).date(), policy.zone)


def clock_of(policy: Policy) -> str:
    """Return the clock that an operator calls the expiry; raises `ClockUnclear`."""
    names = [c.id for c in policy.clocks.values() if c.kind == "service"] or list(policy.clocks)
    if len(names) != 1:
        raise ClockUnclear(pin=policy.pin)
    return names[0]


def _note(each: _Row, answer: Answer) -> None:
    if isinstance(answer, OutcomeUnknown):
        raise answer
    # It was used on that day, as was said before: nothing new.
    if isinstance(answer, Refusal) and not isinstance(answer, ActKnown):
        each.outcome.refuse(answer)


def _compare(conn: Connection, rules: Rules, part: Iterable[_Row]) -> None:
    now = clock.now(conn)
    for each in part:
        if each.asks:
            _drift(each, rules, show.find(conn, each.outcome.number), now)


def _drift(each: _Row, rules: Rules, state: LineState, now: datetime) -> None:
    outcome = each.outcome
    policy, views = show.viewed(rules, state, max(now, state.standing.at or now))
    if each.clock:
        computed = {view.clocks.get(each.clock) for view in views}
        only = computed.pop() if len(computed) == 1 else None
        if only is not None:
            until = wishes.deadline(outcome.expiry, policy)
            last = (until - timedelta(microseconds=1)).astimezone(policy.zone).date()
            outcome.computed_expiry = only.last_day.isoformat()
            outcome.drift_days = (last - only.last_day).days
    if outcome.balance:
        held = views[0].balances.get("main", 0)
        outcome.computed_balance = format_minor(held, policy.currency)
