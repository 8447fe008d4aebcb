"""Days of issuing points: closed when all is counted, and never different afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from tests.shop import HALL, TILL, Shop
from tests.shop.asking import Timed

from baohao.app import days, doctor
from baohao.core.points import ClosedDay, Point, PointKnown, PointMalformed, PointUnknown
from baohao.core.refusals import Refusal
from baohao.store.sql import Connection

NUMBER = "+85366000001"
CLERK = {"principal": "clerk-1"}
#: Noon in Macau.
MONDAY = datetime(2026, 3, 2, 4, tzinfo=UTC)
DAY = date(2026, 3, 2)


def close(shop: Shop, day: date = DAY) -> ClosedDay:
    return shop.shell.run(lambda conn: days.close_day(conn, HALL.key, day, by="chief"))


def refused(shop: Shop, day: date = DAY) -> str:
    with pytest.raises(Refusal) as refusal:
        close(shop, day)
    return refusal.value.code


def worked(shop: Shop, *, renewals: int = 1) -> None:
    """Work a shift that is right."""
    float_ = shop.balance(TILL)
    shop.say("open_shift", TILL, float_minor=float_, **CLERK)
    for _ in range(renewals):
        shop.answers([shop.renew(NUMBER, paid=TILL, **CLERK)])
    shop.say("count", TILL, pieces={"100": shop.balance(TILL) // 100}, **CLERK)
    shop.say("close_shift", TILL, **CLERK)


@pytest.fixture
def hall(timed_shops: Callable[[], Timed]) -> Timed:
    """A hall with one till, on a Monday."""
    shop = timed_shops()
    shop.agents, shop.listeners = {}, frozenset()
    at(shop, MONDAY)
    shop.fund(10_000_000)
    shop.open(NUMBER)
    shop.shell.run(lambda conn: days.add(conn, HALL, {"demo": None}))  # type: ignore[dict-item]
    return shop


def at(shop: Timed, now: datetime) -> None:
    shop.at(now, UUID(int=int(now.timestamp())))


def test_a_day_is_closed_when_it_is_over_and_all_is_counted(hall: Timed) -> None:
    shop = hall
    shop.say("open_shift", TILL, float_minor=0, **CLERK)
    shop.answers([shop.renew(NUMBER, paid=TILL, **CLERK)])
    assert refused(shop) == "day.running"
    at(shop, MONDAY + timedelta(days=1))
    assert refused(shop) == "day.unfinished"
    shop.say("count", TILL, pieces={"10000": 1, "1000": 2}, **CLERK)
    shop.say("close_shift", TILL, **CLERK)
    closed = close(shop)
    [sold] = closed.totals
    assert sold == {
        "means": "till",
        "what": "sale",
        "verb": "renewal",
        "plan": "keep12",
        "currency": "MOP",
        "count": 1,
        "minor": 12_000,
    }
    assert (closed.closed_by, closed.is_whole) == ("chief", True)
    # The same again is the same, whoever asks.
    assert close(shop) == closed


def test_what_comes_after_a_day_was_closed_belongs_to_another(hall: Timed) -> None:
    shop = hall
    worked(shop)
    of = shop.line(NUMBER).sold[-1].act
    midnight = datetime(2026, 3, 2, 16, tzinfo=UTC)
    at(shop, midnight)
    closed = close(shop)
    # However far the clock of the database is set back, a till does not go back with it.
    at(shop, MONDAY)
    shop.say("open_shift", TILL, float_minor=0, **CLERK)
    shop.fund(20_000, TILL)
    shop.say("reverse", NUMBER, of=of, reason="?", approved_by="chief", **CLERK)
    shop.answers([shop.renew(NUMBER, paid=TILL, **CLERK)])
    shop.say("count", TILL, pieces={"10000": 2}, **CLERK)
    shop.say("close_shift", TILL, **CLERK)
    assert close(shop) == closed
    at(shop, midnight + timedelta(days=1))
    second = close(shop, DAY + timedelta(days=1))
    assert [(t["what"], t["verb"], t["minor"]) for t in second.totals] == [
        ("funding", "funded", 20_000),
        ("payout", "shift_closed", -20_000),
        ("reversal", "undone", -12_000),
        ("sale", "renewal", 12_000),
    ]
    assert second.since == closed.until
    shop.is_well()


def test_days_are_closed_in_order_and_none_with_cash_is_left_out(hall: Timed) -> None:
    shop = hall
    worked(shop)
    at(shop, MONDAY + timedelta(days=1))
    close(shop)
    worked(shop)
    at(shop, MONDAY + timedelta(days=4))
    assert refused(shop, DAY + timedelta(days=3)) == "day.before"
    assert refused(shop, DAY - timedelta(days=1)) == "day.out_of_order"
    close(shop, DAY + timedelta(days=1))
    close(shop, DAY + timedelta(days=3))
    # Nothing moved on the day that was left out; it stays so.
    assert refused(shop, DAY + timedelta(days=2)) == "day.out_of_order"
    shop.is_well()


def test_cash_that_nobody_counted_keeps_a_day_open(hall: Timed) -> None:
    shop = hall
    shop.answers([shop.renew(NUMBER, paid=TILL)])
    at(shop, MONDAY + timedelta(days=1))
    assert refused(shop) == "day.uncounted"
    shop.say("open_shift", TILL, float_minor=12_000, **CLERK)
    # A shift of Tuesday does not keep Monday open.
    assert close(shop).totals[0]["minor"] == 12_000


@pytest.mark.parametrize(
    "harm",
    [
        (
            "UPDATE entries SET amounts = ARRAY[11000, -11000] WHERE payer = 'till:hall-1:MOP'"
            " AND kind = 'transfer'"
        ),
        "UPDATE entries SET reason = 'nothing' WHERE payer = 'till:hall-1:MOP' AND kind = 'sale'",
        "DELETE FROM entries WHERE kind = 'payout'",
        "UPDATE entries SET recorded_at = recorded_at + interval '1 day' WHERE kind = 'payout'",
        "UPDATE days SET closed_at = closed_at, totals = '[]'",
        "UPDATE days SET tills = '{till:hall-2:MOP}'",
        "UPDATE days SET day = day - 1",
        (
            "UPDATE days SET totals = '[]',"
            " digest = baohao_day_digest(point, day, tills, series, since, until, '[]', prev)"
            f" WHERE day = '{DAY}'"
        ),
        f"DELETE FROM days WHERE day = '{DAY}'",
    ],
)
def test_the_doctor_finds_a_closed_day_that_was_tampered_with(hall: Timed, harm: str) -> None:
    shop = hall
    for day in range(2):
        worked(shop)
        at(shop, MONDAY + timedelta(days=day + 1))
        close(shop, DAY + timedelta(days=day))
    assert ill(shop, "SELECT 1") == 0
    assert ill(shop, harm) > 0


def ill(shop: Shop, harm: str) -> int:
    """How many days the doctor finds wrong after some harm."""
    with shop.looking() as conn:
        conn.execute(harm.encode())
        return next(f.wrong for f in doctor.examine(conn) if f.name == "days")


def test_the_register_keeps_each_till_at_one_point(shop: Shop) -> None:
    operators = {"demo": None}

    def adding(point: Point) -> bool:
        return shop.shell.run(lambda conn: days.add(conn, point, operators))  # type: ignore[arg-type]

    other = Point(key="pier", operator="demo", name="Pier", zone="Asia/Macau", tills=(TILL,))
    assert (adding(HALL), adding(HALL)) == (True, False)
    with pytest.raises(PointKnown):
        adding(other)
    with pytest.raises(PointMalformed):
        adding(
            Point(key="x", operator="nobody", name="X", zone="Asia/Macau", tills=("till:x:MOP",))
        )
    with pytest.raises(PointMalformed):
        adding(Point(key="x", operator="demo", name="X", zone="Macau/Sar", tills=("till:x:MOP",)))

    def change(conn: Connection) -> None:
        days.change(conn, other)

    with pytest.raises(PointKnown):
        shop.shell.run(change)
    with pytest.raises(PointUnknown):
        shop.shell.run(lambda conn: days.close_day(conn, "pier", DAY, by="chief"))


@pytest.mark.parametrize(
    "wrong", [{"key": "A b"}, {"name": ""}, {"tills": ()}, {"tills": ("float:a:MOP",)}]
)
def test_a_point_is_read_strictly(wrong: dict[str, object]) -> None:
    good: dict[str, object] = {"key": "a", "operator": "demo", "name": "A", "zone": "UTC"}
    with pytest.raises(PointMalformed):
        Point(**{**good, "tills": (TILL,), **wrong})  # type: ignore[arg-type]
