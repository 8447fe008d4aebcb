"""A payment moves only forward, and any order of what is learned ends in one state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core import payments
from baohao.core.payments import (
    PAUSE,
    PAUSE_MAX,
    Capture,
    Payment,
    RefundTooMuch,
    SecondPersonForRefund,
    State,
    Wanted,
)

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
WANTED = Wanted(
    number="+85366100001",
    epoch=1,
    verb="renew",
    said={"term": "12 months"},
    version=2,
    until=NOW + timedelta(days=365),
)
NEW = Payment(
    id=UUID(int=7),
    gateway="acquirer",
    amount_minor=8_800,
    currency="MOP",
    wanted=WANTED,
    act=UUID(int=8),
)
COME = Capture(payment="T1", amount_minor=8_800, currency="MOP", at=NOW)

Step = Callable[[Payment], Payment]


def come(payment: Payment) -> Payment:
    return payments.captured(payment, COME)


#: What notices, queries and time-outs may tell, in any order and any number.
TOLD: tuple[Step, ...] = (
    payments.payable,
    payments.unanswered,
    payments.failed,
    payments.closed,
    come,
    payments.charged_back,
)
#: What follows of ours: each of them waits for the money.
DONE: tuple[Step, ...] = (
    lambda p: payments.used(p, 8_800) if p.capture else p,
    lambda p: payments.owed(p, 8_800) if p.capture and not p.refunded_minor else p,
    lambda p: payments.returned(p, 8_800) if p.refunded_minor > p.returned_minor else p,
)


def place(payment: Payment) -> int:
    return list(State).index(payment.state)


@given(
    st.lists(st.sampled_from(TOLD), min_size=1, max_size=12).flatmap(
        lambda steps: st.tuples(st.just(steps), st.permutations(steps))
    )
)
def test_any_order_of_what_is_told_ends_in_one_state(
    histories: tuple[list[Step], list[Step]],
) -> None:
    first, second = (reduce(lambda p, step: step(p), steps, NEW) for steps in histories)
    assert first == second


@given(st.lists(st.sampled_from(TOLD + DONE), max_size=20))
def test_a_payment_moves_only_forward_and_conserves_money(steps: list[Step]) -> None:
    payment = NEW
    for step in steps:
        after = step(payment)
        assert place(after) >= place(payment)
        assert step(after) == after, "told twice, it is told once"
        assert after.returned_minor <= after.refunded_minor <= after.captured_minor
        assert after.unspent_minor >= 0
        payment = after
    if payment.capture is not None:
        assert payment.state not in (State.CREATED, State.UNKNOWN, State.CLOSED, State.FAILED)


def test_money_that_is_no_longer_there_cannot_go_back() -> None:
    with pytest.raises(RefundTooMuch):
        payments.owed(NEW, 1)
    paid = payments.used(come(NEW), 8_000)
    assert (paid.state, paid.unspent_minor) == (State.USED, 800)
    paid = payments.owed(paid, 800)
    assert paid.state is State.USED
    for wrong in (0, -1, 801):
        with pytest.raises(RefundTooMuch):
            payments.returned(paid, wrong)
    with pytest.raises(RefundTooMuch):
        payments.owed(paid, 8_001)


def test_what_came_fits_only_to_the_cent_and_in_its_currency() -> None:
    assert come(NEW).fits
    assert str(come(NEW).advance) == f"advance:{NEW.id}:MOP"
    for wrong in (replace(COME, amount_minor=8_799), replace(COME, currency="HKD")):
        paid = payments.captured(NEW, wrong)
        assert not paid.fits
        assert paid.advance.currency == wrong.currency
    second = Capture(payment="T2", amount_minor=8_800, currency="MOP", at=NOW)
    assert payments.is_other(come(NEW), second)
    assert not payments.is_other(come(NEW), COME)
    assert not payments.is_other(NEW, second)
    assert payments.captured(come(NEW), second).capture == COME


def test_an_order_number_is_of_one_payment() -> None:
    assert payments.order_id(NEW.order) == NEW.id
    for other in ("", "7", str(NEW.id), NEW.order.upper() + "0", "{" + NEW.order + "}", "Ａ" * 32):
        assert payments.order_id(other) is None
    assert payments.order_id("ABCDEF" + "0" * 26) is None, "one number has one text"


def terms(**other: object) -> dict[str, object]:
    until, before = WANTED.until, NOW
    assert until is not None
    return {
        "total": 8_800,
        "lost_days": 0,
        "until": until.isoformat(),
        "before": before.isoformat(),
    } | other


@pytest.mark.parametrize(
    "other",
    [
        {"total": 8_801},
        {"total": None},
        {"lost_days": 1},
        {"until": ""},
        {"until": (NOW + timedelta(days=364)).isoformat()},
        {"before": (NOW + timedelta(days=365)).isoformat()},
    ],
    ids=["dearer", "free", "loses", "no date", "sooner", "there already"],
)
def test_a_new_quote_may_be_worse(other: dict[str, object]) -> None:
    assert payments.is_worse(WANTED, 8_800, terms(**other))


def test_a_new_quote_may_be_as_good_or_better() -> None:
    later = (NOW + timedelta(days=366)).isoformat()
    for other in ({}, {"total": 1}, {"until": later}, {"before": ""}):
        assert not payments.is_worse(WANTED, 8_800, terms(**other))


def test_pauses_grow_to_a_quarter_of_an_hour() -> None:
    assert [payments.pause(n) for n in (0, 1, 2)] == [PAUSE, PAUSE, 2 * PAUSE]
    assert payments.pause(10**6) == PAUSE_MAX


def test_much_goes_back_only_with_a_second_person() -> None:
    payments.approve(50_000, "MOP", "ada", "")
    payments.approve(500, "JPY", "ada", "")
    payments.approve(50_001, "MOP", "ada", "bob")
    for amount, currency, approved_by in ((50_001, "MOP", ""), (501, "JPY", "ada")):
        with pytest.raises(SecondPersonForRefund):
            payments.approve(amount, currency, "ada", approved_by)
