"""
Gateways with their twins, each behind one face, so that a campaign runs through any of them.

    with connected("wechat", clock) as gate:
        gate.gateway            what the house asks
        gate.pay(order)         what a payer does
        gate.told()             what the twin has to tell, as it goes over the wire
        gate.books()            what the twin has in its books
        gate.opening.opened()   another client of the same twin, in a process of its own

To add a gateway is a class here and a line in `GATES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from tests.wire.wechat import ring

from baohao.app.ports import Gateway
from baohao.outside import acquirer
from baohao.outside.acquirer import Acquirer, Contract
from baohao.outside.pretend.acquirer import Keys, PretendAcquirer
from baohao.outside.pretend.wechat_books import REFUND_TAKES
from baohao.outside.pretend.wechat_pay import PretendWechatPay
from baohao.outside.tmf654 import Patience
from baohao.outside.wechat_pay.gateway import Way, WechatPay
from baohao.outside.wechat_pay.messages import Merchant

#: Whoever is answered by nobody is to notice soon; who is answered has all the time there is.
HASTY_S, CALM_S = 0.5, 15.0
#: Twins tell only who is on this machine; nobody listens there.
NOTIFY_URL = "http://127.0.0.1:9/notify"
NOTIFY_PATH = "/notify"

Clock = Callable[[], datetime]
#: Headers and body, as they go over the wire.
Notice = tuple[Mapping[str, str], bytes]
#: Says how a request or a notice goes wrong, by what it is; empty: not at all.
Draw = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """One order in a twin's books, as far as money goes."""

    order: str
    #: 0: it was not paid.
    paid_minor: int
    currency: str
    returned_minor: int
    #: What payers' banks have taken back of it, and whether they ever did.
    gone_minor: int = 0
    was_charged_back: bool = False


class Client(Gateway, Protocol):
    """A gateway that is connected."""

    def close_connections(self) -> None:
        """Close its connections."""
        ...


class Opening(Protocol):
    """What another process needs to connect to the twin; it can be sent there."""

    def opened(self, clock: Clock) -> Client:
        """Connect."""
        ...


class Gate(Protocol):
    """A gateway, and the twin that it is connected to."""

    name: str
    gateway: Gateway
    opening: Opening
    #: How its answers may go wrong, all of them noticed at once.
    faults: Sequence[str]

    def misbehave(self, draw: Draw) -> None:
        """Let requests and notices go wrong from now on."""
        ...

    def pay(self, order: str, *, minor: int | None = None, currency: str = "") -> bool:
        """Let a payer pay: something else than was asked for, where the gateway can do that."""
        ...

    def told(self) -> list[Notice]:
        """Return what has to be told, and forget it."""
        ...

    def anew(self, order: str) -> Notice:
        """Return once more the notice that an order was paid, of now."""
        ...

    def elapse(self) -> None:
        """Let what takes its time there be done."""
        ...

    def books(self) -> list[Booked]:
        """Return all its orders."""
        ...


# --- the acquirer ---------------------------------------------------------------------------------


@cache
def keys() -> Keys:
    return Keys.made()


def contract(url: str = "http://127.0.0.1:9", notify_path: str = NOTIFY_PATH) -> Contract:
    made = keys()
    return Contract(
        url=url,
        client="C-1",
        merchant="M-1",
        key=made.ours,
        serial="mer-1",
        their_keys={"acq-1": made.theirs.public_key()},
        notify_path=notify_path,
    )


def pem(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(key: RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenAcquirer:
    url: str
    ours: bytes
    theirs: bytes

    def opened(self, clock: Clock) -> Client:
        key, theirs = load_pem_private_key(self.ours, None), load_pem_public_key(self.theirs)
        assert isinstance(key, RSAPrivateKey)
        assert isinstance(theirs, RSAPublicKey)
        found = Contract(
            url=self.url,
            client="C-1",
            merchant="M-1",
            key=key,
            serial="mer-1",
            their_keys={"acq-1": theirs},
            notify_path=NOTIFY_PATH,
        )
        return Acquirer(found, clock)


@dataclass(slots=True, kw_only=True)
class AcquirerGate:
    """An acquirer's QR."""

    twin: PretendAcquirer
    gateway: Acquirer
    name: str = acquirer.NAME
    #: Slow answers cost half a second each; what they do, lost ones do too.
    faults: Sequence[str] = (
        *("lost", "twice", "broken", "forged", "unknown", "tampered", "old", "replayed"),
    )
    opening: Opening = field(init=False)

    def __post_init__(self) -> None:
        made = keys()
        self.opening = _OpenAcquirer(
            url=self.twin.url, ours=pem(made.ours), theirs=public_pem(made.theirs)
        )

    def misbehave(self, draw: Draw) -> None:
        self.twin.draw = draw

    def pay(self, order: str, *, minor: int | None = None, currency: str = "") -> bool:
        return self.twin.pay(order, minor=minor, currency=currency)

    def told(self) -> list[Notice]:
        found: list[Notice] = [*self.twin.notices]
        self.twin.notices.clear()
        return found

    def anew(self, order: str) -> Notice:
        said = {"event": "payment.paid", **self.twin._told(self.twin.orders[order])}
        return self.twin.signed(f"POST {self.twin.notify_path}", said)

    def elapse(self) -> None:
        """Nothing does, unless it is told to."""

    def books(self) -> list[Booked]:
        return [
            Booked(
                order=placed.reference,
                paid_minor=placed.paid_minor,
                currency=placed.paid_in,
                returned_minor=sum(minor for minor, _ in placed.refunds.values()),
                gone_minor=sum(
                    minor for minor, status, _ in placed.cases.values() if status != "RETURNED"
                ),
                was_charged_back=bool(placed.cases),
            )
            for placed in self.twin.orders.values()
        ]


@contextmanager
def _acquirer(clock: Clock, draw: Draw, read_s: float) -> Iterator[AcquirerGate]:
    with PretendAcquirer(keys(), clock, draw=draw) as twin:
        gateway = Acquirer(contract(twin.url), clock, read_s=read_s)
        try:
            yield AcquirerGate(twin=twin, gateway=gateway)
        finally:
            gateway.close_connections()


# --- WeChat Pay -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenWechat:
    merchant: Merchant
    way: Way

    def opened(self, clock: Clock) -> Client:
        return WechatPay(self.merchant, self.way)


@dataclass(slots=True, kw_only=True)
class WechatGate:
    """WeChat Pay, the global way, in patacas."""

    twin: PretendWechatPay
    gateway: WechatPay
    opening: Opening
    clock: Clock
    name: str = WechatPay.name
    faults: Sequence[str] = (
        *("lost", "broken", "unsigned", "tampered", "forged", "unknown_key", "old"),
    )

    def misbehave(self, draw: Draw) -> None:
        self.twin.draw = draw

    def pay(self, order: str, *, minor: int | None = None, currency: str = "") -> bool:
        """There nobody pays anything but what was asked for."""
        return order in self.twin.books.orders and self.twin.pay(order)

    def told(self) -> list[Notice]:
        found: list[Notice] = []
        for owed in self.twin.owed:
            fault = self.twin.draw("notice")
            notice = self.twin.ring.notice(owed.event, owed.tell(), self.clock(), fault)
            found += [notice] * (2 if fault == "twice" else 1)
        self.twin.owed.clear()
        return found

    def anew(self, order: str) -> Notice:
        books = self.twin.books
        said = {**books.told(books.orders[order]), "trade_state": "SUCCESS"}
        return self.twin.ring.notice("TRANSACTION.SUCCESS", said, self.clock())

    def elapse(self) -> None:
        for refund in self.twin.books.refunds.values():
            refund.at -= REFUND_TAKES

    def books(self) -> list[Booked]:
        books = self.twin.books
        returned: dict[str, int] = {}
        for refund in books.refunds.values():
            order = refund.wanted["out_trade_no"]
            returned[order] = returned.get(order, 0) + refund.wanted["amount"]["refund"]
        return [
            Booked(
                order=order,
                paid_minor=ordered.wanted["amount"]["total"] if ordered.paid_at else 0,
                currency=ordered.wanted["amount"]["currency"],
                returned_minor=returned.get(order, 0),
            )
            for order, ordered in books.orders.items()
        ]


@contextmanager
def _wechat(clock: Clock, draw: Draw, read_s: float) -> Iterator[WechatGate]:
    with PretendWechatPay(clock, ring=ring(), is_global=True, draw=draw) as twin:
        way = twin.way("MOP", refund_notify_url=NOTIFY_URL)
        gateway = WechatPay(twin.merchant, way, Patience(read_s=read_s))
        opening = _OpenWechat(merchant=twin.merchant, way=way)
        try:
            yield WechatGate(twin=twin, gateway=gateway, opening=opening, clock=clock)
        finally:
            gateway.close_connections()


#: Every gateway that campaigns run through.
GATES: Mapping[str, Callable[..., Any]] = {"acquirer": _acquirer, "wechat": _wechat}


@contextmanager
def connected(
    name: str, clock: Clock, draw: Draw = lambda _: "", read_s: float = CALM_S
) -> Iterator[Gate]:
    """Run a gateway's twin, and a client of it."""
    with GATES[name](clock, draw, read_s) as gate:
        yield gate
