"""Drift: lines of which the operator's own system says another deadline than is computed here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from baohao.app import show
from baohao.core.line import codec
from baohao.core.line.fold import Rules
from baohao.core.line.prospect import together
from baohao.core.line.state import LineState
from baohao.core.observed import beside
from baohao.core.operators import Operator
from baohao.core.refusals import Refusal
from baohao.store import clock, reports
from baohao.store.sql import Connection

COLUMNS = (
    *("number", "operator", "clock", "observed", "computed_from", "computed_to"),
    *("days", "read_at", "age_days"),
)


class NotTheirs(Refusal):
    """{operator} does not keep the truth of its lines; these do: {known}."""

    code = "charging.not_there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One clock of a line on which the two differ."""

    number: str
    operator: str
    clock: str
    #: The last good day that their system says, and those that are computed; one where it is sure.
    observed: date
    computed_from: date
    computed_to: date
    #: Observed less computed: below zero the line ends sooner than is computed.
    days: int
    read_at: datetime
    age_days: int

    @property
    def cells(self) -> tuple[object, ...]:
        """In the order of `COLUMNS`."""
        return tuple(getattr(self, name) for name in COLUMNS)


def theirs(operators: Mapping[str, Operator], only: str | None = None) -> Collection[str]:
    """Return the operators whose own system is master, or one of them; raises `NotTheirs`."""
    known = sorted(key for key, operator in operators.items() if operator.authority == "there")
    if only is None:
        return known
    if only not in known:
        raise NotTheirs(operator=only[:40], known=", ".join(known) or "none")
    return [only]


def drifts(conn: Connection, rules: Rules, operators: Collection[str]) -> Iterator[Drift]:
    """
    Yield what differs, line by line, a page of lines at a time.

    A reading from before something that moved the deadline says nothing of today, and is left out.
    """
    now = clock.now(conn)
    for (state,) in reports.stream(conn, "list_states_of", list(operators)):
        line = codec.decode(state)
        if any(reading.until is not None for reading in line.readings):
            yield from _of(line, rules, now)


def _of(line: LineState, rules: Rules, now: datetime) -> Iterator[Drift]:
    policy, views = show.viewed(rules, line, max(now, line.standing.at or now))
    for name, each in beside(together(views), line.readings, line.acts, policy.zone).items():
        computed = each.computed
        if each.is_stale or not each.differs_days or each.last_day is None or computed is None:
            continue
        first, last = computed.earliest, computed.latest or computed.earliest
        if first is None or last is None:
            continue
        yield Drift(
            number=line.number,
            operator=line.operator,
            clock=name,
            observed=each.last_day,
            computed_from=first.last_day,
            computed_to=last.last_day,
            days=each.differs_days,
            read_at=each.reading.at,
            age_days=(now - each.reading.at).days,
        )
