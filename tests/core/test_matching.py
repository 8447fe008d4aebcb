"""What is wrong with a bill's row, and which days are to be matched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from baohao.core import matching as rules
from baohao.core.matching import Billed, Known, Sums, judge

PAID = Billed(
    gateway="wechat", their_id="T1", refund="", amount_minor=100, fee_minor=1, currency="MOP"
)
BACK = replace(PAID, refund="r1", amount_minor=40, fee_minor=0)
OURS = Known(
    gateway="wechat",
    their_id="T1",
    captured_minor=100,
    currency="MOP",
    refund_state="done",
    refund_minor=40,
    refund_bank="wechat",
)


@pytest.mark.parametrize(
    ("billed", "known", "found"),
    [
        (PAID, OURS, ()),
        (BACK, OURS, ()),
        (PAID, None, (rules.NEW,)),
        (PAID, replace(OURS, their_id=""), (rules.NEW,)),
        (PAID, replace(OURS, their_id="T2"), (rules.NEW,)),
        (PAID, replace(OURS, gateway="acquirer"), (rules.NEW,)),
        (PAID, replace(OURS, captured_minor=99), (rules.BILL_AMOUNT_DIFFERS,)),
        (PAID, replace(OURS, currency="HKD"), (rules.BILL_CURRENCY_DIFFERS,)),
        (replace(PAID, fee_minor=51), OURS, (rules.BILL_FEE_UNEXPECTED,)),
        (replace(PAID, fee_minor=-1), OURS, (rules.BILL_FEE_UNEXPECTED,)),
        (replace(BACK, fee_minor=-1), OURS, ()),
        (BACK, None, (rules.NEW,)),
        (BACK, replace(OURS, refund_state="pending"), (rules.NEW,)),
        (BACK, replace(OURS, refund_state="declined"), (rules.BILL_REFUND_AFTER_ALL,)),
        (BACK, replace(OURS, refund_bank="main"), (rules.BILL_REFUND_AFTER_ALL,)),
        (BACK, replace(OURS, refund_minor=41), (rules.BILL_REFUND_DIFFERS,)),
    ],
)
def test_a_row_is_as_we_have_it_or_not(
    billed: Billed, known: Known | None, found: tuple[str, ...]
) -> None:
    assert judge(billed, known) == found


def test_where_much_differs_the_bill_is_doubted() -> None:
    assert not rules.is_doubtful(20, 20), "few are looked at one by one"
    assert not rules.is_doubtful(100, 1_000)
    assert rules.is_doubtful(101, 1_000)


def test_a_day_is_matched_once_it_is_over_everywhere() -> None:
    first = date(2026, 3, 1)
    noon = datetime(2026, 3, 3, 12, tzinfo=UTC)
    assert list(rules.to_be_matched(first, noon, {date(2026, 3, 1)})) == [date(2026, 3, 2)]
    early = noon.replace(hour=11, minute=59)
    assert list(rules.to_be_matched(first, early, ())) == [first]


def test_sums_are_of_what_was_paid_and_what_went_back() -> None:
    sums = Sums().and_(False, 100, 1).and_(True, 40, -1).and_(False, 50, 2, 2)
    assert (sums.payments, sums.paid_minor, sums.refunds, sums.returned_minor) == (3, 150, 1, 40)
    assert (sums.fees_minor, sums.net_minor) == (2, 108)
