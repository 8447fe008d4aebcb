"""When halls are open."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from baohao.core.opening import Opening, opening
from baohao.core.points import WEEK, Particulars, PointMalformed

MACAU = ZoneInfo("Asia/Macau")
TOLD = Particulars(
    hours={"mon": ("10:00-13:00", "14:30-24:00"), "wed": ("09:00-12:00",)}, closed=("2026-12-02",)
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MACAU)


@pytest.mark.parametrize(
    ("now", "is_open", "changes_at"),
    [
        ("2026-11-30T09:59", False, "2026-11-30T10:00"),
        ("2026-11-30T10:00", True, "2026-11-30T13:00"),
        ("2026-11-30T13:00", False, "2026-11-30T14:30"),
        ("2026-11-30T23:59", True, "2026-12-01T00:00"),
        # Wednesday is closed for once: the next Monday it is.
        ("2026-12-01T00:00", False, "2026-12-07T10:00"),
        ("2026-12-09T10:00", True, "2026-12-09T12:00"),
    ],
)
def test_by_week_and_closed_days(now: str, is_open: bool, changes_at: str) -> None:
    assert opening(TOLD, MACAU, at(now)) == Opening(is_open=is_open, changes_at=at(changes_at))


def test_in_its_own_zone() -> None:
    lisbon = at("2026-11-30T10:30").astimezone(ZoneInfo("Europe/Lisbon"))
    assert opening(TOLD, MACAU, lisbon).is_open


def test_over_midnight_and_round_the_clock() -> None:
    bar = Particulars(hours={"fri": ("20:00-24:00",), "sat": ("00:00-02:00",)})
    late = opening(bar, MACAU, at("2026-11-27T23:00"))
    assert late == Opening(is_open=True, changes_at=at("2026-11-28T02:00"))
    always = Particulars(hours=dict.fromkeys(WEEK, ("00:00-24:00",)))
    assert opening(always, MACAU, at("2026-11-27T23:00")) == Opening(is_open=True)


def test_where_nobody_has_said() -> None:
    assert opening(Particulars(), MACAU, at("2026-11-30T10:00")) == Opening(is_open=None)


def test_a_closed_day_is_a_day() -> None:
    with pytest.raises(PointMalformed, match="2026-02-30 is no day"):
        Particulars(closed=("2026-02-30",))
