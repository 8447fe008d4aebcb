"""
Random days with one thing wrong in their bill: that one difference is found, and nothing else.

The red twins hold by amounts alone, or post a day's fees under a key of their own each time; they
must go wrong.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.conftest import Campaign
from tests.payments.cashdesk import Desk
from tests.payments.test_matching import DAY, Bills, House, _at_noon
from tests.races.racing import at_once
from tests.wire.fate import Ended, Fate, FatedShell

from baohao.app.door import Answer, Door
from baohao.app.matching.match import Matcher
from baohao.app.payments import refunding
from baohao.app.payments.refunding import Wish
from baohao.app.ports import BillRow
from baohao.app.shell import Shell, connect
from baohao.core import matching as rules
from baohao.core.asks import Ask
from baohao.outside.acquirer import NAME
from baohao.store.bills import Bill

#: What is done to the row at a place.
Wrong = Callable[[random.Random, list[BillRow], int], list[BillRow]]


def missing(_: random.Random, rows: list[BillRow], n: int) -> list[BillRow]:
    return rows[:n] + rows[n + 1 :]


def extra(chance: random.Random, rows: list[BillRow], n: int) -> list[BillRow]:
    more = replace(
        rows[n],
        order=f"{chance.randrange(16**32):032x}",
        payment=f"T-{n}-{chance.random()}",
        refund="",
    )
    return [*rows[:n], more, *rows[n:]]


def amount(chance: random.Random, rows: list[BillRow], n: int) -> list[BillRow]:
    minor = rows[n].amount_minor + chance.choice((1, -1, 100, rows[n].amount_minor))
    return [*rows[:n], replace(rows[n], amount_minor=minor), *rows[n + 1 :]]


def currency(_: random.Random, rows: list[BillRow], n: int) -> list[BillRow]:
    return [*rows[:n], replace(rows[n], currency="USD"), *rows[n + 1 :]]


def double(chance: random.Random, rows: list[BillRow], n: int) -> list[BillRow]:
    at = chance.randrange(len(rows) + 1)
    return [*rows[:at], rows[n], *rows[at:]]


def fee(chance: random.Random, rows: list[BillRow], n: int) -> list[BillRow]:
    kept = rows[n].amount_minor * chance.choice((2, 3)) // 3
    return [*rows[:n], replace(rows[n], fee_minor=kept), *rows[n + 1 :]]


def swapped(chance: random.Random, rows: list[BillRow], n: int) -> list[BillRow]:
    """The same amounts, in another order: of nothing else than that there is nothing wrong."""
    return chance.sample(rows, len(rows))


#: By what is wrong: the kind for a payment's row, and for a refund's.
EXPECTED: dict[Wrong, tuple[str, str]] = {
    missing: (rules.BILL_LACKS, rules.BILL_LACKS_REFUND),
    extra: ("no_order", "no_order"),
    amount: (rules.BILL_AMOUNT_DIFFERS, rules.BILL_REFUND_DIFFERS),
    currency: (rules.BILL_CURRENCY_DIFFERS, rules.BILL_REFUND_DIFFERS),
    double: (rules.BILL_TWICE, rules.BILL_TWICE),
    fee: (rules.BILL_FEE_UNEXPECTED, rules.BILL_FEE_UNEXPECTED),
    swapped: ("", ""),
}


class History:
    """Some days on which people pay, and now and then have their money back, by seed."""

    def __init__(self, house: House, seed: int, numbers: list[str]) -> None:
        self.house, self.chance, self.numbers = house, random.Random(seed), numbers
        self.first = house.desk.now().date()

    def live(self, days: int = 2) -> None:
        for _ in range(days):
            for _ in range(self.chance.randrange(1, 4)):
                # Its line is renewed by nobody else meanwhile, or it would go back by itself.
                payment = self.house.paid(self.numbers.pop())
                if self.chance.random() < 0.4:
                    wish = Wish(
                        payment=payment,
                        reason="no",
                        by="ada",
                        mistake=True,
                        approved_by="bob",
                        key=str(payment),
                    )
                    refunding.refund(self.house.desk.shell, wish, self.house.desk.new_id)
                    self.house.desk.carry()
            self.house.desk.later(DAY)

    def spoil(self, wrong: Wrong) -> str:
        """Do something to one row of one bill; return what it is to be found by."""
        day = self.first + self.chance.randrange(2) * DAY
        rows = self.house.bills.rows(day)
        n = self.chance.randrange(len(rows))
        self.house.bills.instead[day] = wrong(self.chance, rows, n)
        return EXPECTED[wrong][bool(rows[n].refund)]


def found(house: House) -> Counter[str]:
    return Counter(each.kind for each in house.all())


def numbers(desk: Desk, n: int) -> list[str]:
    made = [f"+8536640{n:02}{each:02}" for each in range(8)]
    for number in made:
        desk.open(number)
    return made


@pytest.mark.soak
def test_one_thing_that_is_wrong_is_found_and_nothing_else(
    desk: Desk, campaign: Callable[[int], Campaign]
) -> None:
    drawn, house = campaign(len(EXPECTED)), House(desk)
    with desk.connected():
        _at_noon(desk)
        for n in range(drawn.count):
            history = History(house, drawn.seed + n, numbers(desk, n % 100))
            before = found(house)
            history.live()
            wrong = list(EXPECTED)[n % len(EXPECTED)]
            kind = history.spoil(wrong)
            house.until_over()
            # Notices and answers all came: nothing but what is wrong with the bill.
            assert found(house) - before == (Counter({kind: 1}) if kind else Counter()), n
            written = house.state()
            for day in rules.days_between(history.first, history.first + DAY):
                house.matcher().match(NAME, day)
            for a, b in zip(house.state(), written, strict=True):
                assert [x for x in a if x not in b] == [x for x in b if x not in a] == []
        desk.is_well()


def by_amounts_alone(ours: Counter[int], theirs: Counter[int]) -> bool:
    return ours == theirs


def test_who_holds_by_amounts_alone_sees_no_difference(desk: Desk) -> None:
    """The red twin: one payment is missing, and another of the same amount is there twice."""
    house = House(desk)
    with desk.connected():
        _at_noon(desk)
        today = desk.now().date()
        for number in numbers(desk, 0)[:3]:
            house.paid(number)
        rows = house.bills.rows(today)
        spoilt = [rows[0], rows[0], rows[2]]
        house.bills.instead[today] = spoilt
        ours = Counter(kept.payment.captured_minor for kept in desk.all())
        assert by_amounts_alone(ours, Counter(row.amount_minor for row in spoilt))
        house.until_over()
        assert found(house) == Counter({rules.BILL_LACKS: 1, rules.BILL_TWICE: 1})


# --- it may end anywhere --------------------------------------------------------------------------


def fated(house: House, fate: Fate) -> Iterator[None]:
    """Match by a process that ends at some step, again and again until all is matched."""
    with closing(FatedShell(Door(house.desk.terms), lambda: connect(house.desk.conninfo))) as shell:
        shell.fate = fate
        for _ in range(200):
            matcher = Matcher(shell, {NAME: house.bills}, house.desk.new_id)
            with suppress(Ended):
                matcher.run()
                return
            # Whoever took a day up and ended has it for half an hour.
            house.desk.later(timedelta(minutes=31))
            yield
    raise AssertionError("it never came to its end")


def spoilt(house: House) -> date:
    """Have a day with two payments, of which one says another amount."""
    today = house.desk.now().date()
    for number in numbers(house.desk, 1)[:2]:
        house.paid(number)
    rows = house.bills.rows(today)
    house.bills.instead[today] = [replace(rows[0], amount_minor=13_000), rows[1]]
    house.desk.later(4 * DAY)
    return today


def test_whoever_takes_it_up_in_the_middle_repeats_nothing(desk: Desk) -> None:
    house = House(desk)
    with desk.connected():
        _at_noon(desk)
        spoilt(house)
        ended = sum(1 for _ in fated(house, Fate(3)))
        assert ended, "it never ended in the middle"
        assert found(house) == Counter({rules.BILL_AMOUNT_DIFFERS: 1})
        fees = sum(each["fees_minor"] for each in house.days())
        assert desk.account(f"gateway_fees:{NAME}:MOP") == fees > 0
        desk.is_well()


class Forgetful(Matcher):
    """The red twin: each time it posts a day's fees under a key of its own."""

    def _keeping(self, bill: Bill, currency: str, more: int) -> Ask:
        ask = super()._keeping(bill, currency, more)
        return replace(ask, key=str(ask.id))


def test_who_posts_fees_under_a_new_key_posts_them_twice(desk: Desk) -> None:
    house = House(desk)
    with desk.connected():
        _at_noon(desk)
        today = spoilt(house)

        class Ending(Shell):
            """It ends when the fees are in the books, before that is noted."""

            def answer(self, asks: Sequence[Ask]) -> list[Answer]:
                answers = super().answer(asks)
                if asks[0].verb == "keep_fees":
                    raise Ended
                return answers

        fees: list[int] = []
        for kind in (Matcher, Forgetful):
            with closing(Ending(Door(desk.terms), lambda: connect(desk.conninfo))) as shell:
                for _ in range(2):
                    with suppress(Ended):
                        kind(shell, {NAME: house.bills}, desk.new_id).match(NAME, today)
            fees.append(desk.account(f"gateway_fees:{NAME}:MOP"))
        billed = sum(row.fee_minor for row in house.bills.rows(today))
        assert fees[0] == billed
        assert fees[1] == 3 * billed


def test_several_at_once_match_each_day_once(desk: Desk) -> None:
    house = House(desk)
    with desk.connected():
        _at_noon(desk)
        spoilt(house)

        def run(shell: Shell, _: int) -> int:
            return sum(Matcher(shell, {NAME: Bills(desk)}, desk.new_id).run().values())

        house.bills.instead.clear()
        days = len(house.days())
        ran = sum(at_once(desk, run, doors=3))
        assert ran == len(house.days()) - days > 2
        assert found(house) == Counter()
        fees = sum(each["fees_minor"] for each in house.days())
        assert desk.account(f"gateway_fees:{NAME}:MOP") == fees > 0
        desk.is_well()
