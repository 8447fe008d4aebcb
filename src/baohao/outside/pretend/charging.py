"""
An operator's own charging system, pretended: TMF654 over HTTP on this machine, with its own books.

It can misbehave as real ones do. `draw` says for each request how:

    slow     done, and answered only when nobody listens any more
    lost     done, and the connection ends without an answer
    twice    the request is delivered twice
    broken   an error of its own, before anything was done
    refused  declined for good
    wrong    a unit more is credited than was asked for
    stale    a read answers with what was so before the last change
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from typing import Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

import msgspec

from baohao.core.civil import midnight
from baohao.outside.pretend.listener import Listener
from baohao.outside.tmf654 import BASE_PATH

FAULTS = ("slow", "lost", "twice", "broken", "refused", "wrong", "stale")
#: How long a thread waits for a client that does not go away (seconds).
_PATIENCE_S = 60

_write = msgspec.json.Encoder(decimal_format="number").encode

#: Says how a request is to go wrong, by its method; empty: not at all.
Draw = Callable[[str], str]


def by_seed(seed: int, share: float = 0.3, faults: Sequence[str] = FAULTS) -> Draw:
    """Return what lets a share of all requests go wrong, the same ones for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret, and the same again
    return lambda _: chance.choice(faults) if chance.random() < share else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something that it sells for a term."""

    days: int
    #: Begins a number that it did not have.
    opens: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What it does, in its own way."""

    currency: str
    zone: tzinfo
    products: Mapping[str, Product]
    #: A credit of that much or more keeps a number for so many days at least.
    credit_from: Decimal = Decimal(50)
    credit_days: int = 180
    #: Whether one reference is one top-up; many real systems know nothing of the kind.
    keeps_references: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What it has for a number."""

    balance: Decimal = Decimal(0)
    last_day: date | None = None


@dataclass(slots=True, kw_only=True)
class Books:
    """All that it knows."""

    accounts: dict[str, Account] = field(default_factory=dict)
    #: Of each number, what was so before its last change.
    before: dict[str, Account] = field(default_factory=dict)
    #: What was applied, as it is told; in order.
    applied: list[dict[str, Any]] = field(default_factory=list)


class PretendCharging(Listener):
    """The server; it runs from `with` to its end, on a port of its own."""

    def __init__(
        self,
        rules: Rules,
        clock: Callable[[], datetime],
        *,
        token: str = "pretended",  # noqa: S107 - it opens nothing
        draw: Draw = lambda _: "",
    ) -> None:
        self.rules = rules
        self.token = token
        self.draw = draw
        self.books = Books()
        #: Every request as it came over the wire.
        self.heard: list[bytes] = []
        self._clock = clock
        self._lock = threading.Lock()
        super().__init__(_handler(self))

    def open(self, number: str, last_day: date, balance: Decimal = Decimal(0)) -> None:
        """Have a number already."""
        self.books.accounts[number] = Account(balance=balance, last_day=last_day)

    # --- what it does -----------------------------------------------------------------------------

    def topped_up(self, said: Any, fault: str) -> tuple[int, Any]:
        """Apply a top-up; return the status and the body to answer with."""
        with self._lock:
            known = [a for a in self.books.applied if a["externalId"] == said["externalId"]]
            if known and self.rules.keeps_references:
                return 200, known[0]
            number, amount = said["logicalResource"][0]["value"], said["amount"]["amount"]
            name = said["product"][0]["id"] if "product" in said else ""
            product = self.rules.products.get(name) if name else Product(days=0)
            if product is None:
                return 422, _error("product.unknown", "There is no such product.")
            account = self.books.accounts.get(number)
            if account is None and not product.opens:
                return 404, _error("subscriber.unknown", "There is no such number.")
            if fault == "wrong":
                amount += 1
            account = account or Account()
            self.books.before[number] = account
            self.books.accounts[number] = self._after(account, product, Decimal(amount))
            told = self._told(said, amount)
            self.books.applied.append(told)
            return 201, told

    def found(self, reference: str) -> list[dict[str, Any]]:
        """Return the top-ups under a reference."""
        with self._lock:
            return [each for each in self.books.applied if each["externalId"] == reference]

    def buckets(self, number: str, fault: str) -> list[dict[str, Any]]:
        """Return what a number has."""
        with self._lock:
            account = self.books.accounts.get(number)
            if fault == "stale":
                account = self.books.before.get(number, account)
        if account is None:
            return []
        bucket: dict[str, Any] = {
            "id": f"bucket-{number}",
            "usageType": "monetary",
            "status": "active",
            "remainingValue": {"amount": account.balance, "units": self.rules.currency},
            "logicalResource": [{"id": number, "value": number, "@referredType": "MSISDN"}],
        }
        if account.last_day is not None:
            end = midnight(account.last_day + timedelta(days=1), self.rules.zone)
            bucket["validFor"] = {"endDateTime": end.astimezone(self.rules.zone).isoformat()}
        return [bucket]

    def _after(self, account: Account, product: Product, amount: Decimal) -> Account:
        today = self._clock().astimezone(self.rules.zone).date()
        last = account.last_day or today
        if product.days:
            until = max(last, today) + timedelta(days=product.days)
            return replace(account, last_day=until)
        if amount >= self.rules.credit_from:
            last = max(last, today + timedelta(days=self.rules.credit_days))
        return Account(balance=account.balance + amount, last_day=last)

    def _told(self, said: Any, amount: Any) -> dict[str, Any]:
        at = self._clock().isoformat()
        return {
            **said,
            "id": f"topup-{len(self.books.applied) + 1}",
            "href": f"{BASE_PATH}/topupBalance/topup-{len(self.books.applied) + 1}",
            "amount": {"amount": amount, "units": self.rules.currency},
            "status": "completed",
            "requestedDate": at,
            "confirmationDate": at,
        }


def _error(code: str, reason: str) -> dict[str, str]:
    return {"code": code, "reason": reason, "@type": "Error"}


class _Heard:
    """What a client sends, kept as it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.so_far = bytearray()

    def readline(self, limit: int = -1) -> bytes:
        line = self._file.readline(limit)
        self.so_far += line
        return line

    def read(self, count: int = -1) -> bytes:
        part = self._file.read(count)
        self.so_far += part
        return part

    def close(self) -> None:
        self._file.close()

    @property
    def closed(self) -> bool:
        return self._file.closed


def _handler(twin: PretendCharging) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _PATIENCE_S

        def setup(self) -> None:
            super().setup()
            self.rfile: Any = _Heard(self.rfile)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._serve(lambda fault: self._posted(json.loads(body, parse_float=Decimal), fault))

        def do_GET(self) -> None:
            self._serve(self._got)

        def log_message(self, *_: Any) -> None:
            """Say nothing: what was heard is kept."""

        def _posted(self, said: Any, fault: str) -> tuple[int, Any]:
            if fault == "refused":
                return 422, _error("limit.reached", "No more top-ups today.")
            answer = twin.topped_up(said, fault)
            return twin.topped_up(said, fault) if fault == "twice" else answer

        def _got(self, fault: str) -> tuple[int, Any]:
            asked = parse_qs(urlsplit(self.path).query)
            if self.path.startswith(f"{BASE_PATH}/topupBalance?"):
                return 200, twin.found(asked["externalId"][0])
            if self.path.startswith(f"{BASE_PATH}/bucket?"):
                return 200, twin.buckets(asked["logicalResource.value"][0], fault)
            return 404, _error("resource.unknown", "There is no such resource.")

        def _serve(self, work: Callable[[str], tuple[int, Any]]) -> None:
            twin.heard.append(bytes(self.rfile.so_far))
            self.rfile.so_far.clear()
            if self.headers.get("Authorization") != f"Bearer {twin.token}":
                self._say(401, _error("unauthorized", "Who are you?"))
                return
            fault = twin.draw(self.command)
            if fault == "broken":
                self._say(500, _error("internal", "Something went wrong."))
                return
            status, said = work(fault)
            if fault in ("slow", "lost"):
                self._fall_silent(waits=fault == "slow")
                return
            self._say(status, said)

        def _say(self, status: int, said: Any) -> None:
            body = _write(said)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _fall_silent(self, *, waits: bool) -> None:
            self.close_connection = True
            if waits:
                with suppress(OSError):
                    self.connection.recv(1)

    return Handler
