"""
The wiring: settings in, ready use cases out. The only room that knows every other one below.

An installation opens its database when something needs it: a command that only reads policies
starts no server. What is big and used by few (files of stock, gateways, receipts on paper) is
loaded by who needs it: a household runs in a small machine's memory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import psycopg
from psycopg_pool import ConnectionPool

from baohao.app import house, publishing, shell
from baohao.app.agents import registry
from baohao.app.bank.ledger import Ledger
from baohao.app.catalogue import commissions_at, fees_at, rates_at
from baohao.app.charging import drift
from baohao.app.charging.carry import Carrier
from baohao.app.door import Door
from baohao.app.kept.telling import Telling
from baohao.app.library import Library
from baohao.app.matching.match import Matcher
from baohao.app.messages.outbox import Outbox, Ways
from baohao.app.messages.teller import Teller
from baohao.app.messages.wording import EMAIL, PUSH, SMS
from baohao.app.payments.asking import NoBank, NoGateway, Ports
from baohao.app.payments.carry import Carrier as Payments
from baohao.app.ports import Gateway, Post, Seals, Vault
from baohao.app.ports.telling import Mail, Push, Texts
from baohao.app.receipts.desk import Desk
from baohao.app.shell import Shell, options
from baohao.config import (
    LIMITS_VARIABLE,
    BadSetting,
    OidcDirectory,
    Settings,
    StripeAccount,
    settings,
)
from baohao.core import velocity
from baohao.core.agents import Agent
from baohao.core.asks import Terms
from baohao.core.commissions import CommissionSchedule
from baohao.core.exchange import RateSchedule
from baohao.core.fees import FeeSchedule
from baohao.core.refusals import Refusal
from baohao.outside import queue
from baohao.outside.apprise_push import ApprisePush
from baohao.outside.ids import new_id
from baohao.outside.kept import Kept
from baohao.outside.mail import Server, SmtpMail
from baohao.outside.pretend.handset import Handset
from baohao.outside.sealing import SealsOfHouse, VaultOfHouse, key_of
from baohao.outside.terminal import CardTerminal
from baohao.outside.webhooks import Webhooks
from baohao.store import feed, migrate, publications
from baohao.store.clock import now
from baohao.store.embedded import SMALL, Embedded, backup, restore
from baohao.store.sql import Connection

if TYPE_CHECKING:
    from baohao.app.enrol import By
    from baohao.app.intake import Intake
    from baohao.app.inventory import Defaults, Inventory, Progress
    from baohao.outside.acquirer import Acquirer
    from baohao.outside.bank.gateway import BankContract, BankTransfer
    from baohao.outside.paper.typesetter import Typesetter
    from baohao.outside.signing import IssuerOfHouse, Verifier
    from baohao.outside.stripe.gateway import Stripe
    from baohao.outside.wechat_pay.gateway import WechatPay

__all__ = [
    "BadSetting",
    "DatabaseAway",
    "Installation",
    "NoGateway",
    "OidcDirectory",
    "ServerElsewhere",
    "StripeAccount",
    "installation",
    "now",
    "verifier",
]

#: For how long nobody asks whether something was published.
LIBRARY_KEPT_S = 1.0
#: For how long schedules of fees and commission are taken as they were read (seconds); one begins
#: at a midnight.
FEES_KEPT_S = 60.0
#: For how long the register of agents is; whoever is put out of it must be out soon.
AGENTS_KEPT_S = 5.0
#: For how long who listens is; what happens so soon after the first listening may not be told.
LISTENERS_KEPT_S = 5.0
#: The file with the key of the house.
SECRET = "secret.key"  # noqa: S105 - its name, not the key

T = TypeVar("T")


class DatabaseAway(Refusal):
    """
    The database cannot be reached: {reason}. Start its server, or set BAOHAO_DATABASE_URL to one
    that runs; without that variable the embedded one is used.
    """

    code = "database.away"


class NothingConnected(Refusal):
    """
    No operator's own charging system is connected: set BAOHAO_CHARGING_URL_OPERATOR and
    BAOHAO_CHARGING_TOKEN_OPERATOR, OPERATOR being its key in capitals.
    """

    code = "charging.nothing_connected"


class ServerElsewhere(Refusal):
    """
    BAOHAO_DATABASE_URL names a server, and this is for the embedded database: use the server's own
    tools, or unset the variable.
    """

    code = "database.elsewhere"


def installation(data: Path | None = None, environ: Mapping[str, str] = os.environ) -> Installation:
    """Return the installation that the environment and a data folder name; raises `BadSetting`."""
    return Installation(settings=settings(environ, data=data))


@dataclass(kw_only=True)
class Installation:
    """One baohao: its settings, its library, its database."""

    settings: Settings
    _library_read: Kept[Library] = field(
        default_factory=lambda: Kept(LIBRARY_KEPT_S), init=False, repr=False
    )
    #: What was read last, and after how many publications.
    _library_of: tuple[int, Library] | None = field(default=None, init=False, repr=False)
    _fees_read: Kept[Mapping[str, FeeSchedule]] = field(
        default_factory=lambda: Kept(FEES_KEPT_S), init=False, repr=False
    )
    _commissions_read: Kept[Mapping[str, CommissionSchedule]] = field(
        default_factory=lambda: Kept(FEES_KEPT_S), init=False, repr=False
    )
    _agents_read: Kept[Mapping[str, Agent]] = field(
        default_factory=lambda: Kept(AGENTS_KEPT_S), init=False, repr=False
    )
    _listeners_read: Kept[frozenset[str]] = field(
        default_factory=lambda: Kept(LISTENERS_KEPT_S), init=False, repr=False
    )

    # --- what it has ------------------------------------------------------------------------------

    @property
    def library(self) -> Library:
        """
        Policies, operators, promotions, fees and commissions, with what was published beside the
        files; raises `LibraryRefused`.
        """
        return self._library_read.get(self._library)

    def forget_library(self) -> None:
        """Read anew at once: something was published."""
        for kept in (self._library_read, self._fees_read):
            kept.forget()

    @cached_property
    def authority_there(self) -> frozenset[str]:
        """The operators whose own charging system is master."""
        return frozenset(drift.theirs(self.library.operators))

    @property
    def embedded(self) -> Embedded:
        """The embedded PostgreSQL; raises `ServerElsewhere` where a server is used."""
        if self.settings.database_url:
            raise ServerElsewhere()
        small = SMALL if self.settings.is_home else None
        return Embedded(self.settings.data, settings=small)

    @cached_property
    def conninfo(self) -> str:
        """
        What connects to the database, once it runs and has this code's schema.

        The embedded one is started and brought up to date; a server is only looked at. Raises
        `EmbeddedRefusal`, `SchemaRefusal`, `DatabaseAway`.
        """
        with self._reached() as conn:
            if not self.settings.database_url:
                migrate.apply(conn)
                queue.migrate(conn)
            migrate.check(conn)
            return self._started

    def connect(self) -> Connection:
        """Open a connection; raises as `conninfo` does."""
        with _reaching():
            return shell.connect(self.conninfo)

    def clock(self) -> datetime:
        """Return what time it is by the house's clock."""
        with self.connect() as conn:
            return now(conn)

    @contextmanager
    def shell(self) -> Iterator[Shell]:
        """Give the shell that runs asks through the door."""
        opened = self.make_shell()
        shell.steady()
        try:
            yield opened
        finally:
            opened.close()

    def make_shell(self) -> Shell:
        """Return a shell with a door of its own; whoever takes it closes it."""
        # Not `self.connect`: a server that goes away while we work is waited for, not refused.
        return Shell(Door(self.terms), lambda: shell.connect(self.conninfo))

    def pool(self, most: int) -> ConnectionPool[Connection]:
        """Return connections for work that takes no long lock, not opened yet."""
        return ConnectionPool(
            self.conninfo,
            kwargs={"options": options(), "connect_timeout": 10},
            min_size=1,
            max_size=most,
            open=False,
            timeout=10,
            check=ConnectionPool.check_connection,
        )

    def terms(self) -> Terms:
        """Return what is on offer now."""
        library = self.library
        return Terms(
            rules=library.policies,
            promotions=library.promotions,
            fees=self._fees_read.get(self._fees),
            commissions=self._commissions_read.get(self._commissions),
            agents=self.agents,
            authority_there=self.authority_there,
            listeners=self._listeners_read.get(self._listeners),
            transfer=new_id(),
        )

    @property
    def agents(self) -> Mapping[str, Agent]:
        """The register of agents, a few seconds old at most."""
        return self._agents_read.get(self._agents)

    def meet(self, agent: Agent) -> None:
        """Read the register anew where it does not know an agent as it is."""
        if self.agents.get(agent.key) != agent:
            self._agents_read.forget()

    @contextmanager
    def carrier(self) -> Iterator[Carrier]:
        """Give what carries to operators' own systems what was sold; raises `NothingConnected`."""
        from baohao.outside.tmf654 import Tmf654

        library = self.library
        with self.shell() as opened, ExitStack() as stack:
            systems = {
                key: stack.enter_context(closing(Tmf654(endpoint.url, endpoint.token)))
                for key in drift.theirs(library.operators)
                if (endpoint := self.settings.charging_of(key)) is not None
            }
            if not systems:
                raise NothingConnected()
            yield Carrier(opened, library.policies, systems, library.products, new_id)

    @property
    def takes_payments(self) -> bool:
        """Whether any payment gateway is connected."""
        settings = self.settings
        connected = (settings.acquirer, settings.wechat, settings.stripe)
        is_told = bool(settings.notify_url) and any(each is not None for each in connected)
        return is_told or settings.bank is not None or settings.has_terminals

    @cached_property
    def bank(self) -> BankContract:
        """The bank accounts that people pay into; raises `NoBank` and `ContractRefused`."""
        from baohao.outside.bank.house import accounts

        if self.settings.bank is None:
            raise NoBank()
        return accounts(self.settings.bank)

    def gateways(self) -> Mapping[str, Acquirer | WechatPay | Stripe | BankTransfer | CardTerminal]:
        """
        Return the payment gateways that are connected, by name; whoever takes them closes them.

        Raises `ContractRefused` and `BadSetting`.
        """
        from baohao.outside import contracts
        from baohao.outside.acquirer import Acquirer
        from baohao.outside.bank.gateway import BankTransfer
        from baohao.outside.stripe.gateway import Stripe
        from baohao.wiring.gateways import stripe_account, wechat_pay

        settings = self.settings
        found: list[Acquirer | WechatPay | Stripe | BankTransfer | CardTerminal] = []
        if settings.acquirer is not None and settings.notify_url:
            contract = contracts.acquirer(settings.acquirer, settings.notify_url)
            found.append(Acquirer(contract, self.clock))
        if settings.wechat is not None:
            found.append(wechat_pay(settings.wechat))
        if settings.stripe is not None:
            found.append(Stripe(stripe_account(settings.stripe), self.clock))
        if settings.bank is not None:
            found.append(BankTransfer(self.bank, Ledger(self.make_shell())))
        if settings.has_terminals:
            found.append(CardTerminal())
        return {gateway.name: gateway for gateway in found}

    @contextmanager
    def payment_ports(self) -> Iterator[Ports]:
        """Give the payment gateways; raises `NoGateway`, and as `gateways` does."""
        if not self.takes_payments:
            raise NoGateway()
        with ExitStack() as stack:
            gateways = self.gateways()
            for gateway in gateways.values():
                stack.callback(gateway.close_connections)
            yield self.ports(gateways)

    def ports(self, gateways: Mapping[str, Gateway]) -> Ports:
        """Return gateways as payments take them, with what payers' currencies are worth."""
        from baohao.outside.bank.gateway import BankTransfer
        from baohao.outside.stripe.gateway import NAME as STRIPE

        return Ports(
            gateways=gateways,
            notify_url=self.settings.notify_url,
            patience={BankTransfer.name: self.bank.transfer} if self.settings.bank else {},
            cards=frozenset({STRIPE}),
            limits=self.card_limits,
            rates=self.rates,
        )

    def rates(self) -> Mapping[str, RateSchedule]:
        """Return the rates of exchange that operators state today, by the house's clock."""
        with self.connect() as conn:
            return rates_at(self.library.rates, self.library.operators, now(conn))

    @cached_property
    def card_limits(self) -> tuple[velocity.Limit, ...]:
        """How often cards may be tried; raises `BadSetting`."""
        said = self.settings.card_limits
        try:
            return velocity.limits(velocity.DEFAULT if said is None else said)
        except velocity.LimitMalformed as malformed:
            raise BadSetting(f"{LIMITS_VARIABLE}: {malformed}") from None

    def address_mark(self, address: str) -> str:
        """Return what a payer's network address is counted by; it says nothing of the address."""
        return self.seals.sign(f"address:{address}".encode()).hex()[:32]

    @contextmanager
    def payments(self) -> Iterator[Payments]:
        """Give what carries payments and refunds; raises as `payment_ports` does."""
        with self.payment_ports() as ports, self.shell() as opened:
            yield Payments(opened, ports, new_id)

    @contextmanager
    def matcher(self) -> Iterator[Matcher]:
        """Give what holds gateways' bills against the books; raises as `payment_ports` does."""
        with self.payment_ports() as ports, self.shell() as opened:
            there = self.authority_there
            yield Matcher(opened, ports.gateways, new_id, authority_there=there)

    # --- the worker -------------------------------------------------------------------------------

    def wake(self, task: str, **arguments: str) -> None:
        """
        Have a worker look at once for what there is to do; without it, one looks within a minute.

        Never inside a transaction of ours: what it would look for is not there yet.
        """
        try:
            with _reaching(), queue.app(self.conninfo).open() as opened:
                queue.wake(opened, task, arguments)
        except queue.Silent as error:
            raise DatabaseAway(reason=str(error)) from error

    @cached_property
    def seals(self) -> Seals:
        """What seals secrets under the key of the house."""
        key = self.settings.secret_key
        return SealsOfHouse(key_of(self.settings.data / SECRET) if key is None else key)

    @cached_property
    def vault(self) -> Vault:
        """What seals who people are, each under a key of their own."""
        return VaultOfHouse(self.seals)

    @cached_property
    def post(self) -> Post:
        """What sends webhooks."""
        return Webhooks(allow_loopback=self.settings.webhooks_to_loopback)

    @cached_property
    def texts(self) -> Texts | None:
        """What sends short messages; the demo's are shown on a page. `None`: nothing does."""
        is_demo = self.settings.is_demo
        return Handset(self.settings.data / "handset.jsonl") if is_demo else None

    @cached_property
    def mail(self) -> Mail | None:
        """What sends mails; `None`: nothing does."""
        smtp = self.settings.smtp
        if smtp is None:
            return None
        return SmtpMail(
            Server(
                host=smtp.host,
                port=smtp.port,
                tls=smtp.tls,
                sender=smtp.sender,
                user=smtp.user,
                password=smtp.password,
                ca_file=smtp.ca_file,
            )
        )

    @cached_property
    def push(self) -> Push | None:
        """What sends to the push services that people have; `None`: nothing does."""
        settings = self.settings
        return ApprisePush(allow_own=settings.push_to_own) if settings.pushes else None

    @property
    def tells(self) -> bool:
        """Whether there is any way to tell holders something."""
        return any(port is not None for port in (self.mail, self.push, self.texts))

    def teller(self) -> Teller:
        """Return what writes down what holders are told."""
        ways = ((EMAIL, self.mail), (PUSH, self.push), (SMS, self.texts))
        terms = self.terms()
        return Teller(
            terms=terms,
            operators=self.library.operators,
            seals=self.seals,
            vault=self.vault,
            pages=self.settings.holder_url or "",
            channels=frozenset(channel for channel, port in ways if port is not None),
            cards=Telling(terms=terms, vault=self.vault),
        )

    def outbox(self, opened: Shell) -> Outbox:
        """Return what sends to holders, over a shell."""
        ways = Ways(mail=self.mail, texts=self.texts, push=self.push)
        return Outbox(opened, self.teller(), ways, new_id)

    # --- receipts ---------------------------------------------------------------------------------

    @cached_property
    def issuer(self) -> IssuerOfHouse:
        """What signs receipts, under the key in the data folder; raises `KeyUnfit`."""
        from baohao.outside.signing import IssuerOfHouse

        with self.connect() as conn:
            return IssuerOfHouse(self.settings.data, house.house(conn).name)

    @cached_property
    def printer(self) -> Typesetter:
        """What prints receipts."""
        from baohao.outside.paper.typesetter import Typesetter

        return Typesetter()

    def desk(self, opened: Shell) -> Desk:
        """Return what gives receipts, over a shell."""
        return Desk(
            opened,
            self.terms(),
            self.library.operators,
            self.issuer,
            self.printer,
            signs=self.settings.receipts_signed,
        )

    # --- files ------------------------------------------------------------------------------------

    def read_inventory(
        self, file: Path, *, encoding: str, defaults: Defaults, progress: Progress
    ) -> Inventory:
        """Read and check an inventory against the library; raises as `read_inventory` does."""
        from baohao.app.inventory import read_inventory
        from baohao.app.inventory_kinds import Kinds

        with self.connect() as conn:
            at = now(conn)
        kinds = Kinds(self.library.policies, self.library.operators, at)
        return read_inventory(file, kinds, encoding=encoding, defaults=defaults, progress=progress)

    @contextmanager
    def intake(self, by: By) -> Iterator[Intake]:
        """Give what takes inventories in."""
        from baohao.app.intake import Intake

        with self.shell() as opened:
            yield Intake(opened, self.terms, by, new_id)

    # --- the database as a whole ------------------------------------------------------------------

    def migrate(self) -> tuple[str, ...]:
        """Bring the schema up to date and return the files that were applied."""
        with self._reached() as conn:
            applied = migrate.apply(conn)
            queue.migrate(conn)
            return tuple(map(str, applied))

    def backup(self, file: Path) -> None:
        """Write the embedded database, as it is at one instant, into a file."""
        backup(self.embedded, file)

    def restore(self, file: Path) -> None:
        """Replace the embedded database by the one in a file; it stays closed until resumed."""
        self.embedded.start()
        restore(self.embedded, file, before_open=house.close)

    # --- how --------------------------------------------------------------------------------------

    @cached_property
    def _started(self) -> str:
        return self.settings.database_url or self.embedded.start().conninfo()

    @contextmanager
    def _reached(self) -> Iterator[Connection]:
        with _reaching():
            conn = psycopg.connect(self._started, autocommit=True, connect_timeout=10)
        with conn:
            yield conn

    def _library(self) -> Library:
        """Return the library; it is read only where something was published since."""
        found = self._library_of
        try:
            with self.connect() as conn:
                revision = publications.revision(conn)
                if found is None or found[0] != revision:
                    library = publishing.in_force(conn, self.settings.policies).accepted()
                    found = self._library_of = revision, library
        except DatabaseAway:
            # Who asks waits for the server by itself; until then, what was in force is.
            if found is None:
                raise
        return found[1]

    def _fees(self) -> Mapping[str, FeeSchedule]:
        """Return the fee schedules of today, by the house's clock."""
        with self.connect() as conn:
            return fees_at(self.library.fees, self.library.operators, now(conn))

    def _commissions(self) -> Mapping[str, CommissionSchedule]:
        """Return the commission schedules of today, by the house's clock."""
        with self.connect() as conn:
            return commissions_at(self.library.commissions, self.library.operators, now(conn))

    def _agents(self) -> Mapping[str, Agent]:
        with self.connect() as conn:
            return registry.known(conn)

    def _listeners(self) -> frozenset[str]:
        with self.connect() as conn:
            return feed.listeners(conn)


def verifier(certificates: Path) -> Verifier:
    """Return what judges receipts by certificates in a file alone; raises `KeyUnfit`."""
    from baohao.outside.signing import Verifier

    return Verifier(certificates.read_bytes(), str(certificates))


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        raise DatabaseAway(reason=str(error).strip().splitlines()[0]) from error
