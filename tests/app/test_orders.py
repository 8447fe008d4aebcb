"""Standing orders by a worker, from consent to charge, through whatever ends in the middle."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest
from tests.shop import FLOAT, SEVEN, Shop, granted
from tests.shop.orders import (
    PRICE,
    charges,
    due,
    order_of,
    ordered,
    run,
    step,
    tell,
    told,
    wallet_of,
)

from baohao.app.orders import keep, links, listing
from baohao.app.orders.links import LinkForged
from baohao.core.standing_orders import StepKind
from baohao.store import standing_orders

A, B = "+85366000001", "+85366000002"


def sign(text: bytes) -> bytes:
    """Stand for the house's key."""
    return sha256(b"key" + text).digest()


def test_from_consent_to_charge_and_round_again(shop: Shop) -> None:
    ordered(shop, A)
    before = shop.line(A).standing.clocks["service"].day
    assert run(shop) == {}, "a year ahead nothing is due"
    assert due(shop, A).kind is StepKind.NOTIFY
    assert run(shop) == {"notify": 1}
    assert run(shop) == {}, "nothing is charged before it was handed over"
    tell(shop, A)
    assert due(shop, A).kind is StepKind.CHARGE
    assert run(shop) == {"charge": 1}
    assert run(shop) == {}
    after = shop.line(A).standing.clocks["service"].day
    assert (before is not None, after is not None) == (True, True)
    assert shop.balance(wallet_of(A)) == 9 * PRICE
    told(shop, A)
    assert run(shop) == {"charge": 1}
    assert charges(shop) == [(A, 2)]
    shop.is_well()


def test_a_wallet_that_is_filled_in_the_cure_pays(shop: Shop) -> None:
    ordered(shop, A, has_minor=0)
    told(shop, A)
    for _ in range(3):
        assert run(shop) == {"failed": 1}
        due(shop, A)
    shop.fund(PRICE, wallet_of(A))
    assert run(shop) == {"charge": 1}
    assert (shop.balance(wallet_of(A)), order_of(shop, A).code) == (0, "")
    shop.is_well()


def test_a_late_worker_tries_once_more_and_gives_up_in_one_run(shop: Shop) -> None:
    ordered(shop, A, has_minor=0)
    told(shop, A)
    assert run(shop) == {"failed": 1}
    shop.later(timedelta(days=9))
    assert run(shop) == {"failed": 1, "give_up": 1}
    assert run(shop) == {}
    with shop.looking() as conn:
        (row,) = listing.listed(conn)
    assert (row["step"], row["at"]) == (None, None)
    shop.is_well()


def test_an_agents_float_pays_until_the_grant_is_over(shop: Shop) -> None:
    shop.agents, shop.listeners = {SEVEN.key: SEVEN}, frozenset({"agent-7"})
    until = (shop.now() + timedelta(days=400)).isoformat()
    ordered(shop, A, has_minor=0, payer=FLOAT, granted_until=until)
    before = shop.balance(FLOAT)
    told(shop, A)
    assert run(shop) == {"charge": 1}
    assert shop.balance(FLOAT) == before - PRICE
    told(shop, A)
    assert run(shop) == {"failed": 1}
    assert order_of(shop, A).code == "grants.none"
    types = [t for (t,) in shop.rows("SELECT data ->> 'type' FROM effects WHERE kind = 'event'")]
    assert {"order.charged", "order.failed", "line.renewed"} <= set(types)
    shop.is_well()


@pytest.mark.parametrize("by", ["renew", "terminate", "stop"])
def test_what_happens_between_the_notice_and_the_charge_is_seen(shop: Shop, by: str) -> None:
    """The worker has found the order due and asks; the line has moved on meanwhile."""
    order = ordered(shop, A)
    told(shop, A)
    with shop.looking() as conn:
        (found,) = standing_orders.due(conn, shop.now(), 10, None)
    if by == "renew":
        granted(shop.answers([shop.renew(A)])[0])
    elif by == "terminate":
        shop.say("terminate", A, cause="holder", reason="left")
    else:
        shop.say("stop_order", A, order=order)
    (answer,) = shop.answers([keep.asking(found, shop.new_id())])
    code = getattr(answer, "code", "")
    assert code in ("standing_orders.not_due", "standing_orders.stopped")
    assert shop.balance(wallet_of(A)) == 10 * PRICE
    assert charges(shop) == []
    shop.is_well()


def test_the_row_dies_with_the_tenure_and_the_next_holder_has_none(shop: Shop) -> None:
    ordered(shop, A)
    assert shop.rows("SELECT count(*) FROM standing_orders") == [(1,)]
    shop.say("terminate", A, cause="holder", reason="left")
    shop.later(timedelta(days=800))
    shop.say("return", A)
    assert shop.rows("SELECT count(*) FROM standing_orders") == [(0,)]
    granted(shop.answers([shop.activate(A, "somebody else")])[0])
    assert shop.line(A).order is None
    assert run(shop) == {}
    shop.is_well()


def test_a_worker_that_died_after_the_door_has_decided_asks_for_the_same(shop: Shop) -> None:
    ordered(shop, A)
    told(shop, A)
    with shop.looking() as conn:
        (found,) = standing_orders.due(conn, shop.now(), 10, None)
    first, again = (granted(shop.answers([keep.asking(found, shop.new_id())])[0]) for _ in range(2))
    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert first.answer == again.answer
    assert charges(shop) == [(A, 1)]


def test_a_clock_that_is_a_day_wrong_charges_no_sooner_after_the_notice(shop: Shop) -> None:
    """It jumps a day ahead after the notice, and back: the door's own time never goes back."""
    ordered(shop, A)
    due(shop, A)
    run(shop)
    tell(shop, A)
    told_at = shop.now()
    shop.later(timedelta(days=1))
    assert run(shop) == {}
    shop.later(timedelta(days=-1))
    assert run(shop) == {}
    ahead = due(shop, A)
    assert ahead.at - told_at >= timedelta(days=7) - timedelta(seconds=2)
    assert run(shop) == {"charge": 1}
    shop.later(timedelta(days=-1))
    assert run(shop) == {}
    assert charges(shop) == [(A, 1)]
    shop.is_well()


def test_many_orders_are_kept_page_by_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "AT_ONCE", 2)
    numbers = [f"+853661000{n:02}" for n in range(5)]
    for n, number in enumerate(numbers):
        ordered(shop, number, has_minor=PRICE if n % 2 else 0)
    for number in numbers:
        due(shop, number)
    assert run(shop) == {"notify": 5}
    for number in numbers:
        tell(shop, number)
    due(shop, numbers[-1])
    assert run(shop) == {"charge": 2, "failed": 3}
    assert step(shop, numbers[0]).kind is StepKind.CHARGE
    shop.is_well()


# --- one tap --------------------------------------------------------------------------------------


def test_a_link_stops_its_order_and_no_other_however_often(shop: Shop) -> None:
    first, second = ordered(shop, A), ordered(shop, B)
    token = links.link(A, first, sign)
    for _ in range(2):
        links.stop(shop.shell, token, sign, shop.new_id)
    assert not order_of(shop, A).is_live
    assert order_of(shop, B).is_live
    assert A.lstrip("+") not in token
    assert first not in token
    assert second != first
    stops = shop.rows("SELECT count(*) FROM journal WHERE kind = 'order_stopped'")
    assert stops == [(1,)], "the second tap is told the same and changes nothing"


def test_a_link_of_an_order_that_is_over_is_told_nothing_else(shop: Shop) -> None:
    order = ordered(shop, A)
    token = links.link(A, order, sign)
    shop.say("stop_order", A, order=order)
    again = str(
        shop.say(
            "order", A, term="12 months", payer=wallet_of(A), limit_minor=15_000, consent="form 13"
        )["id"]
    )
    links.stop(shop.shell, token, sign, shop.new_id)
    assert (order_of(shop, A).id, order_of(shop, A).is_live) == (again, True)


@pytest.mark.parametrize("how", ["other key", "other order", "cut", "padded", "empty", "case"])
def test_a_link_that_is_not_ours_stops_nothing(shop: Shop, how: str) -> None:
    order, other = ordered(shop, A), ordered(shop, B)
    token = links.link(A, order, sign)
    forged = {
        "other key": links.link(A, order, lambda text: sign(b"x" + text)),
        "other order": links.link(B, other, sign)[:24] + token[24:],
        "cut": token[:-1],
        "padded": token + "=",
        "empty": "",
        "case": token.swapcase(),
    }[how]
    with pytest.raises(LinkForged):
        links.stop(shop.shell, forged, sign, shop.new_id)
    assert order_of(shop, A).is_live
    assert order_of(shop, B).is_live
