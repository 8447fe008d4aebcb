"""A gateway's bill against our books, and these against what was bought: each difference once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.payments.cashdesk import NUMBER, Desk

from baohao.app.door import HouseClosed
from baohao.app.matching import listing
from baohao.app.matching.match import DayNotOver, Matcher
from baohao.app.matching.reading import read
from baohao.app.payments import exceptions, refunding
from baohao.app.payments.begin import GatewayUnknown
from baohao.app.payments.refunding import Wish
from baohao.app.ports import BillMissing, BillRow
from baohao.app.shell import connect
from baohao.core import matching as rules
from baohao.core.money import CurrencyUnknown
from baohao.core.payments import State
from baohao.outside.acquirer import NAME
from baohao.store.exceptions import ForPerson

DAY = timedelta(days=1)


class Bills:
    """A gateway's bills as somebody has changed them on their way; no other side of it is asked."""

    def __init__(self, desk: Desk) -> None:
        self.name = NAME
        self._desk = desk
        #: By day; else what the twin has.
        self.instead: dict[date, list[BillRow] | str] = {}
        self.asked: list[date] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk.gateway, name)

    def bill(self, day: date) -> Iterator[BillRow]:
        self.asked.append(day)
        rows = self.instead.get(day)
        if isinstance(rows, str):
            raise BillMissing(gateway=NAME, day=day.isoformat(), reason=rows)
        yield from self._desk.gateway.bill(day) if rows is None else rows

    def rows(self, day: date) -> list[BillRow]:
        return list(self.bill(day))


class House:
    """A desk with bills that are matched."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.bills = desk, Bills(desk)
        self.there: tuple[str, ...] = ()

    def matcher(self) -> Matcher:
        gateways = {NAME: self.bills}
        new_id = self.desk.new_id
        return Matcher(self.desk.shell, gateways, new_id, authority_there=self.there)

    def run(self) -> dict[str, int]:
        return dict(self.matcher().run())

    def until_over(self, days: int = 3) -> None:
        """Wait until the day and those beside it are over everywhere, matching each day."""
        for _ in range(days):
            self.desk.later(DAY)
            self.run()

    def paid(self, number: str = NUMBER, *, tell: bool = True, **how: Any) -> UUID:
        """Begin a payment and pay it."""
        kept = self.desk.begun(number)
        assert self.desk.twin.pay(kept.payment.order, **how)
        if tell:
            self.desk.tell()
            self.desk.carry()
        return kept.payment.id

    def open(self) -> list[ForPerson]:
        with self.desk.looking() as conn:
            return exceptions.listed(conn)

    def all(self) -> list[ForPerson]:
        with self.desk.looking() as conn:
            return exceptions.listed(conn, closed=True)

    def days(self) -> list[dict[str, Any]]:
        with self.desk.looking() as conn:
            return listing.matched(conn, None, date(2000, 1, 1))

    def state(self) -> list[Any]:
        """All that matching has ever written, but for when it last looked."""
        queries = (
            "SELECT to_jsonb(b) - 'next_at' FROM bills b ORDER BY day",
            "SELECT to_jsonb(b) FROM bill_rows b ORDER BY bucket, day, subject, n",
            "SELECT to_jsonb(x) FROM exceptions x ORDER BY id",
            "SELECT to_jsonb(p) FROM payments p ORDER BY id",
            "SELECT count(*) FROM entries",
            "SELECT count(*) FROM journal",
        )
        return [self.desk.rows(query) for query in queries]


@pytest.fixture
def house(desk: Desk) -> Iterator[House]:
    with desk.connected():
        # So that midnight does not fall between a payment and the question of which day it is of.
        _at_noon(desk)
        yield House(desk)


def _at_noon(desk: Desk) -> None:
    now = desk.now()
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    desk.later((noon if noon > now else noon + DAY) - now)


def test_a_day_that_agrees_is_a_fact_and_nothing_waits(house: House) -> None:
    today = house.desk.now().date()
    payment = house.paid()
    house.until_over()
    assert house.all() == []
    row = next(each for each in house.days() if each["day"] == today)
    fee = row["paid_minor"] * 6 // 1000
    assert (row["state"], row["currency"]) == ("matched", "MOP")
    assert (row["payments"], row["our_payments"]) == (1, 1)
    assert row["paid_minor"] == row["our_paid_minor"] > 0
    assert row["fees_minor"] == row["booked_fees_minor"] == fee
    captured = house.desk.kept(payment).payment.captured_minor
    assert house.desk.account(f"bank:{NAME}:MOP") == captured - fee
    assert house.desk.account(f"gateway_fees:{NAME}:MOP") == fee
    house.desk.is_well()


def test_matching_again_changes_nothing(house: House) -> None:
    today = house.desk.now().date()
    house.paid()
    house.bills.instead[today] = [replace(house.bills.rows(today)[0], amount_minor=5)]
    house.until_over()
    before = house.state()
    for day in (today - DAY, today, today + DAY, today):
        house.matcher().match(NAME, day)
    house.run()
    assert house.state() == before


def test_the_account_with_a_gateway_rolls_forward(house: House) -> None:
    payment = house.paid()
    wish = Wish(payment=payment, reason="no", by="ada", mistake=True, approved_by="bob", key="k")
    refunding.refund(house.desk.shell, wish, house.desk.new_id)
    other = house.paid()
    house.desk.settle()
    house.until_over()
    account = f"bank:{NAME}:MOP"
    house.desk.say("hand_over", account, amount_minor=4_000, bank="main")
    assert (
        house.desk.refused("hand_over", account, amount_minor=1, bank=NAME) == "gateway.same_bank"
    )
    till = "till:hall-1:MOP"
    assert house.desk.refused("keep_fees", till, amount_minor=1, day="x") == "gateway.not_one"
    with house.desk.looking() as conn:
        days = listing.rolled(conn, NAME, "MOP")
    assert [day.opening_minor for day in days[1:]] == [day.closing_minor for day in days[:-1]]
    assert days[-1].closing_minor == house.desk.account(account)
    captured = [house.desk.kept(each).payment.captured_minor for each in (payment, other)]
    assert sum(day.captured_minor for day in days) == sum(captured)
    assert sum(day.refunded_minor for day in days) == captured[0]
    assert sum(day.handed_over_minor for day in days) == 4_000
    assert sum(day.fees_minor for day in days) == house.desk.account(f"gateway_fees:{NAME}:MOP") > 0
    assert house.all() == []
    house.desk.is_well()


def test_money_that_the_bill_alone_tells_of_is_captured_and_used(house: House) -> None:
    """The notice got lost, and so did every answer."""
    house.desk.twin.draw = lambda what: "lost" if what in ("query", "cancel") else ""
    desk = house.desk
    kept = desk.begun()
    desk.twin.pay(kept.payment.order)
    desk.twin.notices.clear()
    today = desk.now().date()
    desk.later(2 * DAY)
    house.matcher().match(NAME, today)
    assert desk.state(kept.payment.id) == "captured"
    desk.settle()
    assert desk.state(kept.payment.id) == "used"
    [told] = [each for each in house.all() if each.kind == rules.BILL_ONLY]
    assert (told.action, told.closed_by) == ("captured", "matching")
    assert house.open() == []
    desk.is_well()


def test_money_for_an_order_that_nobody_knows_waits_for_a_person(house: House) -> None:
    today = house.desk.now().date()
    house.paid()
    extra = replace(house.bills.rows(today)[0], order="shop-77", payment="T9")
    house.bills.instead[today] = [*house.bills.rows(today), extra]
    house.until_over()
    [one] = house.open()
    assert (one.kind, one.subject) == ("no_order", "shop-77")
    # Who has looked at it is not asked again.
    with connect(house.desk.conninfo) as conn:
        exceptions.close(conn, one.id, action="theirs", by="ada", why="another shop of ours")
    house.matcher().match(NAME, today)
    assert house.open() == []


def test_what_stands_in_the_next_days_bill_is_not_missed(house: House) -> None:
    """Captured at 23:59, billed at 00:01."""
    today = house.desk.now().date()
    house.paid()
    late = house.bills.rows(today)
    house.bills.instead |= {today: [], today + DAY: late}
    house.until_over(4)
    assert house.all() == []


def test_what_comes_in_a_bill_of_days_later_closes_itself(house: House) -> None:
    today = house.desk.now().date()
    payment = house.paid()
    rows = house.bills.rows(today)
    house.bills.instead |= {today: [], today + 4 * DAY: rows}
    house.until_over(4)
    [one] = house.open()
    assert (one.kind, one.subject) == (rules.BILL_LACKS, str(payment))
    house.until_over(3)
    assert house.open() == []
    [closed] = house.all()
    assert closed.closed_by == "matching"
    # And no later look finds it anew.
    house.matcher().match(NAME, today)
    assert house.open() == []


def test_a_missing_bill_is_tried_again_and_told_when_it_lasts(house: House) -> None:
    today = house.desk.now().date()
    house.paid()
    house.bills.instead[today] = "NO_STATEMENT_EXIST"
    house.until_over(2)
    row = next(each for each in house.days() if each["day"] == today)
    assert (row["state"], row["code"]) == ("missing", "NO_STATEMENT_EXIST")
    assert house.open() == []
    house.until_over(2)
    [one] = house.open()
    assert one.kind == rules.BILL_MISSING
    asked = house.bills.asked.count(today)
    house.run()
    assert house.bills.asked.count(today) == asked, "it is not asked for each minute"
    del house.bills.instead[today]
    house.until_over(1)
    assert house.open() == []
    assert house.days()[1]["state"] == "matched"


def test_a_day_on_which_nothing_was_may_have_no_bill(house: House) -> None:
    today = house.desk.now().date()
    for day in (today - DAY, today + DAY, today + 2 * DAY):
        house.bills.instead[day] = "NO_STATEMENT_EXIST"
    house.paid()
    house.until_over(5)
    assert house.all() == []
    assert [each["state"] for each in house.days()[:4]] == ["nothing", "matched", *["nothing"] * 2]


def test_half_a_bill_is_doubted_and_not_each_row(house: House) -> None:
    today = house.desk.now().date()
    _many(house, 30)
    house.desk.later(DAY)
    whole = house.bills.rows(today)
    assert len(whole) == 30
    house.bills.instead[today] = whole[:4]
    house.until_over(3)
    [one] = house.open()
    assert (one.kind, one.said["lacking"]) == (rules.BILL_DOUBTFUL, 26)
    house.bills.instead[today] = whole
    house.until_over(2)
    assert [each.kind for each in house.open()] == [rules.BILL_CHANGED]
    house.desk.is_well()


def test_a_bill_of_somebody_else_is_doubted_unless_it_is_trusted(house: House) -> None:
    today = house.desk.now().date()
    house.paid()
    [row] = house.bills.rows(today)
    others = [replace(row, order=f"{n:032x}", payment=f"X{n}") for n in range(40)]
    house.bills.instead[today] = [row, *others]
    house.until_over()
    assert [each.kind for each in house.open()] == [rules.BILL_DOUBTFUL]
    assert len(house.desk.all()) == 1
    assert house.desk.account(f"gateway_fees:{NAME}:MOP") == 0
    found = house.matcher().match(NAME, today, trust=True)
    assert found.found == 40
    assert {each.kind for each in house.open()} == {"no_order"}
    assert len(house.desk.all()) == 41


def test_a_bill_that_changes_is_told_and_its_fees_are_put_right(house: House) -> None:
    today = house.desk.now().date()
    house.paid()
    [row] = house.bills.rows(today)
    house.until_over()
    fees = f"gateway_fees:{NAME}:MOP"
    for n, fee in enumerate((7, row.fee_minor, 9), start=1):
        house.bills.instead[today] = [replace(row, fee_minor=fee)]
        house.matcher().match(NAME, today)
        assert house.desk.account(fees) == fee
        assert house.days()[1]["readings"] == n + 1
    assert [each.kind for each in house.open()] == [rules.BILL_CHANGED]
    house.desk.is_well()


def test_the_order_of_a_bills_rows_says_nothing(house: House) -> None:
    _many(house, 3)
    today = house.desk.now().date()
    digests = set()
    for rows in (house.bills.rows(today), house.bills.rows(today)[::-1]):
        house.bills.instead[today] = rows
        found = read(house.bills, today)
        digests.add(found.digest)
        found.close()
    assert len(digests) == 1
    house.bills.instead[today] = [*rows, rows[0]]
    found = read(house.bills, today)
    assert found.digest not in digests
    found.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": 0},
        {"amount_minor": 2**60},
        {"currency": "XYZ"},
        {"at": datetime(2026, 1, 1)},  # noqa: DTZ001 - that is what is wrong with it
        {"payment": ""},
        {"payment": "T\0"},
    ],
)
def test_a_row_that_no_bill_has_spoils_the_bill(house: House, wrong: dict[str, Any]) -> None:
    today = house.desk.now().date()
    house.paid()
    [row] = house.bills.rows(today)
    house.bills.instead[today] = [replace(row, **wrong)]
    with pytest.raises(BillMissing, match="row 1"):
        read(house.bills, today)


def test_a_refund_is_in_the_bill_or_waits(house: House) -> None:
    today = house.desk.now().date()
    payment = house.paid()
    wish = Wish(payment=payment, reason="no", by="ada", mistake=True, approved_by="bob", key="k")
    refunding.refund(house.desk.shell, wish, house.desk.new_id)
    house.desk.settle()
    rows = house.bills.rows(today)
    assert [bool(row.refund) for row in rows] == [False, True]
    house.bills.instead[today] = rows[:1]
    house.until_over()
    assert [each.kind for each in house.open()] == [rules.BILL_LACKS_REFUND]
    house.bills.instead[today] = [rows[0], replace(rows[1], amount_minor=1)]
    house.matcher().match(NAME, today)
    kinds = sorted(each.kind for each in house.open())
    assert kinds == [rules.BILL_CHANGED, rules.BILL_REFUND_DIFFERS]
    house.bills.instead[today] = rows
    house.matcher().match(NAME, today)
    assert [each.kind for each in house.open()] == [rules.BILL_CHANGED]


def test_a_refund_that_was_paid_by_hand_is_missed_in_no_bill(house: House) -> None:
    today = house.desk.now().date()
    desk, decline = house.desk, lambda what: "broken" if what == "refund" else ""
    payment = house.paid()
    desk.twin.orders[payment.hex].status = "CLOSED"  # they do not give it back
    desk.twin.draw = decline
    wish = Wish(payment=payment, reason="no", by="ada", mistake=True, approved_by="bob", key="k")
    refunding.refund(desk.shell, wish, desk.new_id)
    with connect(desk.conninfo) as conn:
        conn.execute("UPDATE refunds SET state = 'declined', next_at = NULL")
        exceptions.put(conn, desk.new_id(), "refund_declined", str(payment), {}, desk.now())
    refunding.by_hand(desk.shell, payment, "main", desk.new_id)
    desk.twin.orders[payment.hex].status = "PAID"
    house.until_over(4)
    assert house.open() == []
    # They gave it back all the same: the payer has it twice.
    [refund] = desk.refunds(payment)
    row = replace(house.bills.rows(today)[0], refund=refund.number, fee_minor=0)
    house.bills.instead[today] = [*house.bills.rows(today), row]
    house.matcher().match(NAME, today)
    assert rules.BILL_REFUND_AFTER_ALL in {each.kind for each in house.open()}


def test_what_was_paid_for_must_be_in_the_lines_journal(house: House) -> None:
    payment = house.paid()
    act = house.desk.kept(payment).payment.act
    house.desk.settle()
    with connect(house.desk.conninfo) as conn:
        conn.execute("UPDATE benefits SET act = %s WHERE act = %s", ["lost", str(act)])
    house.until_over()
    [one] = house.open()
    assert (one.kind, one.subject) == (rules.BOUGHT_NOTHING, str(payment))
    with connect(house.desk.conninfo) as conn:
        conn.execute("UPDATE benefits SET act = %s WHERE act = 'lost'", [str(act)])
    house.until_over(1)
    assert house.open() == []


@pytest.mark.parametrize(
    ("state", "code", "kind"),
    [
        ("pending", "", rules.NETWORK_LACKS),
        ("stuck", "NO", rules.NETWORK_LACKS),
        ("done", "amount_differs", rules.NETWORK_DIFFERS),
        ("done", "", ""),
        ("refused", "BARRED", ""),
    ],
)
def test_where_another_system_is_master_it_must_have_done_it(
    house: House, state: str, code: str, kind: str
) -> None:
    payment = house.paid()
    house.desk.settle()
    house.there = ("demo",)
    act = house.desk.kept(payment).payment.act
    with connect(house.desk.conninfo) as conn:
        conn.execute(
            "INSERT INTO charges (bucket, number, id, operator, state, since, code)"
            " VALUES (baohao_bucket(%s), %s, %s, 'demo', %s, now(), %s)",
            [NUMBER, NUMBER, act, state, code],
        )
    house.until_over()
    assert [each.kind for each in house.open()] == ([kind] if kind else [])
    with connect(house.desk.conninfo) as conn:
        conn.execute("UPDATE charges SET state = 'done', code = ''")
    house.until_over(1)
    assert house.open() == []


def test_a_difference_is_the_only_home_of_no_money(house: House) -> None:
    """What a bill lacks closes by itself; the row that keeps money from being forgotten stays."""
    payment = house.paid(currency="HKD")
    today = house.desk.now().date()
    house.bills.instead[today] = []
    house.until_over()
    kinds = {each.kind: each for each in house.open()}
    assert set(kinds) == {"amount_differs", rules.BILL_LACKS}
    with connect(house.desk.conninfo) as conn, pytest.raises(exceptions.MoneyWithoutHome):
        exceptions.close(conn, kinds["amount_differs"].id, action="x", by="ada", why="x")
    assert house.desk.kept(payment).payment.state is State.CAPTURED


def test_what_cannot_be_matched_is_refused_by_name(house: House) -> None:
    today = house.desk.now().date()
    with pytest.raises(DayNotOver):
        house.matcher().match(NAME, today)
    with pytest.raises(GatewayUnknown):
        house.matcher().match("wechat", today - DAY)
    with connect(house.desk.conninfo) as conn:
        conn.execute("UPDATE house SET is_open = false")
    with pytest.raises(HouseClosed):
        house.matcher().match(NAME, today - DAY)
    house.desk.later(3 * DAY)
    assert house.run() == {}
    assert house.bills.asked == []


def test_a_currency_that_is_none_is_one_of_no_money() -> None:
    with pytest.raises(CurrencyUnknown):
        listing.rolled(None, NAME, "XYZ")  # type: ignore[arg-type]


def _many(house: House, count: int) -> None:
    """Have so many payments used at once."""
    for n in range(count):
        number = f"+8536620{n:04}"
        house.desk.open(number)
        kept = house.desk.begun(number)
        house.desk.twin.pay(kept.payment.order)
    house.desk.tell()
    house.desk.settle()
