"""
Deferred revenue: what was paid for time becomes revenue month by month, as the days are served.

A month is the first day of it. An amount is spread over the *paid* days of its benefit by civil
days, exactly to the minor unit (largest remainder). Bonus time carries no amount: unused, it is no
breakage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from baohao.core.civil import add_months, days_between
from baohao.core.money import split_minor
from baohao.core.refusals import Refusal

#: (first day of the month, minor units), by month; every month that has a day in it, none twice.
Schedule = tuple[tuple[date, int], ...]


class NothingToSpread(Refusal):
    """{amount_minor} minor units cannot be spread over the days from {first} to before {last}."""

    code = "deferral.nothing"


def month_of(day: date) -> date:
    """Return the first day of the month of `day`."""
    return day.replace(day=1)


def schedule(amount_minor: int, first_day: date, last_day_exclusive: date) -> Schedule:
    """
    Return what of `amount_minor` is earned in each month from `first_day` to before
    `last_day_exclusive`.

    The months' amounts are not negative and add up to `amount_minor`; of equal remainders the
    earlier month is rounded up. Raises `NothingToSpread` for a negative amount or where there is no
    day.

    >>> schedule(100, date(2026, 1, 30), date(2026, 2, 3))
    ((datetime.date(2026, 1, 1), 50), (datetime.date(2026, 2, 1), 50))
    """
    if amount_minor < 0 or last_day_exclusive <= first_day:
        raise NothingToSpread(
            amount_minor=amount_minor,
            first=first_day.isoformat(),
            last=last_day_exclusive.isoformat(),
        )
    months: list[date] = []
    days: list[int] = []
    day = first_day
    while day < last_day_exclusive:
        end = min(add_months(month_of(day), 1), last_day_exclusive)
        months.append(month_of(day))
        days.append(days_between(day, end))
        day = end
    return tuple(zip(months, split_minor(amount_minor, days), strict=True))


def monthly(schedules: Iterable[Schedule]) -> Mapping[date, int]:
    """Return the sum of schedules by month, in order of months, without those of 0."""
    sums: defaultdict[date, int] = defaultdict(int)
    for each in schedules:
        for month, minor in each:
            sums[month] += minor
    return {month: sums[month] for month in sorted(sums) if sums[month]}


def change(old: Schedule, new: Schedule, open_month: date) -> Mapping[date, int]:
    """
    Return by how much each month's total changes when a benefit's schedule does: moved, cut, or
    sold late.

    A new benefit has no old schedule, `()`; one that is undone has what was served for its new one.
    Months before `open_month` are closed and stay as they were released; what belongs to them is
    put right in `open_month`, and may be negative there. The changes add up to the new amount less
    the old one.
    """
    sums: defaultdict[date, int] = defaultdict(int)
    for sign, each in ((-1, old), (1, new)):
        for month, minor in each:
            sums[max(month, open_month)] += sign * minor
    return {month: sums[month] for month in sorted(sums) if sums[month]}


def left_after(amount_minor: int, first_day: date, last_day_exclusive: date, cut: date) -> int:
    """
    Return what of `amount_minor` belongs to the days from `cut` on, rounded down to the minor unit.

    `cut` is the first day that is not served; before the first day all is left, after the last
    nothing.
    """
    days = days_between(first_day, last_day_exclusive)
    left = days_between(min(max(cut, first_day), last_day_exclusive), last_day_exclusive)
    return amount_minor * left // days if days > 0 else 0
