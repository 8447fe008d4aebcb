"""
A shop with standing orders, whose clock goes from step to step.

    ordered     a line whose holder has consented, from a wallet with so much in it
    due         puts the clock on until the next step is due
    run         does what is due, as a worker does
    tell        hands the notice over that is owed
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from tests.shop import Shop

from baohao.app.orders import keep
from baohao.app.shell import Shell
from baohao.core.decide.ordering import next_of
from baohao.core.line.ordered import Ordered
from baohao.core.standing_orders import Step

PRICE = 12_000


def wallet_of(number: str) -> str:
    return f"wallet:h{number}:MOP"


def ordered(shop: Shop, number: str, has_minor: int = 10 * PRICE, **said: object) -> str:
    """Open a line and consent; return the order's id."""
    shop.open(number)
    if has_minor:
        shop.fund(has_minor, wallet_of(number))
    consent = {"limit_minor": 15_000, "consent": "form 12", "term": "12 months"}
    given = {"payer": wallet_of(number), **consent, **said}
    return str(shop.say("order", number, **given)["id"])


def order_of(shop: Shop, number: str) -> Ordered:
    found = shop.line(number).order
    assert found is not None
    return found


def step(shop: Shop, number: str) -> Step:
    found = next_of(shop.line(number), shop.rules)
    assert found is not None
    return found[1]


def due(shop: Shop, number: str) -> Step:
    """Put the clock on until the next step of a line's order is due."""
    ahead = step(shop, number)
    shop.later(max(timedelta(0), ahead.at - shop.now()) + timedelta(seconds=1))
    return ahead


def run(shop: Shop, shell: Shell | None = None) -> Mapping[str, int]:
    return keep.run(shell or shop.shell, shop.new_id)


def tell(shop: Shop, number: str) -> None:
    found = next_of(shop.line(number), shop.rules)
    assert found is not None
    said = {"deadline": found[0].isoformat(), "evidence": "sms 1"}
    shop.say("tell_order", number, order=order_of(shop, number).id, **said)


def told(shop: Shop, *numbers: str) -> None:
    """Owe the notices, hand them over, and put the clock on until the charge is due."""
    for number in numbers:
        due(shop, number)
        run(shop)
        tell(shop, number)
    due(shop, numbers[-1])


def charges(shop: Shop) -> list[tuple[str, int]]:
    """How often each line was charged by its order, as its journal says."""
    found = shop.rows(
        "SELECT subject, count(*) FROM journal WHERE kind = 'order_charged' GROUP BY 1 ORDER BY 1"
    )
    return [(str(number), int(times)) for number, times in found]
