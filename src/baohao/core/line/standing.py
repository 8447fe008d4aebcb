"""
Standing: what the acts of a line have come to, settled up to an instant, in one world of its
policy.

A standing is derived: folding the acts again gives the same one. It is kept beside the acts so that
the next act need not fold them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from baohao.core.civil import Span


@dataclass(frozen=True, slots=True)
class Queued:
    """Time that was bought and waits for room under a cap."""

    act: str
    kind: str
    days: int


@dataclass(frozen=True, slots=True)
class ClockState:
    """One running clock."""

    #: Half-open: from this instant on, it has passed. UTC.
    deadline: datetime
    #: The civil day that the deadline belongs to, which the next term may be counted from.
    day: date
    #: When it last began to run after not running.
    since: datetime
    #: Its grid's first day, for ANCHOR.
    grid: date
    #: keep_anchor: the day that months are counted from, and how many have been.
    anchor: date
    months: int = 0
    queued: tuple[Queued, ...] = ()


@dataclass(frozen=True, slots=True)
class ChargeState:
    """One recurring charge that has begun."""

    #: The civil day that its periods are counted from.
    start: date
    #: How many periods have fallen due.
    periods: int
    #: The next instant at which it falls due; `None`: it has ended.
    due: datetime | None
    #: Owed since a failure, under on_failure "retry".
    owed_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """A stretch of time that an act gave to a clock."""

    act: str
    clock: str
    #: "paid" or "bonus".
    kind: str
    span: Span | None
    #: Half-open.
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Something that fell due by itself."""

    #: charged, charge_failed, charge_stopped, forfeited, stage, resumed, extended.
    what: str
    #: The instant it fell due, however late it was noticed.
    at: datetime
    #: The charge, balance or clock that it was about; of a stage, the new one.
    id: str
    amount_minor: int = 0
    #: Of a stage: the one that ended.
    origin: str = ""

    @property
    def key(self) -> tuple[datetime, str, str]:
        """What makes it the same settlement in two folds."""
        return (self.at, self.what, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning_:  # noqa: N801 - `Warning` is Python's
    """Something a person should be told about an act: days lost, or that it did not count."""

    act: str
    code: str
    days: int = 0
    amount_minor: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Clocks, balances, charges and stage of a line, settled up to `at`."""

    #: `None`: nothing has happened yet.
    at: datetime | None = None
    pin: str = ""
    clocks: Mapping[str, ClockState] = field(default_factory=dict)
    balances: Mapping[str, int] = field(default_factory=dict)
    charges: Mapping[str, ChargeState] = field(default_factory=dict)
    stage: str = ""
    stage_since: datetime | None = None
    #: Starts that have happened: "activation", "purchase", "first_use" ...
    begun: Mapping[str, datetime] = field(default_factory=dict)
    parked_since: datetime | None = None
    parks: tuple[datetime, ...] = ()
    held_since: datetime | None = None
    #: Intervals in which the ladder stood still, by hold or waiting park: (from, to).
    frozen: tuple[tuple[datetime, datetime], ...] = ()
    #: Civil days of being barred, by calendar year, of closed stretches.
    barred_days: Mapping[int, int] = field(default_factory=dict)
    barred_since: date | None = None
    barred_through: date | None = None
    #: A stage that something other than the ladder put the line in: (name, since).
    forced: tuple[str, datetime] | None = None
    #: "port_out", "terminate", "return" or "recycle", once the life has ended.
    ended: str = ""
    benefits: tuple[Benefit, ...] = ()
    #: When a clock last moved, of those since whose move some rule adds up acts.
    moved: Mapping[str, datetime] = field(default_factory=dict)


NOTHING = Standing()
