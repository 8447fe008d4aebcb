"""Standing orders that a saved card pays: charged once, whatever the gateway answers or not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.payments.renewing import Cards
from tests.races.racing import at_once
from tests.shop.orders import charges, due, order_of, run, step, told
from tests.wire.stripe import CALM

from baohao.app.orders import cards
from baohao.app.payments.asking import Ports
from baohao.core.payments import PAUSE_MAX
from baohao.core.standing_orders import StepKind
from baohao.outside.tmf654 import Patience

A, B, PRICE = "+85366200001", "+85366200002", 12_000
#: Whoever is answered by nobody notices soon.
SOON = Patience(read_s=0.5)


@pytest.fixture
def house(database: str) -> Iterator[Cards]:
    made = Cards(conninfo=database)
    made.fund(10_000_000)
    yield made
    made.shell.close()


def test_a_saved_card_is_charged_once_and_buys_the_term(house: Cards) -> None:
    with house.connected():
        house.ordered(A)
        assert run(house) == {}, "the door alone charges no card"
        assert house.charge() == {"charge": 1}
        assert house.charge() == {}
        assert (house.charged(), charges(house)) == (1, [(A, 1)])
        assert step(house, A).kind is StepKind.NOTIFY
        assert order_of(house, A).charged is not None
        house.is_well()


def test_a_card_that_is_declined_is_tried_again_a_day_later(house: Cards) -> None:
    with house.connected():
        house.ordered(A)
        ((method, (customer, _)),) = house.twin.books.kept.items()
        house.twin.books.kept[method] = (customer, "poor")
        assert house.charge() == {"failed": 1}
        assert house.charge() == {}
        assert order_of(house, A).code == "insufficient_funds"
        due(house, A)
        house.twin.books.kept[method] = (customer, "good")
        assert house.charge() == {"charge": 1}
        assert (house.charged(), charges(house)) == (1, [(A, 1)])
        house.is_well()


@pytest.mark.parametrize("fault", ["slow", "lost", "broken", "busy", "cut"])
def test_an_answer_that_did_not_come_is_asked_for_and_not_charged_again(
    house: Cards, fault: str
) -> None:
    with house.connected():
        house.ordered(A)
        house.faults.append(fault)
        # Whoever has to wait for it to notice that nobody answers waits less long.
        with house.hasty(SOON if fault == "slow" else CALM):
            assert house.charge() == {"unknown": 1}
        assert house.charge() == {"unknown": 1}, "nobody guesses"
        for _ in range(5):
            house.later(timedelta(minutes=5))
            house.carry()
        # One that they refuse to do for a day is closed with its quote, and tried anew.
        assert house.state(house.last()) == ("closed" if fault == "broken" else "used")
        assert house.charge() == ({"failed": 1} if fault == "broken" else {})
        if fault == "broken":
            due(house, A)
            assert house.charge() == {"charge": 1}
        assert (house.charged(), charges(house)) == (1, [(A, 1)])
        house.is_well()


@pytest.mark.parametrize("by", ["stop", "renew"])
def test_what_was_charged_for_an_order_that_is_over_goes_back(house: Cards, by: str) -> None:
    """The worker dies when the card was charged; before the next one, the line moves on."""
    with house.connected():
        house.ordered(A)
        house.faults.append("lost")
        assert house.charge() == {"unknown": 1}
        if by == "stop":
            house.say("stop_order", A, order=order_of(house, A).id)
        else:
            house.answers([house.renew(A)])
        for _ in range(4):
            house.later(PAUSE_MAX / 100)
            house.carry()
        assert house.state(house.last()) == "refunded"
        assert charges(house) == []
        assert len(house.twin.books.refunds) == 1
        house.charge()
        assert house.charged() == 1
        house.is_well()


def test_a_card_that_another_line_has_kept_is_not_charged(house: Cards) -> None:
    with house.connected():
        house.open(B)
        card = house.kept(B)
        house.ordered(A, card)
        assert house.charge() == {"failed": 1}
        assert order_of(house, A).code == "standing_orders.not_kept"
        assert house.charged() == 0
        house.is_well()


def test_a_price_above_the_limit_is_not_charged(house: Cards) -> None:
    with house.connected():
        house.open(A)
        said = {"term": "12 months", "consent": "form 12"}
        payer = f"card:{house.kept(A)}"
        house.say("order", A, payer=payer, limit_minor=PRICE - 1, **said)
        told(house, A)
        assert house.charge() == {"failed": 1}
        assert order_of(house, A).code == "standing_orders.over_limit"
        assert house.charged() == 0


def test_two_workers_at_once_charge_a_card_once(house: Cards) -> None:
    with house.connected():
        house.ordered(A)
        at_once(house, lambda shell, _: house.charge(shell), doors=3)
        house.later(timedelta(minutes=6))
        house.carry()
        assert (house.charged(), charges(house)) == (1, [(A, 1)])
        house.is_well()


def test_a_worker_that_died_before_it_charged_is_followed_by_the_janitor(house: Cards) -> None:
    with house.connected():
        house.ordered(A)
        ports = Ports(gateways={}, notify_url="")
        assert cards.run(house.shell, ports, house.new_id) == {"created": 1}
        assert house.charged() == 0
        house.later(timedelta(seconds=10))
        house.carry()
        assert (house.charged(), charges(house)) == (1, [(A, 1)])
        house.is_well()
