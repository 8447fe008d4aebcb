"""What is given back: a table of examples, and the laws that no bargain gets around."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.books.chart import AccountKind, account
from baohao.core.books.entry import totals
from baohao.core.books.sale import GivenBack, Sale, reverse, sell
from baohao.core.civil import Span, add_span
from baohao.core.policy.model import Reversal
from baohao.core.reversal import PaidAct, PriceWithoutTime, Stretch, undo

MACAU = ZoneInfo("Asia/Macau")
FLOAT = account(AccountKind.FLOAT, "agent-7", "MOP")
PAID_AT = datetime(2026, 1, 1, 4, tzinfo=UTC)
FIRST_DAYS = Reversal(within=Span.parse("7 days"))


def stretch(first: date, span: str) -> Stretch:
    length = Span.parse(span)
    return Stretch(first_day=first, last_day_exclusive=add_span(first, length), span=length)


def renewal(price_minor: int = 12000, **parts: object) -> Sale:
    facts = {"operator": "demo", "plan": "keep12", "currency": "MOP", "payer": FLOAT}
    facts |= {"transfer": UUID(int=1)}
    return Sale(price_minor=price_minor, **{**facts, **parts})  # type: ignore[arg-type]


def year(sale: Sale | None = None, bonus: str = "6 months") -> PaidAct:
    """Return 2026 for MOP 120 and the half year after it, paid on New Year's Day."""
    paid = stretch(date(2026, 1, 1), "12 months")
    bonuses = (stretch(paid.last_day_exclusive, bonus),) if bonus else ()
    return PaidAct(sale=sale or renewal(), at=PAID_AT, paid=paid, bonuses=bonuses)


def noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+08:00")


@pytest.mark.parametrize(
    ("rule", "day", "refund_minor", "first_unused"),
    [
        # 7 days of everything back: half-open, from the payment's own minute.
        (FIRST_DAYS, "2026-01-01", 12000, "2026-01-01"),
        (FIRST_DAYS, "2026-01-07", 12000, "2026-01-01"),
        (FIRST_DAYS, "2026-01-08", 11736, "2026-01-09"),
        # By days: bonus goes, the day begun counts as used.
        (Reversal(), "2026-01-01", 11967, "2026-01-02"),
        (Reversal(), "2026-07-01", 6016, "2026-07-02"),
        (Reversal(), "2026-12-31", 0, "2027-01-01"),
        (Reversal(), "2027-03-31", 0, "2027-04-01"),
        (Reversal(), "2028-01-01", 0, "2027-07-01"),
        # By months: the month begun is served to its end.
        (Reversal(paid="pro_rata_months"), "2026-01-01", 11000, "2026-02-01"),
        (Reversal(paid="pro_rata_months"), "2026-06-30", 6000, "2026-07-01"),
        (Reversal(paid="pro_rata_months"), "2026-07-01", 5000, "2026-08-01"),
        # The bonus is treated like paid time: 18 months for 120.
        (Reversal(bonus="pro_rata"), "2026-12-31", 3978, "2027-01-01"),
        (Reversal(bonus="pro_rata", paid="pro_rata_months"), "2026-12-31", 4000, "2027-01-01"),
        (Reversal(bonus="pro_rata", paid="pro_rata_months"), "2027-01-01", 3333, "2027-02-01"),
        (Reversal(paid="none"), "2026-02-01", 0, "2026-02-02"),
        (Reversal(paid="full"), "2026-12-31", 12000, "2027-01-01"),
    ],
)
def test_the_table(rule: Reversal, day: str, refund_minor: int, first_unused: str) -> None:
    undone = undo(year(), rule, at=noon(day), zone=MACAU)
    assert undone.back.price_minor == refund_minor
    assert undone.first_unused_day == date.fromisoformat(first_unused)


def test_the_window_ends_to_the_microsecond() -> None:
    end = PAID_AT + timedelta(days=7)
    assert undo(year(), FIRST_DAYS, at=end - timedelta(microseconds=1), zone=MACAU).whole
    assert not undo(year(), FIRST_DAYS, at=end, zone=MACAU).whole


def test_a_discount_is_not_refunded_as_if_it_had_been_paid() -> None:
    # Twelve months at 10 instead of 12: one month used, eleven come back at 10, not at 12.
    cheap = year(renewal(10000, discounts=(("demo.twelve", 2000),)), bonus="")
    undone = undo(cheap, Reversal(paid="pro_rata_months"), at=noon("2026-01-31"), zone=MACAU)
    assert undone.back.price_minor == 9166
    assert undone.back.discounts == (("demo.twelve", 1833),)


def test_time_that_has_not_begun_comes_back_whole() -> None:
    paid = stretch(date(2027, 1, 1), "12 months")
    act = PaidAct(sale=renewal(fee_minor=500), at=PAID_AT, paid=paid)
    undone = undo(act, Reversal(), at=noon("2026-06-01"), zone=MACAU)
    assert (undone.back.price_minor, undone.first_unused_day, undone.kept) == (
        12000,
        date(2027, 1, 1),
        (),
    )
    assert (undone.back.fee_minor, undone.whole) == (0, False)


def test_a_term_of_days_has_no_months_to_count() -> None:
    paid = stretch(date(2026, 1, 1), "180 days")
    act = PaidAct(sale=renewal(18000), at=PAID_AT, paid=paid)
    by = [
        undo(act, Reversal(paid=rule), at=noon("2026-01-30"), zone=MACAU).back.price_minor
        for rule in ("pro_rata_days", "pro_rata_months")
    ]
    assert by == [15000, 15000]


def test_fees_come_back_only_inside_the_window() -> None:
    act = year(renewal(fee_minor=500, government_minor=200))
    inside = undo(act, FIRST_DAYS, at=noon("2026-01-02"), zone=MACAU).back
    outside = undo(act, FIRST_DAYS, at=noon("2026-01-09"), zone=MACAU).back
    assert (inside.fee_minor, inside.government_minor) == (500, 200)
    assert (outside.fee_minor, outside.government_minor) == (0, 0)


def test_what_nobody_gives_back_is_forgone_and_what_was_served_is_kept() -> None:
    undone = undo(year(), Reversal(paid="none"), at=noon("2026-07-01"), zone=MACAU)
    assert undone.back == GivenBack(forgone_minor=6016)
    assert sum(minor for _, minor in undone.kept) == 12000 - 6016
    assert (undone.kept[0][0], undone.kept[-1][0]) == (date(2026, 1, 1), date(2026, 7, 1))


GIFT = (("demo.gift", 1000),)


@pytest.mark.parametrize(
    ("balance", "gifts", "credit", "price"),
    [
        (6000, (("demo.gift", 1000),), 5000, 12000),
        (5999, (("demo.gift", 1000),), 4999, 12000),
        (700, (("demo.gift", 700),), 0, 11700),
        (0, (), 0, 11000),
        (99999, (("demo.gift", 1000),), 5000, 12000),
    ],
)
def test_a_gift_goes_first_and_a_spent_one_is_kept_from_the_refund(
    balance: int, gifts: tuple[tuple[str, int], ...], credit: int, price: int
) -> None:
    act = year(renewal(credit_minor=5000, gifts=GIFT))
    back = undo(act, FIRST_DAYS, at=noon("2026-01-02"), zone=MACAU, balance_minor=balance).back
    assert (back.gifts, back.credit_minor, back.price_minor) == (gifts, credit, price)
    assert back.forgone_minor == 12000 - price


def test_a_price_is_for_time() -> None:
    with pytest.raises(PriceWithoutTime):
        PaidAct(sale=renewal(), at=PAID_AT)
    act = PaidAct(sale=renewal(0, credit_minor=5000), at=PAID_AT)
    undone = undo(act, Reversal(), at=noon("2026-06-01"), zone=MACAU, balance_minor=3000)
    assert undone.back == GivenBack(credit_minor=3000)
    assert undone.first_unused_day is None


minors = st.integers(0, 10**7)
rules = st.builds(
    Reversal,
    bonus=st.sampled_from(("first", "pro_rata")),
    paid=st.sampled_from(("pro_rata_days", "pro_rata_months", "none", "full")),
    within=st.sampled_from((None, Span.parse("7 days"), Span.parse("1 month"))),
)
acts = st.builds(
    lambda sale, first, span, bonus: PaidAct(
        sale=sale,
        at=PAID_AT,
        paid=(paid := stretch(first, span)),
        bonuses=(stretch(paid.last_day_exclusive, bonus),) if bonus else (),
    ),
    st.builds(
        renewal,
        minors,
        credit_minor=minors,
        fee_minor=minors,
        government_minor=minors,
        discounts=st.sampled_from(((), (("d", 777),))),
        gifts=st.sampled_from(((), GIFT, (*GIFT, ("other", 333)))),
    ),
    st.dates(date(2025, 12, 1), date(2026, 6, 30)),
    st.sampled_from(("12 months", "1 month", "180 days", "1 year")),
    st.sampled_from(("", "6 months", "45 days")),
)
instants = st.integers(1, 900 * 24).map(lambda hours: PAID_AT + timedelta(hours=hours))


@given(acts, rules, instants, minors)
def test_law_never_more_than_was_paid_and_the_books_take_it(
    act: PaidAct, rule: Reversal, at: datetime, balance: int
) -> None:
    undone = undo(act, rule, at=at, zone=MACAU, balance_minor=balance)
    sale, back = act.sale, undone.back
    assert 0 <= back.total_minor <= sale.total_minor
    assert back.credit_minor + sum(minor for _, minor in back.gifts) <= balance
    # `reverse` refuses any part above the sale's; what stays deferred is what `kept` will release.
    entries = [*sell(sale), *reverse(sale, back, transfer=UUID(int=2))]
    deferred = account(AccountKind.DEFERRED, "keep12", "MOP")
    left = deferred.balance(totals(entries).get(deferred, 0))
    assert left == sum(minor for _, minor in undone.kept) >= 0


@given(acts, rules, instants, st.integers(0, 400))
def test_law_waiting_never_gives_more_back(
    act: PaidAct, rule: Reversal, at: datetime, days: int
) -> None:
    sooner = undo(act, rule, at=at, zone=MACAU)
    later = undo(act, rule, at=at + timedelta(days=days), zone=MACAU)
    assert later.back.total_minor <= sooner.back.total_minor
    assert sooner.first_unused_day is not None
    assert later.first_unused_day is not None
    assert later.first_unused_day >= sooner.first_unused_day


@given(acts, rules, instants, st.integers(0, 5000))
def test_law_a_bigger_discount_never_gives_more_back(
    act: PaidAct, rule: Reversal, at: datetime, off: int
) -> None:
    price = act.sale.price_minor
    cheaper = replace(act.sale, price_minor=max(0, price - off), discounts=(("d", off),))
    bargain = replace(act, sale=cheaper)
    dear = undo(act, rule, at=at, zone=MACAU).back.price_minor
    assert undo(bargain, rule, at=at, zone=MACAU).back.price_minor <= dear
