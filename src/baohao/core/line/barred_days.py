"""Barred days: the civil days on which a line was parked or barred, counted by calendar year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from baohao.core.civil import civil_day, midnight

ONE_DAY = timedelta(days=1)
#: The longest calendar year; and how many years there can be without one.
YEAR_DAYS, YEARS_BETWEEN = 366, 8


@dataclass(frozen=True, slots=True)
class BarredDays:
    """The days of closed stretches, and the open stretch."""

    by_year: Mapping[int, int]
    #: The first day of the open stretch; `None`: the line is not barred.
    since: date | None = None
    #: The last day that has been counted; a day of two stretches is one day.
    through: date | None = None

    def begun(self, at: datetime, zone: tzinfo) -> BarredDays:
        """Open a stretch."""
        return BarredDays(self.by_year, civil_day(at, zone), self.through)

    def ended(self, at: datetime, zone: tzinfo) -> BarredDays:
        """Close the open stretch; a day counts when any part of it was barred."""
        first, last = self._first(), civil_day(at, zone)
        if at == midnight(last, zone):
            last -= ONE_DAY
        if first is None or last < first:
            return BarredDays(self.by_year, None, self.through)
        by_year = dict(self.by_year)
        for year in range(first.year, last.year + 1):
            begin, end = max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
            by_year[year] = by_year.get(year, 0) + (end - begin).days + 1
        return BarredDays(by_year, None, last)

    def limit_day(self, limit_days: int) -> date | None:
        """Return the day of the open stretch that is one too many for its year; `None`: none is."""
        first = self._first()
        if first is None:
            return None
        day = first + timedelta(days=max(0, limit_days - self.by_year.get(first.year, 0)))
        if day.year == first.year:
            return day
        for year in range(first.year + 1, first.year + 1 + YEARS_BETWEEN):
            day = date(year, 1, 1) + timedelta(days=limit_days)
            if day.year == year:
                return day
        return None

    def _first(self) -> date | None:
        """Return the first day of the open stretch that has not been counted."""
        if self.since is not None and self.through is not None and self.since <= self.through:
            return self.through + ONE_DAY
        return self.since
