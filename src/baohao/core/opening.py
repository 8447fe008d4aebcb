"""When a hall is open: by its week and the days on which it is closed, in its own zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from baohao.core.points import WEEK, Particulars

#: How far ahead the next opening is looked for.
_AHEAD_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Whether a hall is open at an instant, and when that changes."""

    #: `None`: nobody has said when it is open.
    is_open: bool | None
    #: When it closes, or opens next; `None`: not in the next two weeks.
    changes_at: datetime | None = None


def opening(told: Particulars, zone: tzinfo, now: datetime) -> Opening:
    """
    Return whether a hall is open at `now`.

    The first minute of its hours is open, the last is not.
    """
    if not told.hours:
        return Opening(is_open=None)
    today = now.astimezone(zone).date()
    closes = None
    for since, until in _stretches(told, zone, today):
        if closes is not None and since > closes:
            return Opening(is_open=True, changes_at=closes)
        if closes is not None or since <= now < until:
            # What goes on over midnight is one stretch.
            closes = until
        elif now < since:
            return Opening(is_open=False, changes_at=since)
    # Open for two weeks on end is open always.
    return Opening(is_open=closes is not None)


def _stretches(told: Particulars, zone: tzinfo, first: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield when it is open from a day on, in order."""
    for ahead in range(_AHEAD_DAYS):
        day = first + timedelta(days=ahead)
        if day.isoformat() in told.closed:
            continue
        for span in told.hours.get(WEEK[day.weekday()], ()):
            since, _, until = span.partition("-")
            yield _at(day, since, zone), _at(day, until, zone)


def _at(day: date, text: str, zone: tzinfo) -> datetime:
    """Return an instant of a day; "24:00" is when the next one begins."""
    hour, _, minute = text.partition(":")
    if hour == "24":
        return datetime.combine(day + timedelta(days=1), time(), zone)
    return datetime.combine(day, time(int(hour), int(minute)), zone)
