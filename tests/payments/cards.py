"""
A house that is paid by card on Stripe's page, and that twin.

    desk.stripe     the twin
    desk.begun      begins a payment of the payer `desk.payer`
    desk.tell       hands over what the twin has to tell
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from uuid import UUID

from tests.payments.cashdesk import ASKED, NUMBER, Desk
from tests.payments.gates import CALM_S
from tests.shop import FLOAT
from tests.wire.stripe import account

from baohao.app.payments.asking import Ports
from baohao.app.payments.begin import Beginning
from baohao.app.payments.learn import learn
from baohao.app.ports import Gateway, NoticeRefused
from baohao.core import velocity
from baohao.core.payments import State
from baohao.core.velocity import Limit
from baohao.outside.pretend.stripe import Draw, PretendStripe
from baohao.outside.stripe.gateway import NAME, Stripe
from baohao.outside.tmf654 import Patience


@dataclass(kw_only=True)
class CardDesk(Desk):
    """The house, and the twin that it is paid through."""

    stripe: PretendStripe = field(init=False, repr=False)
    cards: Stripe = field(init=False, repr=False)
    limits: tuple[Limit, ...] = velocity.limits(velocity.DEFAULT)
    payer: str = "h1"
    address: str = ""

    @contextmanager
    def connected(
        self, draw: Draw = lambda _: "", read_s: float = CALM_S, *, gate: str = NAME
    ) -> Iterator[None]:
        self.stripe = PretendStripe(self.now, draw=draw)
        with self.stripe:
            patience = Patience(read_s=read_s)
            self.cards = Stripe(account(self.stripe.url), self.now, patience)
            try:
                yield
            finally:
                self.cards.close_connections()

    def ports(self, gateway: Gateway | None = None) -> Ports:
        return Ports(
            gateways={NAME: gateway or self.cards},
            notify_url="https://we.example/notify",
            cards=frozenset({NAME}),
            limits=self.limits,
        )

    def beginning(
        self, quote: UUID, number: str = NUMBER, currency: str = "", **said: Any
    ) -> Beginning:
        asked = replace(ASKED, way="page", by=self.payer, channel="app", address=self.address)
        return Beginning(
            number=number, quote=quote, gateway=NAME, asked=asked, said=said, currency=currency
        )

    def tell(self) -> None:
        for owed in self.stripe.owed:
            self.told(*self.stripe.notice(owed))
        self.stripe.owed.clear()

    def told(self, headers: Mapping[str, str], body: bytes) -> str:
        try:
            told = self.cards.notice(headers, body, self.now())
        except NoticeRefused as refused:
            return str(refused.facts["reason"])
        self.shell.run(partial(learn, gateway=NAME, told=told, new_id=self.new_id))
        return ""

    def agree(self) -> None:
        """The twin's books are ours, all captured money has a home, and every invariant holds."""
        books = self.stripe.books
        ours = {kept.payment.order: kept.payment for kept in self.all()}
        came = {
            each["metadata"]["order"]: each["amount_received"] for each in books.intents.values()
        }
        for order, minor in came.items():
            assert ours[order].captured_minor == minor, ours[order]
        for order, payment in ours.items():
            if not came.get(order):
                assert payment.state in (State.CLOSED, State.FAILED), payment
        moved = sum(each["amount"] for each in books.movements.values())
        assert self.account(f"bank:{NAME}:MOP") == moved
        self.is_well()


def make(conninfo: str) -> CardDesk:
    """A desk with money in the agent's float, to open lines with."""
    made = CardDesk(conninfo=conninfo)
    made.fund(10_000_000, FLOAT)
    return made
