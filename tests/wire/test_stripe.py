"""Stripe's page and its twin: what is asked, what comes back, and what is made of faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.conftest import Campaign
from tests.wire.stripe import HASTY, NOON, ONE, Merchant, account, number, trading

from baohao.app.ports import (
    Absent,
    BillMissing,
    ChargedBack,
    Declined,
    NotPaid,
    Paid,
    Payable,
    Refunded,
    Unknown,
    Unpaid,
)
from baohao.core.money import EXPONENTS
from baohao.outside.pretend.stripe import by_seed
from baohao.outside.stripe import amounts
from baohao.outside.stripe.gateway import Stripe

TWO = number(2)
PAID = Paid(
    order=ONE,
    payment=f"pi_{1:024}",
    amount_minor=12_000,
    currency="MOP",
    at=NOON,
    means="visa",
    card="fpgood",
)


# --- orders ---------------------------------------------------------------------------------------


def test_an_order_is_paid_on_a_page_and_asked_for() -> None:
    with trading() as shop:
        given = shop.gateway.create(shop.order())
        assert isinstance(given, Payable)
        assert given.given["page_url"].startswith("https://checkout.stripe.com/")
        method, path, key, text = shop.twin.heard[-1]
        assert (method, path, key) == ("POST", "/v1/checkout/sessions", ONE)
        said = {name: value[0] for name, value in parse_qs(text).items()}
        assert said["client_reference_id"] == said["payment_intent_data[metadata][order]"] == ONE
        assert said["line_items[0][price_data][unit_amount]"] == "12000"
        assert said["line_items[0][price_data][currency]"] == "mop"
        assert said["line_items[0][price_data][product_data][name]"] == "保號 12 個月"
        assert shop.gateway.query(ONE) == Unpaid(is_closed=False)
        assert shop.twin.pay(ONE)
        assert shop.gateway.query(ONE) == PAID
        assert shop.gateway.close(ONE) == PAID


def test_the_same_order_is_the_same_page_whenever_it_is_asked() -> None:
    with trading() as shop:
        order = shop.order()
        first = shop.gateway.create(order)
        shop.later(minutes=14)
        assert shop.anew().create(order) == first
        assert len(shop.twin.books.sessions) == 1
        # Other words under the same key are a fault of ours: nothing is said of the order.
        other = replace(order, amount_minor=1)
        assert shop.gateway.create(other) == Unknown(code="idempotency_error")


@pytest.mark.parametrize("is_restarted", [False, True])
def test_an_order_is_found_after_a_restart_among_others(is_restarted: bool) -> None:
    with trading() as shop:
        shop.paid()
        for n in range(3, 240):
            shop.gateway.create(shop.order(number(n)))
        if is_restarted:
            shop.anew()
        assert shop.gateway.query(ONE) == PAID
        assert shop.gateway.query(TWO) == Absent()
        lists = [path for method, path, _, _ in shop.twin.heard if path.endswith("/sessions")]
        assert len(lists) == 238 + (3 + 3 if is_restarted else 3)


def test_what_was_made_before_the_order_is_not_looked_through() -> None:
    with trading() as shop:
        shop.gateway.create(shop.order())
        shop.later(hours=1)
        assert shop.anew().query(number(3, shop.now)) == Absent()
        assert "created%5Bgte%5D" in shop.twin.heard[-1][3]
        # Nothing of ours has another number; what has it is looked for two days back.
        assert shop.gateway.query("elsewhere") == Absent()


def test_a_page_is_closed_and_nobody_can_pay_it() -> None:
    with trading() as shop:
        shop.gateway.create(shop.order())
        assert shop.gateway.close(ONE) == Unpaid(is_closed=True)
        assert shop.gateway.close(ONE) == Unpaid(is_closed=True)
        assert not shop.twin.pay(ONE)
        assert shop.gateway.close(TWO) == Absent()


def test_a_page_that_has_ended_by_itself_is_closed() -> None:
    with trading() as shop:
        shop.gateway.create(shop.order())
        shop.later(minutes=47)
        assert shop.gateway.query(ONE) == Unpaid(is_closed=True)


def test_a_card_that_is_declined_leaves_the_page_open() -> None:
    with trading() as shop:
        shop.gateway.create(shop.order())
        assert not shop.twin.pay(ONE, "declined")
        assert shop.gateway.query(ONE) == Unpaid(is_closed=False)
        assert shop.twin.pay(ONE)
        assert shop.gateway.query(ONE) == PAID


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"way": "qr"}, "way.not_offered"),
        ({"currency": "UGX"}, "amount.not_taken"),
        ({"currency": "KWD", "amount_minor": 5_124}, "amount.not_taken"),
        ({"amount_minor": 10**9}, "amount_too_large"),
        ({"ends_at": NOON + timedelta(days=2)}, "parameter_invalid_integer"),
    ],
)
def test_what_they_never_take_is_declined(more: dict[str, Any], code: str) -> None:
    with trading() as shop:
        assert shop.gateway.create(shop.order(**more)) == Declined(code=code)
        assert shop.gateway.query(ONE) == Absent()


def test_whom_they_do_not_know_is_told_nothing_of_the_order() -> None:
    with trading() as shop:
        shop.paid()
        for other in (account(shop.twin.url, key="sk_test_old"), account("http://127.0.0.1:9")):
            stranger = Stripe(other, lambda: shop.now)
            assert isinstance(stranger.create(shop.order(TWO)), Unknown)
            assert isinstance(stranger.query(ONE), Unknown)
            assert isinstance(stranger.close(ONE), Unknown)
            assert isinstance(stranger.find_refund("R1", ONE), Unknown)
            stranger.close_connections()
        # One for real money takes nothing of one that plays.
        live = Stripe(account(shop.twin.url, key="sk_live_x"), lambda: shop.now)
        shop.twin.key = "sk_live_x"
        assert live.query(ONE) == Unknown(code="answer.not_of_this")
        live.close_connections()


# --- amounts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minor", "currency", "theirs"),
    [
        (12_000, "MOP", 12_000),
        (500, "JPY", 500),
        (5, "ISK", 500),
        (5_120, "KWD", 5_120),
        (5_124, "KWD", None),
        (1_000, "MGA", 10),
        (1_050, "MGA", None),
        (500, "UGX", None),
        (1_000, "HUF", 1_000),
    ],
)
def test_amounts_are_written_as_their_page_of_currencies_has_it(
    minor: int, currency: str, theirs: int | None
) -> None:
    assert amounts.written(minor, currency) == theirs
    if theirs is not None:
        assert amounts.read(theirs, currency.lower()) == (minor, currency)


def test_amounts_come_back_as_they_went_in_every_currency() -> None:
    for currency in EXPONENTS:
        for minor in (1, 10, 100, 12_340, 99_999_900):
            theirs = amounts.written(minor, currency)
            if theirs is not None:
                assert amounts.read(theirs, currency.lower()) == (minor, currency)
    assert amounts.read(1, "xyz") is amounts.read(10**15, "mop") is amounts.read(550, "isk") is None


# --- charges without the payer --------------------------------------------------------------------


def kept(shop: Merchant, card: str = "good") -> str:
    """Let a payer pay who may be charged again."""
    shop.gateway.create(shop.order(keeps=True))
    assert shop.twin.pay(ONE, card)
    paid = shop.gateway.query(ONE)
    assert isinstance(paid, Paid)
    assert paid.mandate
    return paid.mandate


def test_who_agreed_is_charged_again_once_for_each_order() -> None:
    with trading() as shop:
        mandate = kept(shop)
        shop.later(days=365)
        order = shop.order(number(2, shop.now))
        paid = shop.gateway.charge(order, mandate)
        assert isinstance(paid, Paid)
        assert (paid.order, paid.amount_minor, paid.card) == (order.order, 12_000, "fpgood")
        assert shop.gateway.charge(order, mandate) == paid
        assert shop.gateway.query(order.order) == shop.anew().query(order.order) == paid
        # A key is kept for a day; an order that is older is looked for.
        shop.later(days=2)
        assert shop.anew().charge(order, mandate) == paid
        assert len(shop.twin.books.intents) == 2
        assert shop.gateway.refund(shop.refund(order=order.order)) == Refunded(
            refund="R1", amount_minor=5_000
        )


def test_who_did_not_agree_gives_no_mandate() -> None:
    with trading() as shop:
        shop.paid()
        paid = shop.gateway.query(ONE)
        assert isinstance(paid, Paid)
        assert not paid.mandate
        for mandate in ("", "cus_1", ":pm_1", "cus_1:pm_1"):
            assert isinstance(shop.gateway.charge(shop.order(TWO), mandate), Declined)


def test_a_card_that_is_declined_is_not_charged_and_is_closed() -> None:
    with trading() as shop:
        mandate = kept(shop)
        method = mandate.partition(":")[2]
        shop.twin.books.kept[method] = (shop.twin.books.kept[method][0], "poor")
        assert shop.gateway.charge(shop.order(TWO), mandate) == Declined(code="insufficient_funds")
        assert shop.gateway.query(TWO) == Unpaid(is_closed=True)


# --- refunds --------------------------------------------------------------------------------------


def test_a_refund_goes_once_and_is_found() -> None:
    with trading() as shop:
        shop.paid()
        refund = shop.refund()
        assert shop.gateway.find_refund("R1", ONE) == Absent()
        for _ in range(2):
            assert shop.gateway.refund(refund) == Refunded(refund="R1", amount_minor=5_000)
        assert shop.anew().find_refund("R1", ONE) == Refunded(refund="R1", amount_minor=5_000)
        assert len(shop.twin.books.refunds) == 1
        # After a day the key is forgotten; who asks before they send finds it.
        assert isinstance(shop.gateway.refund(shop.refund("R2", amount_minor=7_001)), Declined)


def test_what_is_refused_because_it_is_there_is_found() -> None:
    with trading() as shop:
        shop.paid()
        refund = shop.refund(amount_minor=12_000)
        assert isinstance(shop.gateway.refund(refund), Refunded)
        shop.later(days=2)
        assert shop.gateway.refund(refund) == Refunded(refund="R1", amount_minor=12_000)
        assert len(shop.twin.books.refunds) == 1


def test_a_refund_takes_time_and_may_fail() -> None:
    with trading() as shop:
        shop.paid()
        shop.twin.books.takes_time = True
        shop.gateway.refund(shop.refund())
        assert shop.gateway.find_refund("R1", ONE) == Refunded(
            refund="R1", amount_minor=5_000, is_pending=True
        )
        shop.twin.arrive("R1", "failed")
        assert shop.gateway.find_refund("R1", ONE) == Declined(code="refund.failed")


def test_of_an_order_that_is_not_paid_nothing_goes_back() -> None:
    with trading() as shop:
        assert isinstance(shop.gateway.refund(shop.refund()), Unknown)
        assert shop.gateway.find_refund("R1", ONE) == Absent()
        shop.gateway.create(shop.order())
        assert shop.gateway.refund(shop.refund()) == Unknown(code="order.not_paid")


# --- what they tell -------------------------------------------------------------------------------


def test_what_happens_is_told() -> None:
    with trading() as shop:
        shop.gateway.create(shop.order(keeps=True))
        shop.twin.pay(ONE, "declined")
        shop.twin.pay(ONE)
        shop.gateway.refund(shop.refund())
        case = shop.twin.dispute(ONE, 7_000)
        shop.twin.end_dispute(case, won=True)
        assert shop.twin.deliver() == 10
        assert not shop.refused
        mandate = f"cus_{0:014}:pm_{0:024}"
        back = ChargedBack(
            order="",
            payment=PAID.payment,
            case=case,
            amount_minor=7_000,
            currency="MOP",
            at=NOON,
            outcome="open",
        )
        failed = NotPaid(
            order=ONE, attempt=f"ch_{1:024}", code="generic_decline", at=NOON, card="fpdeclined"
        )
        assert [each for each in shop.told if each is not None] == [
            failed,
            replace(PAID, mandate=mandate),
            replace(PAID, means="", card=""),
            Refunded(refund="R1", amount_minor=5_000),
            back,
            back,
            replace(back, outcome="won"),
            replace(back, outcome="won"),
        ]


def test_what_is_not_taken_is_told_again_for_three_days() -> None:
    with trading() as shop:
        shop.paid()
        shop.twin.signing = ["whsec_new"]
        for _ in range(200):
            assert shop.twin.deliver() == 0
            shop.later(minutes=30)
        assert not shop.twin.owed
        assert set(shop.refused) == {"the signature is wrong"}


def test_while_secrets_are_rotated_both_are_taken() -> None:
    with trading() as shop:
        shop.paid()
        shop.twin.signing = ["whsec_new", "whsec_pretended"]
        assert shop.twin.deliver() == 3


# --- bills ----------------------------------------------------------------------------------------


def test_a_day_is_billed_when_it_is_over() -> None:
    with trading() as shop:
        shop.paid()
        shop.gateway.refund(shop.refund())
        case = shop.twin.dispute(ONE, 7_000)
        shop.twin.end_dispute(case, won=True)
        with pytest.raises(BillMissing, match="not over"):
            list(shop.gateway.bill(NOON.date()))
        shop.later(days=1)
        told = [
            (row.order, row.payment, row.refund, row.case, row.amount_minor, row.fee_minor)
            for row in shop.gateway.bill(NOON.date())
        ]
        payment = PAID.payment
        assert told == [
            ("", payment, "", case, -7_000, 0),
            ("", payment, "", case, 7_000, 8_500),
            (ONE, payment, "R1", "", 5_000, 0),
            (ONE, payment, "", "", 12_000, 643),
        ]
        assert not list(shop.gateway.bill(shop.now.date() - timedelta(days=9)))


def test_what_is_paid_out_in_another_currency_is_billed_in_the_payers() -> None:
    with trading() as shop:
        shop.paid()
        (moved,) = shop.twin.books.movements.values()
        # 120.00 MOP became 116.50 HKD, of which they keep 6.24.
        moved |= {"amount": 11_650, "fee": 624, "currency": "hkd"}
        shop.twin.books._move("payout", -9_999, 0, "hkd", moved)
        shop.twin.books._move("fee", -100, 0, "hkd", moved)
        shop.later(days=1)
        fee, paid = shop.gateway.bill(NOON.date())
        assert (fee.amount_minor, fee.fee_minor, fee.currency) == (0, 100, "HKD")
        assert (paid.amount_minor, paid.fee_minor, paid.currency) == (12_000, 643, "MOP")


@pytest.mark.parametrize("fault", ["lost", "broken", "limited", "cut"])
def test_a_bill_that_does_not_come_whole_is_none(fault: str) -> None:
    with trading(lambda what: fault if what == "bill" else "") as shop:
        shop.paid()
        shop.later(days=1)
        with pytest.raises(BillMissing):
            list(shop.gateway.bill(NOON.date()))


# --- faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["slow", "lost", "broken", "busy", "limited", "cut"])
def test_no_fault_says_what_is_not_so(fault: str) -> None:
    with trading() as shop:
        shop.paid()
        shop.twin.draw = lambda _: fault
        hasty = shop.anew(HASTY)
        assert isinstance(hasty.create(shop.order(TWO)), Unknown)
        assert isinstance(hasty.query(ONE), Unknown)
        assert isinstance(hasty.close(ONE), Unknown)
        assert isinstance(hasty.find_refund("R1", ONE), Unknown)
        assert isinstance(hasty.refund(shop.refund()), Unknown)
        assert isinstance(hasty.charge(shop.order(number(3)), "cus_0:pm_0"), Unknown)


@pytest.mark.soak
def test_whatever_goes_wrong_both_books_agree(campaign: Callable[[int], Campaign]) -> None:
    drawn = campaign(6)
    for n in range(drawn.count):
        with trading(by_seed(drawn.seed + n, 0.3, ("slow",))) as shop:
            live(shop, n)
            shop.twin.draw = lambda _: ""
            books, shop_anew = shop.twin.books, shop.anew()
            truth = {each["metadata"]["order"]: each for each in books.intents.values()}
            # Of one order there is one page and one payment, whatever was asked again.
            assert len(books.sessions) <= 4
            assert len(truth) == len(books.intents)
            for order, intent in truth.items():
                paid = shop_anew.query(order)
                came = paid.amount_minor if isinstance(paid, Paid) else 0
                assert came == intent["amount_received"]
            told = {each.order for each in shop.told if isinstance(each, Paid)}
            assert told <= {o for o, each in truth.items() if each["status"] == "succeeded"}
            backs = [(e["metadata"]["refund"], e["amount"]) for e in books.refunds.values()]
            assert backs in ([], [("R1", 5_000)])


def live(shop: Merchant, n: int) -> None:
    """Four orders, of which some are paid, and one of these goes back."""
    for each in range(1, 5):
        order = shop.order(number(each))
        for _ in range(3):
            if isinstance(shop.gateway.create(order), Payable):
                break
        if each % 2:
            shop.twin.pay(order.order, "declined" if n % 3 else "good")
            shop.twin.pay(order.order)
        shop.twin.deliver()
        shop.anew()
    if any(each["metadata"]["order"] == ONE for each in shop.twin.books.intents.values()):
        assert isinstance(persistent(shop), Refunded)
    for _ in range(30):
        shop.later(hours=3)
        shop.twin.deliver()


def persistent(shop: Merchant, tries: int = 200) -> Any:
    """Send a refund until it is answered, and ask before it is sent again, as the janitor does."""
    refund = shop.refund()
    for _ in range(tries):
        found: Any = shop.gateway.find_refund("R1", ONE)
        if isinstance(found, Absent):
            found = shop.gateway.refund(refund)
        if not isinstance(found, Unknown):
            return found
        # An error of theirs is said again for a day, under the same key.
        shop.later(hours=1)
    return None
