"""Prepaid money is put into wallets and floats through gateways, once, and goes back by its way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from tests.payments.cashdesk import HASTY_S, NUMBER, WALLET, Desk
from tests.races.racing import at_once, unlock
from tests.shop import FLOAT, SEVEN

from baohao.app.door import Answered, KeyReused
from baohao.app.payments import refunding
from baohao.app.payments.begin import GatewayUnknown
from baohao.app.payments.deposits import OperatorNotHere
from baohao.app.payments.refunding import NothingToGiveBack, RefundMoved, Wish
from baohao.app.shell import Shell
from baohao.core.agents import AgentElsewhere, AgentInactive, AgentUnknown
from baohao.core.asks import Ask
from baohao.core.decide.selling import MoneyShort
from baohao.core.exchange import NoRate
from baohao.core.payments import (
    DepositTooLarge,
    DepositTooSmall,
    NotAPurse,
    RefundTooMuch,
    SecondPersonForRefund,
)
from baohao.core.refusals import Refusal
from baohao.store.payments import Kept

OTHER = "+85366100002"


def test_what_is_paid_is_in_the_wallet_and_pays_for_a_renewal(desk: Desk) -> None:
    with desk.connected():
        kept = desk.put(desk.depositing(20_000))
        assert kept.given["code_url"].endswith(kept.payment.order)
        assert desk.twin.pay(kept.payment.order)
        desk.tell()
        assert desk.carry() == {"used": 1}
        assert desk.balance(WALLET) == 20_000
        assert desk.balance(str(kept.payment.advance)) == 0
        quote = desk.quoted()
        told = desk.say(
            "renew",
            NUMBER,
            term="12 months",
            paid=WALLET,
            quote=str(quote),
            expect_version=desk.line(NUMBER).version,
            principal="h1",
            channel="app",
        )
        assert desk.balance(WALLET) == 20_000 - told["total"]
        desk.agree()


def test_one_key_is_one_order_however_often_it_is_tapped(desk: Desk) -> None:
    with desk.connected():
        once = desk.depositing(key="tap")

        def tap(shell: Shell, _: int) -> str:
            return desk.put(once, shell).payment.order

        assert len({desk.put(once).payment.order, *at_once(desk, tap, doors=4)}) == 1
        assert len(desk.twin.orders) == 1
        for other in (
            desk.depositing(10_001, key="tap"),
            desk.depositing(account="wallet:h2:MOP", key="tap"),
            desk.depositing(key="tap", currency="HKD"),
        ):
            with pytest.raises(KeyReused):
                desk.put(other)
        somebody_else = replace(once, by="h2")
        assert desk.put(somebody_else).payment.order != once.id.hex


def test_what_cannot_be_begun_says_why(desk: Desk) -> None:
    desk.register()
    with desk.connected():
        for refusal, wrong in (
            (NotAPurse, desk.depositing(account="till:hall-1:MOP")),
            (DepositTooSmall, desk.depositing(999)),
            (DepositTooLarge, desk.depositing(500_001)),
            (DepositTooLarge, desk.depositing(20_000_001, FLOAT)),
            (OperatorNotHere, replace(desk.depositing(), operator="nobody")),
            (AgentUnknown, desk.depositing(account="float:agent-9:MOP")),
            (AgentUnknown, desk.depositing(account="float:agent-7:HKD")),
            (AgentElsewhere, replace(desk.depositing(account=FLOAT), operator="cmhk")),
            (GatewayUnknown, replace(desk.depositing(), gateway="nobody")),
            (NoRate, desk.depositing(currency="USD")),
            (NoRate, desk.depositing(account="wallet:h1:HKD", currency="MOP")),
        ):
            with pytest.raises(refusal):
                desk.put(wrong)
        desk.register(replace(SEVEN, is_active=False))
        with pytest.raises(AgentInactive):
            desk.put(desk.depositing(account=FLOAT))
        assert desk.twin.orders == {}


def test_a_float_is_topped_up_and_the_statement_says_so(desk: Desk) -> None:
    desk.register()
    before = desk.balance(FLOAT)
    with desk.connected():
        kept = desk.filled(2_000_000, FLOAT)
        assert desk.balance(FLOAT) == before + 2_000_000
        desk.give_back(kept, 40_000, key="a")
        desk.settle()
        assert desk.balance(FLOAT) == before + 1_960_000
        desk.agree()


def test_money_for_an_agent_that_sells_no_more_goes_back_by_itself(desk: Desk) -> None:
    desk.register()
    before = desk.balance(FLOAT)
    with desk.connected():
        kept = desk.put(desk.depositing(account=FLOAT))
        assert desk.twin.pay(kept.payment.order)
        desk.register(replace(SEVEN, is_active=False))
        desk.tell()
        desk.settle()
        assert (desk.state(kept.payment.id), desk.waiting()) == ("refunded", [])
        assert desk.kept(kept.payment.id).code == "agent.inactive"
        assert desk.balance(FLOAT) == before
        desk.agree()


def test_late_money_just_arrives_and_money_that_differs_waits_for_a_person(desk: Desk) -> None:
    with desk.connected():
        late, other = desk.put(), desk.put()
        assert desk.twin.pay(late.payment.order)
        assert desk.twin.pay(other.payment.order, minor=9_999)
        desk.later(timedelta(days=40))
        desk.settle()
        assert (desk.state(late.payment.id), desk.balance(WALLET)) == ("used", 10_000)
        assert (desk.state(other.payment.id), desk.waiting()) == ("captured", ["amount_differs"])
        desk.give_back(other, key="a")
        desk.settle()
        assert (desk.state(other.payment.id), desk.waiting()) == ("refunded", [])
        desk.agree()


def test_nobody_pays_what_is_over(desk: Desk) -> None:
    with desk.connected():
        once = desk.depositing()
        kept = desk.put(once)
        desk.settle()
        assert desk.state(kept.payment.id) == "closed"
        assert not desk.twin.pay(desk.put(once).payment.order)
        desk.agree()


def test_an_answer_that_did_not_come_is_the_same_order_when_it_is_asked_again(desk: Desk) -> None:
    faults = iter(["lost"])
    with desk.connected(lambda what: next(faults, "") if what == "pay" else "", HASTY_S):
        once = desk.depositing(key="tap")
        assert desk.put(once).payment.state == "unknown"
        again = desk.put(once)
        assert again.payment.state == "payable"
        assert len(desk.twin.orders) == 1


def test_a_deposit_goes_back_as_far_as_it_is_still_there(desk: Desk) -> None:
    with desk.connected():
        kept = desk.filled(20_000)
        quote = desk.quoted()
        paid = {"term": "12 months", "paid": WALLET, "quote": str(quote)}
        cost = desk.say("renew", NUMBER, **paid, expect_version=desk.line(NUMBER).version)["total"]
        left = 20_000 - cost
        with pytest.raises(MoneyShort):
            desk.give_back(kept, left + 1, key="a")
        with pytest.raises(RefundTooMuch):
            desk.give_back(kept, 20_001, key="a")
        desk.give_back(kept, 1_000, key="b")
        for _ in range(2):
            desk.give_back(kept, key="c")
        desk.settle()
        assert [each.amount_minor for each in desk.refunds(kept.payment.id)] == [
            1_000,
            left - 1_000,
        ]
        assert desk.kept(kept.payment.id).payment.returned_minor == left
        assert (desk.balance(WALLET), desk.state(kept.payment.id)) == (0, "used")
        with pytest.raises(MoneyShort):
            desk.give_back(kept, key="d")
        desk.agree()


def test_all_of_a_deposit_goes_back_and_no_other_money_with_it(desk: Desk) -> None:
    with desk.connected():
        desk.fund(7_000, WALLET)
        kept = desk.filled(10_000)
        desk.give_back(kept, key="a")
        desk.settle()
        assert (desk.balance(WALLET), desk.state(kept.payment.id)) == (7_000, "refunded")
        with pytest.raises(NothingToGiveBack):
            desk.give_back(kept, key="b")
        desk.agree()


def test_above_the_limit_it_takes_two_also_in_parts(desk: Desk) -> None:
    with desk.connected():
        kept = desk.filled(90_000)
        desk.give_back(kept, 40_000, key="a")
        for second in ("", "ada"):
            with pytest.raises(SecondPersonForRefund):
                desk.give_back(kept, 10_001, second=second, key="b")
        desk.give_back(kept, 10_001, second="bob", key="b")
        desk.settle()
        (_, last) = desk.refunds(kept.payment.id)
        assert (last.by, last.approved_by) == ("ada", "bob")
        desk.agree()


def refunds_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, key_of: Callable[[Ask, Wish], str]
) -> int:
    """
    Four people give the same deposit back, from a wallet with more in it; all look before any asks.

    Returns by how much the wallet has shrunk.
    """
    kept = desk.filled(10_000)
    desk.fund(100_000, WALLET)
    asked, all_have_looked = refunding._undoing, Barrier(4)

    def undoing(kept: Kept, wish: Wish, *rest: Any) -> Ask:
        all_have_looked.wait(30)
        ask = asked(kept, wish, *rest)
        return replace(ask, key=key_of(ask, wish))

    def back(shell: Shell, place: int) -> None:
        with suppress(RefundMoved, RefundTooMuch):
            desk.give_back(kept, 6_000, by=f"clerk-{place}", key="k", shell=shell)

    monkeypatch.setattr(refunding, "_undoing", undoing)
    at_once(desk, back, doors=4)
    with suppress(RefundTooMuch):
        desk.settle()
    return 110_000 - desk.balance(WALLET)


def test_who_give_the_same_deposit_back_at_once_give_it_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.connected():
        assert refunds_at_once(desk, monkeypatch, lambda ask, _: ask.key) == 6_000
        desk.agree()


def test_who_does_not_look_at_what_went_back_gives_back_too_much(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The red twin: the key says who asks, and not what they have seen."""
    with desk.connected():
        gone = refunds_at_once(desk, monkeypatch, lambda _, wish: f"{wish.by}:{wish.key}")
        assert gone == 4 * 6_000


# --- paying from a wallet ---------------------------------------------------------------------


def spending(desk: Desk, first: int = 0) -> int:
    """Pay eight renewals at once from a wallet that has enough for three; return how many went."""
    numbers = [f"+85366140{n:03}" for n in range(first, first + 8)]
    for number in numbers:
        desk.open(number)
    cost = 12_000
    desk.fund(3 * cost, WALLET)

    def renew(shell: Shell, place: int) -> int:
        ask = desk.renew(numbers[place], paid=WALLET, principal="h1", channel="app")
        (answer,) = shell.answer([ask])
        assert isinstance(answer, Refusal | Answered)
        return isinstance(answer, Answered)

    return sum(at_once(desk, renew))


def test_payments_at_once_never_overspend_a_wallet(desk: Desk) -> None:
    assert spending(desk) == 3
    assert desk.balance(WALLET) == 0
    desk.is_well()


def test_without_its_lock_a_wallet_is_no_guard(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The red twin: only the wall of the table is left, and who runs into it is put aside."""
    unlock(monkeypatch, "lock_accounts", "FOR UPDATE OF a")
    for turn in range(20):
        spending(desk, 8 * turn)
        if desk.rows("SELECT 1 FROM parked"):
            return
    raise AssertionError("it never went wrong")
