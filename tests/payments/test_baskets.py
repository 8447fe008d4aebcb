"""Several lines in one payment: each has an outcome, and what bought nothing goes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from tests.payments.cashdesk import ASKED, NUMBER, Desk

from baohao.app.payments import bought, carry, refunding
from baohao.app.payments.baskets import (
    BasketEmpty,
    BasketTooLarge,
    Filling,
    NotForBaskets,
    begin,
)
from baohao.app.payments.begin import GatewayUnknown
from baohao.app.payments.refunding import SeveralBought, Wish
from baohao.core.decide.selling import QuoteOver, QuoteUnknown
from baohao.store.payments import Kept

NUMBERS = [NUMBER, "+85366100002", "+85366100003"]
PRICE = 12_000


@pytest.fixture
def three(desk: Desk) -> Desk:
    for number in NUMBERS[1:]:
        desk.open(number)
    return desk


def filled(desk: Desk, id_: UUID | None = None, **said: Any) -> Kept:
    quotes = [(number, desk.quoted(number)) for number in NUMBERS]
    return begun(desk, Filling(**filling(desk, quotes, id_) | said))


def filling(desk: Desk, quotes: Any, id_: UUID | None = None) -> dict[str, Any]:
    made = {"id": id_ or desk.new_id(), "quotes": quotes}
    return made | {"gateway": desk.gate.name, "asked": ASKED}


def begun(desk: Desk, wanted: Filling) -> Kept:
    return begin(desk.shell, desk.ports(), wanted, desk.new_id)


def years(desk: Desk) -> list[int]:
    """How many years each line has been bought."""
    return [len(desk.line(number).sold) for number in NUMBERS]


def outcomes(desk: Desk, kept: Kept) -> set[str]:
    with desk.looking() as conn:
        return {each.number for each in bought.of_payment(conn, kept).values()}


def test_one_payment_renews_all_of_them(three: Desk) -> None:
    with three.connected():
        kept = filled(three)
        assert kept.payment.amount_minor == 3 * PRICE
        assert three.twin.pay(kept.payment.order)
        three.tell()
        assert three.carry() == {"used": 1}
        assert years(three) == [2, 2, 2]
        assert outcomes(three, kept) == set(NUMBERS)
        assert three.balance(str(kept.payment.advance)) == 0
        assert not three.refunds(kept.payment.id)
        three.agree()


def test_the_money_of_what_is_refused_goes_back_and_nothing_else(three: Desk) -> None:
    with three.connected():
        kept = filled(three)
        # Somebody renews the second one meanwhile: its promised day is there already.
        three.say("renew", NUMBERS[1], **three.renew(NUMBERS[1]).payload, expect_version=2)
        assert three.twin.pay(kept.payment.order)
        three.tell()
        three.settle()
        assert years(three) == [2, 2, 2]
        assert outcomes(three, kept) == {NUMBERS[0], NUMBERS[2]}
        payment = three.kept(kept.payment.id).payment
        assert (payment.state.value, payment.spent_minor) == ("used", 2 * PRICE)
        assert (payment.refunded_minor, payment.returned_minor) == (PRICE, PRICE)
        three.agree()


def test_where_nothing_can_be_bought_all_of_it_goes_back(three: Desk) -> None:
    with three.connected():
        kept = filled(three)
        for number in NUMBERS:
            three.say("renew", number, **three.renew(number).payload, expect_version=2)
        assert three.twin.pay(kept.payment.order)
        three.tell()
        three.settle()
        assert three.state(kept.payment.id) == "refunded"
        assert years(three) == [2, 2, 2]
        three.agree()


def test_money_that_comes_after_the_quotes_are_over_buys_the_same_anew(three: Desk) -> None:
    with three.connected():
        kept = filled(three)
        assert three.twin.pay(kept.payment.order)
        three.later(timedelta(minutes=20))
        three.tell()
        assert three.carry() == {"used": 1}
        assert years(three) == [2, 2, 2]
        three.agree()


def test_whoever_takes_it_up_in_the_middle_repeats_nothing(
    three: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> Any:
        raise RuntimeError("killed")

    with three.connected():
        kept = filled(three)
        three.say("renew", NUMBERS[1], **three.renew(NUMBERS[1]).payload, expect_version=2)
        assert three.twin.pay(kept.payment.order)
        three.tell()
        monkeypatch.setattr(carry, "_use", killed)
        with pytest.raises(RuntimeError):
            three.carry()
        monkeypatch.undo()
        assert three.state(kept.payment.id) == "captured"
        three.later(timedelta(minutes=30))
        three.settle()
        assert years(three) == [2, 2, 2]
        payment = three.kept(kept.payment.id).payment
        assert (payment.spent_minor, payment.returned_minor) == (2 * PRICE, PRICE)
        three.agree()


@pytest.mark.parametrize("is_key_new", [False, True])
def test_the_keys_are_what_keeps_it_from_buying_twice(
    three: Desk, monkeypatch: pytest.MonkeyPatch, is_key_new: bool
) -> None:
    """The twin of the one above: with keys of its own each time, a second run buys again."""
    asks = carry.Carrier._parting

    def parting(self: Any, kept: Kept, *rest: Any) -> Any:
        made = asks(self, kept, *rest)
        return replace(made, key=str(three.new_id()), id=three.new_id(), expect_version=None)

    if is_key_new:
        monkeypatch.setattr(carry.Carrier, "_parting", parting)
    with three.connected():
        kept = filled(three)
        assert three.twin.pay(kept.payment.order)
        three.tell()
        three.carrier().carry([kept.payment.id])
        three.shell.run(lambda conn: conn.execute("UPDATE payments SET state = 'captured'"))
        three.fund(3 * PRICE, str(kept.payment.advance))
        three.carrier().carry([kept.payment.id])
        assert (years(three) == [2, 2, 2]) is not is_key_new


def test_a_basket_is_one_order_however_often_it_is_begun(three: Desk) -> None:
    with three.connected():
        quotes, id_ = [(number, three.quoted(number)) for number in NUMBERS], three.new_id()
        made = filling(three, quotes, id_)
        assert {begun(three, Filling(**made)).payment.order for _ in range(3)} == {id_.hex}
        assert len(three.twin.orders) == 1
        with pytest.raises(NotForBaskets):
            begun(three, Filling(**made | {"quotes": quotes[:2]}))
        with pytest.raises(GatewayUnknown):
            begun(three, Filling(**made | {"gateway": "other"}))


def test_what_cannot_be_begun_says_why(three: Desk) -> None:
    with three.connected():
        quote = three.quoted()
        for refusal, quotes in (
            (BasketEmpty, []),
            (QuoteUnknown, [(NUMBERS[1], quote)]),
            (QuoteUnknown, [(NUMBER, three.new_id())]),
        ):
            with pytest.raises(refusal):
                begun(three, Filling(**filling(three, quotes)))
        many = [(f"+85366{n:06}", three.new_id()) for n in range(51)]
        with pytest.raises(BasketTooLarge):
            begun(three, Filling(**filling(three, many)))
        three.later(timedelta(minutes=16))
        with pytest.raises(QuoteOver):
            begun(three, Filling(**filling(three, [(NUMBER, quote)])))
        assert not three.twin.orders


def test_a_person_reverses_each_line_by_itself(three: Desk) -> None:
    with three.connected():
        kept = filled(three)
        assert three.twin.pay(kept.payment.order)
        three.tell()
        three.settle()
        wish = Wish(payment=kept.payment.id, reason="no", by="ada", key="1")
        with pytest.raises(SeveralBought):
            refunding.refund(three.shell, wish, three.new_id)
        with three.looking() as conn:
            told = bought.of_payment(conn, kept)
        one = next(each for each in told.values() if each.number == NUMBERS[2])
        three.say("reverse", NUMBERS[2], of=str(one.act), reason="no", principal="ada")
        three.settle()
        payment = three.kept(kept.payment.id).payment
        assert payment.state.value == "used"
        assert payment.returned_minor == payment.refunded_minor > 0
        three.agree()


def test_the_doctor_misses_what_was_spent_on_nothing(three: Desk) -> None:
    with three.connected():
        kept = filled(three)
        assert three.twin.pay(kept.payment.order)
        three.tell()
        three.settle()
        three.agree()
        forget = partial(_forget, quote=kept.payment.wanted.parts[0].quote)  # type: ignore[union-attr]
        three.shell.run(forget)
        with pytest.raises(AssertionError, match="baskets"):
            three.agree()


def _forget(conn: Any, quote: UUID) -> None:
    conn.execute("DELETE FROM keys WHERE key LIKE %s", [f"%:buy:{quote}"])
