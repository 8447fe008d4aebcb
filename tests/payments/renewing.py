"""
A house where lines renew by themselves, out of wallets and by cards that a gateway has kept.

    house.connected     runs the gateway's twin, and a client of it
    house.ordered       opens a line, keeps a card, consents, and waits until the charge is due
    house.charge        charges the cards that are due
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

from tests.shop import Shop
from tests.shop.orders import told
from tests.wire.stripe import CALM, account

from baohao.app.orders import cards
from baohao.app.payments.asking import Ports
from baohao.app.payments.begin import Beginning, begin
from baohao.app.payments.carry import Carrier
from baohao.app.shell import Shell
from baohao.outside.pretend.stripe import Draw, PretendStripe
from baohao.outside.stripe.gateway import NAME, Stripe
from baohao.outside.tmf654 import Patience
from baohao.store import payments
from baohao.store.payments import Asked


@dataclass(kw_only=True)
class Cards(Shop):
    """A house where people pay by card, and the gateway's twin."""

    twin: PretendStripe = field(init=False, repr=False)
    gateway: Stripe = field(init=False, repr=False)
    #: How the next charges go wrong; and how anything does.
    faults: list[str] = field(default_factory=list)
    draw: Draw = field(default=lambda _: "", repr=False)

    @contextmanager
    def connected(self) -> Iterator[None]:
        def draw(what: str) -> str:
            return self.faults.pop(0) if what == "charge" and self.faults else self.draw(what)

        self.twin = PretendStripe(self.now, draw=draw)
        with self.twin:
            self.gateway = Stripe(account(self.twin.url), self.now, CALM)
            try:
                yield
            finally:
                self.gateway.close_connections()

    @contextmanager
    def hasty(self, patience: Patience) -> Iterator[None]:
        """Let a client that waits less long ask for a while."""
        calm = self.gateway
        self.gateway = Stripe(account(self.twin.url), self.now, patience)
        try:
            yield
        finally:
            self.gateway.close_connections()
            self.gateway = calm

    @property
    def ports(self) -> Ports:
        return Ports(gateways={NAME: self.gateway}, notify_url="https://we.example/notices")

    def kept(self, number: str) -> UUID:
        """Renew by a card, which is kept; return the payment."""
        quote = UUID(str(self.say("quote", number, what="renew", term="12 months")["quote"]))
        asked = Asked(description="x", way="page", keeps=True, by="h1", channel="counter")
        wish = Beginning(number=number, quote=quote, gateway=NAME, asked=asked, said={})
        kept = begin(self.shell, self.ports, wish, self.new_id)
        assert self.twin.pay(kept.payment.order)
        self.later(timedelta(minutes=1))
        self.carry()
        assert self.state(quote) == "used"
        return quote

    def ordered(self, number: str, card: UUID | None = None) -> None:
        """Open a line, keep a card, consent, and put the clock on until the charge is due."""
        self.open(number)
        payer = f"card:{card or self.kept(number)}"
        said = {"term": "12 months", "consent": "form 12"}
        self.say("order", number, payer=payer, limit_minor=15_000, **said)
        told(self, number)

    def charge(self, shell: Shell | None = None) -> Mapping[str, int]:
        return cards.run(shell or self.shell, self.ports, self.new_id)

    def carry(self) -> None:
        Carrier(self.shell, self.ports, self.new_id).run()

    def state(self, id_: UUID) -> str:
        kept = self.shell.run(partial(payments.find, id_=id_))
        assert kept is not None
        return kept.payment.state.value

    def last(self) -> UUID:
        """The payment that began last."""
        [(id_,)] = self.rows("SELECT id FROM payments ORDER BY created_at DESC LIMIT 1")
        return UUID(str(id_))

    def charged(self) -> int:
        """How often the gateway has charged, the payment that kept the card aside."""
        done = [each for each in self.twin.books.intents.values() if each["status"] == "succeeded"]
        return len(done) - 1
