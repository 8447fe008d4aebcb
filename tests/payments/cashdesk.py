"""
A house that is paid through a gateway, and that gateway's twin; by default the acquirer's.

    desk            a shop with lines that are open, and a gateway on this machine
    desk.quoted     quotes a renewal
    desk.begun      begins its payment
    desk.tell       hands over what the twin has to tell
    desk.settle     carries until nothing is due, however long that takes by the house's clock
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.payments.gates import (
    CALM_S,
    HASTY_S,
    NOTIFY_URL,
    Draw,
    Gate,
    connected,
    contract,
    keys,
    pem,
    public_pem,
)
from tests.shop import FLOAT, SEVEN, Shop
from tests.wire.fate import Ended

from baohao.app.agents import registry
from baohao.app.library import read_library
from baohao.app.payments import exceptions, listing, refunding
from baohao.app.payments.asking import Ports
from baohao.app.payments.begin import Beginning, begin
from baohao.app.payments.carry import Carrier
from baohao.app.payments.deposits import Depositing, deposit
from baohao.app.payments.learn import learn
from baohao.app.payments.refunding import Wish
from baohao.app.ports import Gateway, NoticeRefused
from baohao.app.shell import Shell
from baohao.config import policies_path
from baohao.core.agents import Agent
from baohao.core.exchange import RateSchedule
from baohao.core.payments import PAUSE_MAX, State
from baohao.outside.pretend.acquirer import PretendAcquirer
from baohao.store.payments import Asked, Kept, Refund

__all__ = ["HASTY_S", "contract", "keys"]

ASKED = Asked(description="保號 12 個月", way="qr", by="h1", channel="counter")
NUMBER = "+85366100001"
WALLET = "wallet:h1:MOP"


@cache
def rates() -> Mapping[str, RateSchedule]:
    """What the demo operator states."""
    return {each.operator: each for each in read_library(policies_path()).rates}


def contract_file(folder: Path, twin: PretendAcquirer) -> Path:
    """Write the contract with a twin down, with its keys beside it, as an installation reads it."""
    made = keys()
    (folder / "ours.pem").write_bytes(pem(made.ours))
    (folder / "theirs.pem").write_bytes(public_pem(made.theirs))
    file = folder / "contract.toml"
    file.write_text(
        f'url = "{twin.url}"\nclient = "C-1"\nmerchant = "M-1"\nserial = "mer-1"\n'
        'key = "ours.pem"\n[their_keys]\nacq-1 = "theirs.pem"\n'
    )
    return file


@dataclass(kw_only=True)
class Desk(Shop):
    """The house, and the twin that it is paid through."""

    gate: Gate = field(init=False, repr=False)

    @property
    def twin(self) -> PretendAcquirer:
        """The acquirer's, for what is told of it alone."""
        found: PretendAcquirer = getattr(self.gate, "twin")  # noqa: B009 - others are others
        return found

    @property
    def gateway(self) -> Gateway:
        return self.gate.gateway

    @contextmanager
    def connected(
        self, draw: Draw = lambda _: "", read_s: float = CALM_S, *, gate: str = "acquirer"
    ) -> Iterator[None]:
        """Run the twin, and a client of it."""
        with connected(gate, self.now, draw, read_s) as self.gate:
            yield

    def ports(self, gateway: Gateway | None = None) -> Ports:
        return Ports(
            gateways={self.gate.name: gateway or self.gateway}, notify_url=NOTIFY_URL, rates=rates
        )

    # --- paying -----------------------------------------------------------------------------------

    def quoted(self, number: str = NUMBER, what: str = "renew", **said: Any) -> UUID:
        asked = {"term": "12 months"} if what != "top_up" else {"amount_minor": 5_000}
        return UUID(str(self.say("quote", number, what=what, **(asked | said))["quote"]))

    def beginning(
        self, quote: UUID, number: str = NUMBER, currency: str = "", **said: Any
    ) -> Beginning:
        return Beginning(
            number=number,
            quote=quote,
            gateway=self.gate.name,
            asked=ASKED,
            said=said,
            currency=currency,
        )

    def begun(self, number: str = NUMBER, what: str = "renew", **said: Any) -> Kept:
        quote = self.quoted(number, what)
        return begin(self.shell, self.ports(), self.beginning(quote, number, **said), self.new_id)

    def depositing(
        self,
        minor: int = 10_000,
        account: str = WALLET,
        key: str = "",
        currency: str = "",
        gateway: str = "",
    ) -> Depositing:
        return Depositing(
            account=account,
            amount_minor=minor,
            gateway=gateway or self.gate.name,
            description=ASKED.description,
            way=ASKED.way,
            by=ASKED.by,
            channel=ASKED.channel,
            key=key or str(self.new_id()),
            operator="" if account.startswith("float:") else "demo",
            currency=currency,
        )

    def put(
        self,
        depositing: Depositing | None = None,
        shell: Shell | None = None,
        gateway: Gateway | None = None,
    ) -> Kept:
        """Begin a deposit."""
        asked = depositing or self.depositing()
        return deposit(shell or self.shell, self.ports(gateway), asked, {"demo"}, self.new_id)

    def filled(self, minor: int = 10_000, account: str = WALLET, currency: str = "") -> Kept:
        """Put money in, all the way."""
        kept = self.put(self.depositing(minor, account, currency=currency))
        assert self.twin.pay(kept.payment.order)
        self.tell()
        self.settle()
        return self.kept(kept.payment.id)

    def give_back(
        self,
        kept: Kept,
        minor: int | None = None,
        *,
        by: str = "ada",
        second: str = "",
        key: str,
        shell: Shell | None = None,
    ) -> Kept:
        wish = Wish(
            payment=kept.payment.id,
            amount_minor=minor,
            reason="moving away",
            by=by,
            approved_by=second,
            key=key,
        )
        return refunding.refund(shell or self.shell, wish, self.new_id)

    def register(self, agent: Agent = SEVEN) -> None:
        """Have an agent on the register, as the rules and the database know it."""
        operators = read_library(policies_path()).operators
        change = registry.change if agent.key in self.agents else registry.add
        self.shell.run(lambda conn: change(conn, agent, operators))
        self.agents = {**self.agents, agent.key: agent}

    def tell(self) -> None:
        """Hand over what the twin has to tell; what is not its own is refused."""
        for headers, body in self.gate.told():
            self.told(headers, body)

    def told(self, headers: Mapping[str, str], body: bytes) -> str:
        """Hand one notice over; return why it was refused, or nothing."""
        try:
            told = self.gateway.notice(headers, body, self.now())
        except NoticeRefused as refused:
            return str(refused.facts["reason"])
        self.shell.run(partial(learn, gateway=self.gate.name, told=told, new_id=self.new_id))
        return ""

    # --- carrying ---------------------------------------------------------------------------------

    def carrier(self, gateway: Gateway | None = None, shell: Shell | None = None) -> Carrier:
        return Carrier(shell or self.shell, self.ports(gateway), self.new_id)

    def carry(self) -> Mapping[str, int]:
        return self.carrier().run()

    def settle(self, carrier: Carrier | None = None, rounds: int = 100) -> int:
        """Carry until nothing is due by itself; what ends in the middle goes on."""
        ended = 0
        for _ in range(rounds):
            try:
                (carrier or self.carrier()).run()
            except Ended:
                ended += 1
            if not self.due():
                return ended
            self.later(PAUSE_MAX + timedelta(seconds=1))
        raise AssertionError(f"still due: {self.all()}")

    def due(self) -> int:
        return int(
            self.rows(
                "SELECT (SELECT count(*) FROM payments WHERE next_at IS NOT NULL)"
                " + (SELECT count(*) FROM refunds WHERE next_at IS NOT NULL)"
                " + (SELECT count(*) FROM effects WHERE kind = 'refund')"
            )[0][0]
        )

    # --- looking ----------------------------------------------------------------------------------

    def kept(self, id_: UUID) -> Kept:
        with self.looking() as conn:
            return listing.payment(conn, id_)

    def state(self, id_: UUID) -> str:
        return self.kept(id_).payment.state.value

    def all(self) -> list[Kept]:
        with self.looking() as conn:
            return list(listing.payments(conn))

    def refunds(self, id_: UUID) -> list[Refund]:
        with self.looking() as conn:
            return listing.refunds(conn, id_)

    def waiting(self) -> list[str]:
        """The kinds of exceptions that are open."""
        with self.looking() as conn:
            return sorted(each.kind for each in exceptions.listed(conn))

    def account(self, account: str) -> int:
        """What was posted to an account in all buckets; debits are positive."""
        [(total,)] = self.rows(
            "SELECT coalesce(sum(amount), 0)"
            " FROM entries, unnest(accounts, amounts) AS p (account, amount) WHERE account = %s",
            account,
        )
        return int(total)

    def balances(self) -> Mapping[str, int]:
        """What was posted to each account in all buckets; debits are positive."""
        found = self.rows(
            "SELECT account, sum(amount)"
            " FROM entries, unnest(accounts, amounts) AS p (account, amount) GROUP BY account"
        )
        return {account: int(total) for account, total in found}

    def agree(self) -> None:
        """The twin's books are ours, all captured money has a home, and every invariant holds."""
        ours = {kept.payment.order: kept.payment for kept in self.all()}
        bank: dict[str, int] = {}
        for booked in self.gate.books():
            payment = ours[booked.order]
            assert payment.captured_minor == booked.paid_minor, payment
            if not booked.was_charged_back:
                assert payment.returned_minor == booked.returned_minor, payment
            if not booked.paid_minor:
                assert payment.state in (State.CLOSED, State.FAILED), payment
                continue
            left = booked.paid_minor - booked.returned_minor - booked.gone_minor
            bank[booked.currency] = bank.get(booked.currency, 0) + left
        for currency, left in bank.items():
            assert self.account(f"bank:{self.gate.name}:{currency}") == left
        self.is_well()


def make(conninfo: str) -> Desk:
    """A desk with money in the agent's float, to open lines with."""
    made = Desk(conninfo=conninfo)
    made.fund(10_000_000, FLOAT)
    return made
