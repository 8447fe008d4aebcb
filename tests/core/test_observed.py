"""Computed and observed dates stand side by side, with their difference."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from baohao.core.line.acts import Act
from baohao.core.line.project import Deadline, Projection
from baohao.core.line.prospect import together
from baohao.core.line.state import Reading
from baohao.core.observed import beside, to_remind

MACAU = ZoneInfo("Asia/Macau")
AT = datetime(2026, 3, 1, 4, tzinfo=UTC)


def until(day: date) -> datetime:
    """The half-open end of a last good day in Macau."""
    return datetime(day.year, day.month, day.day, 16, tzinfo=UTC)


def view(day: date | None, balance: int = 500) -> Projection:
    return Projection(
        at=AT,
        stage="active",
        kind="live",
        services={},
        clocks={"service": Deadline(until(day), day) if day else None},
        balances={"main": balance},
        safe_until=None,
        service_until=None,
        ahead=(),
        barred_days={},
    )


def read(day: date, at: datetime = AT) -> Reading:
    return Reading(name="service", at=at, until=until(day))


def test_a_reading_differs_by_days_from_what_is_computed() -> None:
    seen = together([view(date(2026, 6, 1))])
    for day, differs in ((29, -3), (1, 0), (4, 3)):
        month = 5 if day == 29 else 6
        found = beside(seen, [read(date(2026, month, day))], (), MACAU)["service"]
        assert found.differs_days == differs
        assert found.last_day == date(2026, month, day)


def test_within_a_range_nothing_differs() -> None:
    seen = together([view(date(2026, 6, 1)), view(date(2026, 6, 11))])
    found = [
        beside(seen, [read(date(2026, 6, day))], (), MACAU)["service"].differs_days
        for day in (1, 5, 11, 13)
    ]
    assert found == [0, 0, 0, 2]
    open_ended = together([view(date(2026, 6, 1)), view(None)])
    assert beside(open_ended, [read(date(2030, 1, 1))], (), MACAU)["service"].differs_days == 0


def test_what_is_not_computed_has_no_difference() -> None:
    seen = together([view(None)])
    found = beside(seen, [read(date(2026, 6, 1))], (), MACAU)["service"]
    assert found.differs_days is None
    assert to_remind(seen, {"service": found})["service"].deadline == until(date(2026, 6, 1))


def test_a_balance_differs_by_minor_units() -> None:
    seen = together([view(None, 500), view(None, 700)])
    found = [
        beside(seen, [Reading(name="main", at=AT, amount_minor=n)], (), MACAU)["main"].differs_minor
        for n in (450, 600, 710)
    ]
    assert found == [-50, 0, 10]


def test_the_latest_reading_is_the_one_that_counts() -> None:
    seen = together([view(date(2026, 6, 1))])
    readings = [read(date(2026, 6, 3)), read(date(2026, 6, 2), AT - timedelta(days=1))]
    assert beside(seen, readings, (), MACAU)["service"].differs_days == 2


def test_reminders_use_the_earlier_but_not_what_is_stale() -> None:
    seen = together([view(date(2026, 6, 1)), view(date(2026, 7, 1))])
    early = [read(date(2026, 5, 20))]
    fresh = to_remind(seen, beside(seen, early, (), MACAU))["service"]
    assert fresh.deadline == until(date(2026, 5, 20))
    assert fresh.latest == until(date(2026, 7, 1))
    renewed = [Act(id="r", kind="renewal", at=AT + timedelta(hours=1))]
    stale = beside(seen, early, renewed, MACAU)
    assert stale["service"].is_stale
    assert to_remind(seen, stale)["service"].deadline == until(date(2026, 6, 1))
    called = [Act(id="h", kind="hold", at=AT + timedelta(hours=1))]
    assert not beside(seen, early, called, MACAU)["service"].is_stale
