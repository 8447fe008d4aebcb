"""Wallets in patacas filled through WeChat Pay, which takes renminbi alone: both books agree."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import pytest
from tests.conftest import Campaign
from tests.payments.cashdesk import WALLET, Desk, rates
from tests.wire.wechat import HASTY, Merchant, trading

from baohao.app.payments.asking import Ports
from baohao.app.payments.learn import learn
from baohao.app.ports import Gateway
from baohao.core.refusals import Refusal
from baohao.outside.pretend.wechat_pay import ANSWER_FAULTS
from baohao.store.payments import Kept

QUICK = tuple(fault for fault in ANSWER_FAULTS if fault != "slow")
BANK = "bank:wechat:CNY"


@dataclass(kw_only=True)
class Wechat(Desk):
    """The house that is paid through WeChat Pay; the twin's clock is the house's."""

    merchant: Merchant = field(init=False, repr=False)

    def ports(self, gateway: Gateway | None = None) -> Ports:
        return Ports(
            gateways={"wechat": gateway or self.merchant.gateway},
            notify_url=self.merchant.notify_url,
            rates=rates,
        )

    def later(self, span: timedelta) -> None:
        super().later(span)
        self.merchant.now = self.now()

    def tell(self) -> None:
        self.merchant.now = self.now()
        self.merchant.twin.deliver()
        for told in self.merchant.told:
            self.shell.run(partial(learn, gateway="wechat", told=told, new_id=self.new_id))

    def begins(self, minor: int, currency: str = "CNY") -> Kept:
        self.merchant.now = self.now()
        return self.put(self.depositing(minor, currency=currency, gateway="wechat"))

    def agree(self) -> None:
        """What they have of each order is what we have, and so is the bank."""
        books, left = self.merchant.twin.books, 0
        for kept in self.all():
            payment, ordered = kept.payment, books.orders.get(kept.payment.order)
            is_paid = ordered is not None and ordered.paid_at is not None
            assert payment.captured_minor == (payment.amount_minor if is_paid else 0), payment
            back = sum(
                each.wanted["amount"]["refund"]
                for each in books.refunds.values()
                if each.wanted["out_trade_no"] == payment.order
            )
            assert payment.returned_minor == back, payment
            left += payment.captured_minor - back
        assert self.account(BANK) == left
        self.is_well()


@pytest.fixture
def wechat(database: str) -> Iterator[Wechat]:
    made = Wechat(conninfo=database)
    with trading(patience=HASTY) as made.merchant:
        yield made
    made.shell.close()


def test_it_takes_no_patacas_and_says_so(wechat: Wechat) -> None:
    kept = wechat.begins(10_000, "")
    assert (kept.payment.state, kept.code) == ("failed", "currency.not_taken")


@pytest.mark.soak
def test_both_books_agree_whatever_goes_wrong(
    wechat: Wechat, campaign: Callable[[int], Campaign]
) -> None:
    drawn = campaign(12)
    chance = random.Random(drawn.seed)
    twin, begun = wechat.merchant.twin, list[Kept]()
    twin.draw = lambda what: (
        chance.choice(QUICK) if what != "notice" and chance.random() < 0.25 else ""
    )
    for n in range(drawn.count):
        begun.append(wechat.begins(chance.randrange(1_000, 40_000)))
        order = begun[-1].payment.order
        if order in twin.books.orders and chance.random() < 0.8:
            twin.pay(order)
        if chance.random() < 0.7:
            wechat.tell()
        wechat.carry()
        if chance.random() < 0.5:
            minor = chance.choice((None, chance.randrange(1, 10_000)))
            with suppress(Refusal):
                wechat.give_back(chance.choice(begun), minor, second="bob", key=f"k{n}")
        wechat.later(timedelta(seconds=chance.choice((6, 600, 3_600))))
    wechat.tell()
    wechat.settle()
    wechat.agree()
    states = {kept.payment.state.value for kept in wechat.all()}
    assert "used" in states or "refunded" in states
    put_in = sum(k.payment.own_minor for k in wechat.all() if k.payment.spent_minor)
    taken_out = sum(
        each.ours_minor
        for kept in wechat.all()
        if kept.payment.spent_minor
        for each in wechat.refunds(kept.payment.id)
    )
    assert wechat.balance(WALLET) == put_in - taken_out
