"""
What the operator says beside what we compute: both stand, with their difference.

A reading changes nothing that is computed. Reminders use the earlier of the two, but not a reading
from before something that moved the deadline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from baohao.core.civil import civil_day
from baohao.core.line.acts import COUNTING, Act
from baohao.core.line.prospect import Prospect, Range
from baohao.core.line.state import LineState, Reading
from baohao.core.reminders import Known

#: Acts after which an older reading says nothing of today.
_MOVING = COUNTING | {"activate", "adjust", "lift", "resume", "restore"}


def fresh(line: LineState) -> tuple[Reading, ...]:
    """Return the readings of a line since which nothing has happened that moves what they read."""
    given = {(each.act, each.clock) for world in line.standings for each in world.benefits}
    return tuple(
        reading
        for reading in line.readings
        if not any(reading.at < act.at and _moves(act, reading, given) for act in line.acts)
    )


def _moves(act: Act, reading: Reading, given: Set[tuple[str, str]]) -> bool:
    # What gave a clock nothing leaves it where its operator said that it is.
    if act.kind in COUNTING and reading.until is not None:
        return (act.id, reading.name) in given
    return act.kind in _MOVING


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The latest reading of a clock or a balance, and what is computed of it."""

    reading: Reading
    #: The last civil day that is still good by the reading; `None` for a balance.
    last_day: date | None = None
    #: Of a clock, at the instant of the prospect.
    computed: Range | None = None
    #: By how many days the reading lies outside what is computed: later is positive, 0 is within.
    #: `None`: nothing is computed.
    differs_days: int | None = None
    #: Of a balance: the same in minor units.
    differs_minor: int | None = None
    #: Something has happened since it was taken.
    is_stale: bool = False


def beside(
    seen: Prospect, readings: Iterable[Reading], acts: Iterable[Act], zone: tzinfo
) -> Mapping[str, Beside]:
    """
    Return the latest reading of each clock and balance beside what is computed; days in `zone`.
    """
    moved = max((act.at for act in acts if act.kind in _MOVING), default=None)
    latest: dict[str, Reading] = {}
    for reading in sorted(readings, key=lambda r: r.at):
        latest[reading.name] = reading
    return {
        name: _beside(seen, reading, zone, is_stale=moved is not None and reading.at < moved)
        for name, reading in latest.items()
    }


def _beside(seen: Prospect, reading: Reading, zone: tzinfo, *, is_stale: bool) -> Beside:
    if reading.until is None:
        held = [view.balances.get(reading.name, 0) for view in seen.views]
        outside = _outside(reading.amount_minor or 0, min(held), max(held))
        return Beside(reading=reading, differs_minor=outside, is_stale=is_stale)
    last = civil_day(reading.until - timedelta(microseconds=1), zone)
    computed = seen.clocks.get(reading.name)
    days = None
    if computed is not None and computed.earliest is not None:
        day, first = last.toordinal(), computed.earliest.last_day.toordinal()
        latest = computed.latest.last_day.toordinal() if computed.latest else max(day, first)
        days = _outside(day, first, latest)
    return Beside(
        reading=reading, last_day=last, computed=computed, differs_days=days, is_stale=is_stale
    )


def _outside(value: int, least: int, most: int) -> int:
    return value - least if value < least else max(0, value - most)


def to_remind(seen: Prospect, besides: Mapping[str, Beside]) -> Mapping[str, Known]:
    """Return what reminders have to know of each clock that runs or was read."""
    known: dict[str, Known] = {}
    for name in {**seen.clocks, **besides}:
        computed, read = seen.clocks.get(name, Range(None, None)), besides.get(name)
        observed: datetime | None = None
        if read is not None and not read.is_stale:
            observed = read.reading.until
        if computed.earliest is None and observed is None:
            continue
        known[name] = Known(
            earliest=computed.earliest.at if computed.earliest else None,
            latest=computed.latest.at if computed.latest else None,
            observed=observed,
        )
    return known
