"""A payer pays in another currency: at a rate that is stated, and gets back what was paid."""

from __future__ import annotations

import pytest
from tests.payments.cashdesk import NUMBER, WALLET, Desk

from baohao.app.payments import listing
from baohao.app.payments.begin import CurrencyChosen, begin
from baohao.app.payments.refunding import Wish, refund
from baohao.core.exchange import NoRate
from baohao.store.payments import Kept

OTHER = "+85366100002"


def begun(desk: Desk, number: str = NUMBER, currency: str = "HKD") -> Kept:
    quote = desk.quoted(number)
    beginning = desk.beginning(quote, number, currency)
    return begin(desk.shell, desk.ports(), beginning, desk.new_id)


def paid(desk: Desk, number: str = NUMBER, currency: str = "HKD") -> Kept:
    kept = begun(desk, number, currency)
    assert desk.twin.pay(kept.payment.order)
    desk.tell()
    desk.settle()
    return desk.kept(kept.payment.id)


def books(desk: Desk, *accounts: str) -> list[int]:
    return [desk.account(each) for each in accounts]


def test_both_amounts_and_the_rate_are_shown_when_it_begins(desk: Desk) -> None:
    with desk.connected():
        kept = begun(desk)
        told = listing.facts(kept)
        # 120.00 at 1.03 is 116.504..., up to a whole ten cents.
        assert (told["amount_minor"], told["currency"]) == (11_660, "HKD")
        assert told["exchange"]["own_minor"] == 12_000
        assert (told["exchange"]["rate"], told["exchange"]["own_currency"]) == ("1.03", "MOP")
        assert desk.twin.orders[kept.payment.order].currency == "HKD"
        again = desk.beginning(kept.payment.id, NUMBER)
        assert begin(desk.shell, desk.ports(), again, desk.new_id).payment == kept.payment
        other = desk.beginning(kept.payment.id, NUMBER, "CNY")
        with pytest.raises(CurrencyChosen):
            begin(desk.shell, desk.ports(), other, desk.new_id)
        with pytest.raises(NoRate):
            begun(desk, currency="USD")


def test_the_price_is_paid_in_ours_and_the_bank_has_theirs(desk: Desk) -> None:
    with desk.connected():
        kept = paid(desk)
        assert (kept.payment.state, kept.payment.spent_minor) == ("used", 11_660)
        # 116.60 is worth 120.10 (120.098): ten avos were rounded in our favour.
        assert books(desk, "bank:acquirer:HKD", "exchange::HKD") == [11_660, -11_660]
        assert books(desk, "exchange::MOP", "rounding::MOP") == [12_010, -10]
        assert desk.balance(str(kept.payment.advance)) == 0
        desk.agree()


def test_what_was_bought_goes_back_as_it_was_paid(desk: Desk) -> None:
    with desk.connected():
        kept = paid(desk)
        wish = Wish(
            payment=kept.payment.id,
            reason="a mistake",
            by="ada",
            approved_by="bob",
            mistake=True,
            key="k",
        )
        refund(desk.shell, wish, desk.new_id)
        desk.settle()
        (back,) = desk.refunds(kept.payment.id)
        assert (back.amount_minor, back.own_minor) == (11_660, 12_000)
        assert desk.state(kept.payment.id) == "refunded"
        accounts = ("bank:acquirer:HKD", "exchange::HKD", "exchange::MOP", "rounding::MOP")
        assert books(desk, *accounts, f"refunds:{kept.payment.id}:MOP") == [0] * 5
        desk.agree()


def test_a_part_goes_back_at_the_same_rate(desk: Desk) -> None:
    with desk.connected():
        kept = paid(desk)
        refund(
            desk.shell,
            Wish(payment=kept.payment.id, reason="moving away", by="ada", key="k"),
            desk.new_id,
        )
        desk.settle()
        (back,) = desk.refunds(kept.payment.id)
        assert back.own_minor is not None
        assert back.amount_minor == 11_660 * back.own_minor // 12_000
        assert desk.account(f"refunds:{kept.payment.id}:MOP") == 0
        desk.agree()


def test_what_cannot_be_used_goes_back_whole(desk: Desk) -> None:
    with desk.connected():
        one, other = begun(desk), begun(desk, currency="CNY")
        for kept in (one, other):
            assert desk.twin.pay(kept.payment.order)
        desk.tell()
        desk.settle()
        states = sorted(desk.state(kept.payment.id) for kept in (one, other))
        assert states == ["refunded", "used"]
        desk.agree()


@pytest.mark.parametrize(("minor", "currency"), [(11_659, ""), (12_000, "MOP")])
def test_what_is_not_what_was_asked_for_is_kept_as_it_came(
    desk: Desk, minor: int, currency: str
) -> None:
    """Also the price in our own money: it is not what the payer was asked for."""
    with desk.connected():
        kept = begun(desk)
        assert desk.twin.pay(kept.payment.order, minor=minor, currency=currency)
        desk.tell()
        desk.settle()
        assert (desk.state(kept.payment.id), desk.waiting()) == ("captured", ["amount_differs"])
        came = currency or "HKD"
        assert desk.balance(f"advance:{kept.payment.id}:{came}") == minor
        assert books(desk, "exchange::HKD", "exchange::MOP") == [0, 0]
        desk.give_back(kept, key="k")
        desk.settle()
        assert (desk.state(kept.payment.id), desk.waiting()) == ("refunded", [])
        desk.agree()


def test_a_deposit_is_paid_in_another_currency_and_goes_back_in_parts(desk: Desk) -> None:
    with desk.connected():
        kept = desk.filled(10_000, currency="CNY")
        # 100.00 at 1.125 is 88.89.
        assert (kept.payment.captured_minor, desk.balance(WALLET)) == (8_889, 10_000)
        for n, minor in enumerate((3_333, 3_333, None)):
            desk.give_back(kept, minor, key=f"k{n}")
        desk.settle()
        assert [each.amount_minor for each in desk.refunds(kept.payment.id)] == [
            2_962,
            2_963,
            2_964,
        ]
        assert (desk.state(kept.payment.id), desk.balance(WALLET)) == ("refunded", 0)
        assert books(desk, "bank:acquirer:CNY", "exchange::CNY") == [0, 0]
        desk.agree()
