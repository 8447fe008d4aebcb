"""Days of issuing points: closed when all is counted, and never different afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from tests.shop import HALL, TILL, Shop
from tests.shop.asking import Timed
from tests.shop.receipts import desk, done, issuer

from baohao.app import days, doctor
from baohao.core.asks import Ask
from baohao.core.points import ClosedDay, Point, PointKnown, PointMalformed, PointUnknown
from baohao.core.refusals import Refusal
from baohao.outside.signing import IssuerOfHouse
from baohao.store import sql
from baohao.store.receipts import Receipt
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
def by(tmp_path: Path) -> IssuerOfHouse:
    return issuer(tmp_path)


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


def given(shop: Shop, by: IssuerOfHouse, ask: Ask, point: str = "") -> Receipt:
    """Ask what must be granted, and give its receipt."""
    return desk(shop, by).issue(done(shop, ask), point)


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


def test_a_day_shows_all_means_by_the_receipts_of_its_point(hall: Timed, by: IssuerOfHouse) -> None:
    shop = hall
    shop.fund(100_000, "wallet:w-1:MOP")
    worked(shop)
    float_ = given(shop, by, replace(shop.renew(NUMBER), point="hall"))
    wallet = given(shop, by, shop.renew(NUMBER, paid="wallet:w-1:MOP"), "hall-1")
    given(shop, by, shop.renew(NUMBER))  # nobody's counter
    undo = shop.ask("reverse", NUMBER, of=wallet.ask, reason="?")
    given(shop, by, undo, "hall")
    assert (float_.facts["receipt"], wallet.point) == ("hall/2026/000001", "hall-1")
    at(shop, MONDAY + timedelta(days=1))
    closed = close(shop)
    told = [(t["means"], t["what"], t["verb"], t["plan"], t["minor"]) for t in closed.totals]
    assert told == [
        ("till", "payout", "shift_closed", "", -12_000),
        ("till", "sale", "renewal", "keep12", 12_000),
        ("float", "sale", "renewal", "keep12", 12_000),
        ("wallet", "reversal", "undone", "keep12", -12_000),
        ("wallet", "sale", "renewal", "keep12", 12_000),
    ]
    assert closed.is_whole
    shop.is_well()
    assert ill(shop, "UPDATE receipts SET facts = '{}' WHERE point = 'hall'") > 0
    assert ill(shop, "UPDATE receipts SET issued_at = issued_at + interval '1 day'") > 0


def test_no_receipt_is_given_on_a_closed_day_whatever_the_clock_says(
    hall: Timed, by: IssuerOfHouse
) -> None:
    shop = hall
    midnight = datetime(2026, 3, 2, 16, tzinfo=UTC)
    at(shop, midnight)
    closed = close(shop)
    at(shop, MONDAY)
    act = replace(shop.renew(NUMBER), point="hall")
    late = given(shop, by, act)
    assert late.issued_at == midnight
    assert close(shop) == closed
    at(shop, midnight + timedelta(days=1, hours=1))
    assert refused(shop, DAY + timedelta(days=2)) == "day.running"
    [sold] = close(shop, DAY + timedelta(days=1)).totals
    assert (sold["means"], sold["count"]) == ("float", 1)
    shop.is_well()


def test_without_the_floor_a_receipt_falls_on_a_closed_day(
    hall: Timed, by: IssuerOfHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = hall
    time = sql.STATEMENTS["read_issuing_time"]
    twin = time.replace(b"max(closed_at)", b"min(closed_at) - interval '1 year'")
    assert twin != time
    monkeypatch.setitem(sql.STATEMENTS, "read_issuing_time", twin)
    at(shop, datetime(2026, 3, 2, 16, tzinfo=UTC))
    close(shop)
    at(shop, MONDAY)
    given(shop, by, replace(shop.renew(NUMBER), point="hall"))
    assert not close(shop).is_whole
    assert ill(shop, "SELECT 1") == 1


def test_a_day_on_which_only_a_card_was_used_is_not_left_out(
    hall: Timed, by: IssuerOfHouse
) -> None:
    shop = hall
    worked(shop)
    at(shop, MONDAY + timedelta(days=1))
    close(shop)
    given(shop, by, shop.renew(NUMBER), "hall")
    at(shop, MONDAY + timedelta(days=3))
    assert refused(shop, DAY + timedelta(days=2)) == "day.before"


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
    with pytest.raises(PointKnown, match="series"):
        adding(replace(other, key="hall-1", tills=("till:x:MOP",)))
    with pytest.raises(PointUnknown):
        shop.shell.run(lambda conn: days.close_day(conn, "pier", DAY, by="chief"))


@pytest.mark.parametrize(
    "wrong", [{"key": "A b"}, {"name": ""}, {"tills": ()}, {"tills": ("float:a:MOP",)}]
)
def test_a_point_is_read_strictly(wrong: dict[str, object]) -> None:
    good: dict[str, object] = {"key": "a", "operator": "demo", "name": "A", "zone": "UTC"}
    with pytest.raises(PointMalformed):
        Point(**{**good, "tills": (TILL,), **wrong})  # type: ignore[arg-type]
