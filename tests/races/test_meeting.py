"""Doors that meet everywhere: on lines, floats, promotions and new months, in every order."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from tests.races.racing import at_once, in_batches
from tests.shop import Shop, codes, promotions
from tests.shop.asking import PAYERS, Asking

from baohao.app import daily
from baohao.app.shell import Shell


def test_doors_that_ask_for_everything_leave_a_house_that_is_well(shop: Shop, effort: int) -> None:
    """Each asks at random, and the daily run goes on beside them."""
    shop.promotions = promotions("test.scarce", "demo.twelve_plus_six")
    for payer in PAYERS:
        shop.fund(500_000, payer)

    def ask(shell: Shell, place: int) -> Counter[str]:
        asking, told = Asking(100 + place, lines=40), Counter[str]()
        for n in range(10 * effort):
            states, now = shop.states(), shop.now()
            asks = [asking.ask(states, now) for _ in range(30)]
            told.update(codes(in_batches(shell, asks, 15)))
            if place == 0 and n % 3 == 0:
                daily.run(shell, shop.new_id)
        return told

    told = sum(at_once(shop, ask, doors=5), Counter[str]())
    assert told[""] > 300
    assert not told["ask.parked"]
    assert not told["outcome.unknown"]
    assert shop.rows("SELECT 1 FROM parked") == []
    shop.is_well()


def test_the_first_asks_of_a_month_make_room_for_it_once(shop: Shop) -> None:
    numbers = [f"+85366{n:06}" for n in range(40)]
    for number in numbers:
        shop.open(number)
    for _ in range(3):
        shop.later(timedelta(days=35))
        versions = {number: shop.line(number).version for number in numbers}

        def renew(shell: Shell, place: int, versions: dict[str, int] = versions) -> list[str]:
            mine = numbers[5 * place : 5 * place + 5]
            asks = [shop.renew(n, expect_version=versions[n]) for n in mine]
            return codes(shell.answer(asks))

        assert {code for told in at_once(shop, renew) for code in told} == {""}
    assert len(shop.rows("SELECT 1 FROM pg_inherits WHERE inhparent = 'journal'::regclass")) == 4
    assert len(shop.rows("SELECT 1 FROM pg_inherits WHERE inhparent = 'entries'::regclass")) == 4
    shop.is_well()
