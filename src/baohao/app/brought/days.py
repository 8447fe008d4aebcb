"""
Days as people and trackers write them.

The year first is always clear; a day and a month before it are not, unless one is above twelve,
there or elsewhere in the same file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from baohao.app.brought.wrong import (
    CellNoDay,
    CellWrong,
    DayAmbiguous,
    DayCounted,
    DayHidden,
    DayNever,
    YearShort,
)
from baohao.core.identifiers.malformed import shown
from baohao.core.identifiers.writing import FULL_WIDTH

#: No mobile number is older, and no promise reaches further.
YEARS = range(1990, 2100)

_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4}|\d{2})", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*", re.ASCII)
_TIME_BEHIND = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2})?$", re.ASCII)
#: What a spreadsheet counts days by: 20000 is in 1954, 73000 in 2099.
_COUNT = re.compile(r"[2-6]\d{4}(\.\d+)?|7[0-3]\d{3}(\.\d+)?", re.ASCII)
_NOON = 12


def order_of(texts: Iterable[str]) -> str:
    """Return "dmy" or "mdy" as the days of a file tell; empty: they do not, or disagree."""
    orders = set()
    for text in texts:
        found = _YEAR_LAST.fullmatch(_plain(text))
        if found is None or found[2] == "." or len(found[4]) == 2:
            continue
        first, second = int(found[1]), int(found[3])
        if first > 12 >= second:
            orders.add("dmy")
        elif second > 12 >= first:
            orders.add("mdy")
    return orders.pop() if len(orders) == 1 else ""


def read_day(text: str, order: str = "") -> date:
    """Read a day; raises `CellWrong`: what it is, and `DayAmbiguous` what it could be."""
    plain = _plain(text)
    if found := _YEAR_FIRST.fullmatch(plain) or _PACKED.fullmatch(plain):
        return _day(text, int(found[1]), int(found[2]), int(found[3]))
    if found := _YEAR_LAST.fullmatch(plain):
        return _year_last(text, found, order)
    if _INSTANT.fullmatch(plain):
        return civil(text)
    raise _fault(text, plain)


def civil(text: str) -> date:
    """
    Return the day that a tracker wrote as an instant.

    A day that was entered becomes midnight of its owner's zone, which the file does not name: the
    nearest midnight is that day's beginning, whatever the zone.
    """
    try:
        said = datetime.fromisoformat(_plain(text))
    except ValueError:
        raise CellNoDay(value=shown(text)) from None
    if said.tzinfo is None:
        return _day(text, said.year, said.month, said.day)
    there = said.astimezone(UTC)
    nearest = there + timedelta(days=1) if there.hour >= _NOON else there
    return _day(text, nearest.year, nearest.month, nearest.day)


def _year_last(text: str, found: re.Match[str], order: str) -> date:
    first, second = int(found[1]), int(found[3])
    year = int(found[4]) + (2000 if len(found[4]) == 2 else 0)
    # Whoever puts points between them puts the day first; two digits may be a year that leads.
    if found[2] != "." and len(found[4]) == 2 and not order:
        raise YearShort(value=shown(text))
    if found[2] == "." or first > 12:
        return _day(text, year, second, first)
    if second > 12 or first == second:
        return _day(text, year, first, second)
    if not order:
        one, other = date(year, second, first), date(year, first, second)
        raise DayAmbiguous(value=shown(text), first=one.isoformat(), second=other.isoformat())
    return _day(text, year, second, first) if order == "dmy" else _day(text, year, first, second)


def _day(text: str, year: int, month: int, day: int) -> date:
    if year not in YEARS:
        raise DayNever(value=shown(text))
    try:
        return date(year, month, day)
    except ValueError:
        raise DayNever(value=shown(text)) from None


def _plain(text: str) -> str:
    bare = text.translate(FULL_WIDTH).strip().lstrip("'")
    if not _INSTANT.fullmatch(bare):
        bare = _TIME_BEHIND.sub("", bare)
    return re.sub(r"\s*([-/.年月日])\s*", r"\1", bare)


def _fault(text: str, plain: str) -> CellWrong:
    if plain and not plain.strip("#"):
        return DayHidden()
    if _COUNT.fullmatch(plain):
        return DayCounted(value=shown(text))
    return CellNoDay(value=shown(text))
