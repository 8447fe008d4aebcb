"""The float as a drawing: what was in it day by day, and how long it lasts at the average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 640, 150
#: Days behind and ahead that are drawn.
BEHIND, AHEAD = 42, 42
#: The average that the forecast goes by is of so many days.
_MONTH = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Points of lines, as SVG writes them; sizes are `WIDTH` and `HEIGHT`."""

    past: str
    ahead: str
    #: How high the alarm stands; `None`: there is none.
    alarm_y: int | None
    today_x: int
    first: date
    last: date
    most_minor: int


def drawn(days: Sequence[tuple[date, int]], spent_28_minor: int, alarm_minor: int | None) -> Chart:
    """Return the drawing of a float, given what was in it at the end of each day."""
    left = days[-1][1]
    a_day = max(0, spent_28_minor) / _MONTH
    lasts = min(float(AHEAD), left / a_day) if a_day else float(AHEAD)
    most = max(1, alarm_minor or 0, *(minor for _, minor in days))

    def x(day: float) -> int:
        return round(WIDTH * day / (BEHIND + AHEAD))

    def y(minor: float) -> int:
        return round(HEIGHT - 4 - (HEIGHT - 12) * minor / most)

    steps: list[str] = []
    for n, (_, minor) in enumerate(days):
        # A day's money stays as it is until the next day's.
        steps += [f"{x(n)},{y(minor)}", f"{x(n + 1)},{y(minor)}"]
    now = x(len(days))
    end = left - a_day * lasts
    return Chart(
        past=" ".join(steps),
        ahead=f"{now},{y(left)} {x(len(days) + lasts)},{y(end)}",
        alarm_y=None if alarm_minor is None else y(alarm_minor),
        today_x=now,
        first=days[0][0],
        last=days[-1][0],
        most_minor=most,
    )
