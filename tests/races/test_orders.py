"""
Two workers at once, while others stop, renew and fill up: nobody is charged twice by one consent.

The twin is a worker as one would write it who knows only of renewals: it takes what is due from the
table and buys with a key of its own. It charges each line as often as there are workers.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.races.racing import DOORS, at_once
from tests.shop import FLOAT, Shop, codes
from tests.shop.orders import PRICE, charges, order_of, run, tell, wallet_of

from baohao.app.shell import Shell
from baohao.core.asks import Ask
from baohao.store import lines, standing_orders

LINES = 24


def numbers(count: int) -> list[str]:
    return [f"+85366{n:06}" for n in range(count)]


def charged(shop: Shop, has_minor: int) -> list[str]:
    """Lines whose charge is due, each with so much in its wallet."""
    made = numbers(LINES)
    shop.fund(PRICE * LINES)
    for asks in ([shop.stock(n) for n in made], [shop.activate(n) for n in made]):
        assert set(codes(shop.answers(asks))) == {""}
    said: dict[str, Any] = {"term": "12 months", "limit_minor": 15_000, "consent": "form 12"}
    asks = [shop.ask("order", n, payer=wallet_of(n), **said) for n in made]
    if has_minor:
        asks += [shop.ask("fund", wallet_of(n), amount_minor=has_minor) for n in made]
    assert set(codes(shop.answers(asks))) == {""}
    for wait in (345, 8):
        _days_later(shop, wait)
        if wait == 345:
            assert run(shop) == {"notify": LINES}
            for number in made:
                tell(shop, number)
    return made


def _days_later(shop: Shop, days: int) -> None:
    shop.later(timedelta(days=days))


def test_workers_at_once_charge_each_line_once(shop: Shop) -> None:
    made = charged(shop, 3 * PRICE)
    at_once(shop, lambda shell, _: run(shop, shell))
    assert charges(shop) == [(number, 1) for number in made]
    assert {shop.balance(wallet_of(number)) for number in made} == {2 * PRICE}
    shop.is_well()


def test_workers_at_once_note_each_failure_once(shop: Shop) -> None:
    made = charged(shop, 0)
    at_once(shop, lambda shell, _: run(shop, shell))
    failed = shop.rows("SELECT count(*) FROM journal WHERE kind = 'order_failed'")
    assert failed == [(len(made),)]
    shop.is_well()


def test_who_is_stopped_or_renewed_meanwhile_is_charged_once_or_not_at_all(shop: Shop) -> None:
    made = charged(shop, PRICE)
    orders = {number: order_of(shop, number).id for number in made}
    half = len(made) // 2

    def work(shell: Shell, door: int) -> None:
        if door % 2:
            run(shop, shell)
            return
        if door % 4:
            shell.answer([shop.ask("stop_order", n, order=orders[n]) for n in made[:half]])
            return
        shell.answer([_renewal(shop, shell, n) for n in made[half:]])

    at_once(shop, work)
    times = dict(charges(shop))
    for number in made:
        assert times.get(number, 0) <= 1
        left = shop.balance(wallet_of(number))
        assert left == PRICE * (1 - times.get(number, 0))
    stopped = [number for number in made[:half] if not order_of(shop, number).is_live]
    assert stopped == made[:half]
    # Nothing is charged for a deadline that somebody else has paid: a renewal that came first
    # moved it, one that came second was refused or bought the year after.
    _days_later(shop, 1)
    assert run(shop) == {}
    shop.is_well()


def _renewal(shop: Shop, shell: Shell, number: str, payer: str = FLOAT) -> Ask:
    found = shell.run(lambda conn: lines.find(conn, number))
    assert found is not None
    paid = {"term": "12 months", "paid": payer}
    return shop.ask("renew", number, expect_version=found.state.version, **paid)


def test_twin_workers_that_only_renew_charge_twice(shop: Shop) -> None:
    made = charged(shop, DOORS * PRICE)
    with shop.looking() as conn:
        due = standing_orders.due(conn, shop.now(), LINES, None)
    assert [each.number for each in due if each.number in made]

    def naive(shell: Shell, _: int) -> None:
        for each in due:
            shell.answer([_renewal(shop, shell, each.number, each.payer)])

    at_once(shop, naive)
    assert min(shop.balance(wallet_of(number)) for number in made) < (DOORS - 1) * PRICE
