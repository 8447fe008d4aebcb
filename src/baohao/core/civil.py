"""
Civil time: spans that keep their unit, days that are counted, instants where days end.

A deadline is a civil day in a zone first, and an instant second: 180 days are 180 midnights,
whatever daylight saving does; 6 months are not 180 days. All intervals are half-open. Zones come in
as values.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache

from baohao.core.refusals import Malformed, Refusal


class Unit(StrEnum):
    """What a span is counted in; never converted into another unit."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class SpanMalformed(Malformed):
    """
    {value!r} is not a span of time: write a whole number and a unit, as in "180 days" or "6
    months".
    """

    code = "malformed.span"


class InstantNaive(Malformed):
    """The instant {value} has no zone: give an offset, as in 2026-03-01T09:00:00+08:00."""

    code = "malformed.instant.naive"


class FarAhead(Refusal):
    """{span} after {start} lies further ahead than any calendar here is good for."""

    code = "time.far_ahead"


#: Beyond it nothing is counted: far from any promise, and far enough from where the calendar ends.
YEARS_END = 9000
_DAYS_END = date(YEARS_END, 1, 1).toordinal()
_SECONDS_END = 86_400 * 366 * 900

_SPAN = re.compile(r"(\d{1,6}) ?(minute|hour|day|week|month|year)s?")


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time with its unit kept, as in `Span(6, Unit.MONTH)`."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read "180 days"; raises `SpanMalformed`."""
        found = _SPAN.fullmatch(text)
        if found is None or not text.isascii():
            raise SpanMalformed(value=text)
        return cls(int(found[1]), Unit(found[2]))

    def __str__(self) -> str:
        return f"{self.count} {self.unit}" + ("" if self.count == 1 else "s")

    @property
    def months(self) -> int:
        """Whole months, years included; 0 for spans that are not counted in months."""
        if self.unit is Unit.MONTH:
            return self.count
        return 12 * self.count if self.unit is Unit.YEAR else 0

    @property
    def days(self) -> int:
        """Whole days, weeks included; 0 for spans that are not counted in days."""
        if self.unit is Unit.DAY:
            return self.count
        return 7 * self.count if self.unit is Unit.WEEK else 0

    @property
    def seconds(self) -> int:
        """Exact seconds of a span counted in minutes or hours; 0 for calendar spans."""
        if self.unit is Unit.MINUTE:
            return 60 * self.count
        return 3600 * self.count if self.unit is Unit.HOUR else 0

    @property
    def about_days(self) -> float:
        """For comparing tiers and drawing only, never for a deadline."""
        return self.days + self.months * 30.4375 + self.seconds / 86400

    def longest_days(self) -> int:
        """The most civil days this span can touch; what a regulator's limit is held against."""
        if self.months:
            return -(-self.months * 366 // 12)
        return self.days + -(-self.seconds // 86400)


ZERO = Span(0, Unit.DAY)


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """Where a day of the month goes that the month does not have."""

    #: clamp: the last day, and later months go on from there · keep: the last day, but always
    #: counted from the anchor's day · overflow: on into the next month · day: never past `day`.
    rule: str = "clamp"
    #: For rule "day": 1 to 28.
    day: int = 0


CLAMP = MonthEnd()


def add_months(start: date, months: int, month_end: MonthEnd = CLAMP) -> date:
    """
    Return the day `months` after `start`; what a missing day becomes, `month_end` says.

    >>> add_months(date(2026, 8, 31), 18)
    datetime.date(2028, 2, 29)
    """
    day = start.day
    if month_end.rule == "day":
        day = min(day, month_end.day)
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    if year >= YEARS_END:
        raise FarAhead(start=start.isoformat(), span=f"{months} months")
    last = monthrange(year, month + 1)[1]
    if day <= last:
        return date(year, month + 1, day)
    if month_end.rule == "overflow":
        return date(year, month + 1, last) + timedelta(days=day - last)
    return date(year, month + 1, last)


def add_span(start: date, span: Span, month_end: MonthEnd = CLAMP) -> date:
    """Return the civil day a calendar span after `start`; spans of hours do not count here."""
    months = span.months
    if months:
        return add_months(start, months, month_end)
    if start.toordinal() + span.days >= _DAYS_END:
        raise FarAhead(start=start.isoformat(), span=str(span))
    return start + timedelta(days=span.days)


@lru_cache(maxsize=65536)
def midnight(day: date, zone: tzinfo) -> datetime:
    """
    Return the first instant of `day` in `zone`, in UTC.

    Kept in a cache: lines by the million share their days, and a conversion costs more than a
    look-up. Where daylight saving skips midnight, the first instant that exists is the answer.
    """
    return at_wall(day, time(0), zone)


def at_wall(day: date, wall: time, zone: tzinfo) -> datetime:
    """
    Return the instant at which clocks in `zone` show `wall` on `day` (the first, if they do so
    twice).
    """
    local = datetime.combine(day, wall, zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        # The wall time is skipped: read it with the offset in force after the gap.
        return local.replace(fold=1).astimezone(UTC)
    return instant


def civil_day(instant: datetime, zone: tzinfo) -> date:
    """Return the day it is in `zone` at `instant`."""
    return instant.astimezone(zone).date()


def aware(instant: datetime) -> datetime:
    """Return `instant` in UTC; raises `InstantNaive` when it has no zone."""
    if instant.tzinfo is None:
        raise InstantNaive(value=instant.isoformat())
    return instant.astimezone(UTC)


def after(instant: datetime, span: Span, zone: tzinfo, month_end: MonthEnd = CLAMP) -> datetime:
    """
    Return the instant one span later, at the same wall-clock time for calendar spans.

    "24 hours" are exactly that; "1 day" is the same time tomorrow, through a change of the clocks
    too.
    """
    if span.seconds:
        if span.seconds >= _SECONDS_END or instant.year >= YEARS_END:
            raise FarAhead(start=instant.isoformat(), span=str(span))
        return instant + timedelta(seconds=span.seconds)
    local = instant.astimezone(zone)
    return at_wall(add_span(local.date(), span, month_end), local.time(), zone)


def before(instant: datetime, span: Span, zone: tzinfo) -> datetime:
    """Return the instant one span earlier, at the same wall-clock time for calendar spans."""
    if span.seconds:
        return instant - timedelta(seconds=span.seconds)
    local = instant.astimezone(zone)
    day = add_months(local.date(), -span.months) if span.months else local.date()
    return at_wall(day - timedelta(days=span.days), local.time(), zone)


def days_between(first: date, last: date) -> int:
    """Return how many nights lie between two days."""
    return (last - first).days
