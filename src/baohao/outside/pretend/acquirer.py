"""
An acquirer, pretended: its protocol over HTTP on this machine, with keys and books of its own.

`pay` is what a payer does with the code. It can misbehave as real ones do; `draw` says for each
request, and each notice, how:

    slow       done, and answered only when nobody listens any more
    lost       done, and the connection ends without an answer
    twice      the request is delivered twice, the notice told twice
    broken     an error of its own, before anything was done
    wrong      an amount that is not so, well signed; in a notice, too
    currency   a currency that is not so
    forged     signed by somebody else under the right serial
    unknown    signed by a key that nobody knows
    tampered   changed after it was signed
    old        signed an hour ago
    replayed   the answer before this one, once more
"""

from __future__ import annotations

import csv
import io
import json
import random
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from baohao.outside.pretend.listener import Listener

FAULTS = ("slow", "lost", "twice", "broken", "forged", "unknown", "tampered", "old", "replayed")
#: Those that lie about money under a good signature.
LIES = ("wrong", "currency")
#: How long a thread waits for a client that does not go away (seconds).
_PATIENCE_S = 60

#: Says how a request or notice is to go wrong, by what it is; empty: not at all.
Draw = Callable[[str], str]


def by_seed(seed: int, share: float = 0.3, faults: Sequence[str] = FAULTS) -> Draw:
    """Return what lets a share of all messages go wrong, the same ones for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret, and the same again
    return lambda _: chance.choice(faults) if chance.random() < share else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What both sides sign with; made for tests and demos alone."""

    ours: rsa.RSAPrivateKey
    theirs: rsa.RSAPrivateKey
    #: Of nobody.
    other: rsa.RSAPrivateKey

    @classmethod
    def made(cls) -> Keys:
        """Make three keys."""

        def key() -> rsa.RSAPrivateKey:
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)

        return cls(ours=key(), theirs=key(), other=key())


@dataclass(slots=True, kw_only=True)
class Placed:
    """An order in its books."""

    reference: str
    amount_minor: int
    currency: str
    expires: str
    status: str = "WAITING"
    txn: str = ""
    paid_minor: int = 0
    paid_in: str = ""
    wallet: str = ""
    paid_at: str = ""
    #: By reference: minor units, and when.
    refunds: dict[str, tuple[int, str]] = field(default_factory=dict)
    #: Charge-backs by reference: minor units, how it stands, and when.
    cases: dict[str, tuple[int, str, str]] = field(default_factory=dict)


class PretendAcquirer(Listener):
    """The server; it runs from `with` to its end, on a port of its own."""

    def __init__(
        self,
        keys: Keys,
        clock: Callable[[], datetime],
        *,
        merchant: str = "M-1",
        client: str = "C-1",
        notify_path: str = "/notify",
        codes: str = "https://acq.example/q",
        draw: Draw = lambda _: "",
    ) -> None:
        self.keys, self.merchant, self.client = keys, merchant, client
        self.notify_path, self.codes = notify_path, codes
        self.draw = draw
        self.orders: dict[str, Placed] = {}
        #: What is to be told, as it goes over the wire: headers and body.
        self.notices: list[tuple[dict[str, str], bytes]] = []
        self.heard: list[str] = []
        #: The references of refunds that are accepted first and done when asked again.
        self.takes_time = False
        self._pending: set[str] = set()
        self._last: tuple[dict[str, str], bytes] | None = None
        self._clock = clock
        self._lock = threading.Lock()
        super().__init__(_handler(self))

    # --- a payer ----------------------------------------------------------------------------------

    def pay(self, order: str, *, minor: int | None = None, currency: str = "") -> bool:
        """Pay an order that waits, by default what it asks for; say whether it was possible."""
        with self._lock:
            placed = self.orders.get(order)
            if placed is None or placed.status != "WAITING" or self._now() >= placed.expires:
                return False
            paid = sum(each.status == "PAID" for each in self.orders.values())
            placed.status, placed.txn = "PAID", f"T{paid + 1:012}"
            placed.paid_minor = placed.amount_minor if minor is None else minor
            placed.paid_in = currency or placed.currency
            placed.wallet, placed.paid_at = "mpay", self._now()
            self.tell({"event": "payment.paid", **self._told(placed)}, "notice.paid")
        return True

    def charge_back(self, order: str, *, minor: int | None = None) -> str:
        """Let the payer's bank take money back; return the case."""
        with self._lock:
            placed = self.orders[order]
            case = f"CB-{placed.txn}-{len(placed.cases)}"
            placed.cases[case] = (minor or placed.paid_minor, "TAKEN", self._now())
            self._tell_case(placed, case)
            return case

    def end_case(self, order: str, case: str, *, won: bool) -> None:
        """Let a charge-back end."""
        with self._lock:
            placed = self.orders[order]
            minor, _, at = placed.cases[case]
            placed.cases[case] = (minor, "RETURNED" if won else "LOST", at)
            self._tell_case(placed, case)

    def _tell_case(self, placed: Placed, case: str) -> None:
        minor, status, at = placed.cases[case]
        told = {**self._told(placed), "event": "payment.chargeback", "caseRef": case, "at": at}
        told |= {"status": status, "amount": {"value": str(minor), "currency": placed.paid_in}}
        self.tell(told, "notice.chargeback")

    def tell(self, said: Mapping[str, Any], what: str) -> None:
        """Have something told; `notices` has it."""
        fault = self.draw(what)
        sent = self.signed(f"POST {self.notify_path}", _lied({**said}, fault), fault)
        self.notices += [sent] * (2 if fault == "twice" else 1)

    # --- what it does -----------------------------------------------------------------------------

    def answer(self, what: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """Do what is asked."""
        if said.get("merchant") != self.merchant:
            return _failed("MERCHANT_UNKNOWN")
        with self._lock:
            work = getattr(self, f"_{what}", None)
            if work is None:
                return _failed("NOT_FOUND")
            found: dict[str, Any] = work(said)
            return found

    def _pay(self, said: Mapping[str, Any]) -> dict[str, Any]:
        reference, amount = str(said["orderRef"]), said["amount"]
        placed = self.orders.get(reference)
        if placed is None:
            placed = Placed(
                reference=reference,
                amount_minor=int(amount["value"]),
                currency=amount["currency"],
                expires=said["expires"],
            )
            self.orders[reference] = placed
        if (placed.amount_minor, placed.currency) != (int(amount["value"]), amount["currency"]):
            return _failed("ORDER_DIFFERS")
        if placed.status == "PAID":
            return _failed("ORDER_PAID_ALREADY")
        return _done(
            merchant=self.merchant,
            orderRef=reference,
            codeText=f"{self.codes}/{reference}",
        )

    def _query(self, said: Mapping[str, Any]) -> dict[str, Any]:
        placed = self.orders.get(str(said["orderRef"]))
        return _failed("ORDER_NOT_FOUND") if placed is None else _done(**self._told(placed))

    def _cancel(self, said: Mapping[str, Any]) -> dict[str, Any]:
        placed = self.orders.get(str(said["orderRef"]))
        if placed is not None and placed.status == "WAITING":
            placed.status = "CLOSED"
        return self._query(said)

    def _refund(self, said: Mapping[str, Any]) -> dict[str, Any]:
        placed, reference = self.orders.get(str(said["orderRef"])), str(said["refundRef"])
        if placed is None or placed.status != "PAID":
            return _failed("ORDER_NOT_FOUND")
        minor = int(said["amount"]["value"])
        if reference not in placed.refunds:
            if any(status != "RETURNED" for _, status, _ in placed.cases.values()):
                return _failed("REFUND_LIMIT")
            if said["amount"]["currency"] != placed.paid_in:
                return _failed("CURRENCY_INVALID")
            if sum(each for each, _ in placed.refunds.values()) + minor > placed.paid_minor:
                return _failed("REFUND_LIMIT")
            placed.refunds[reference] = (minor, self._now())
            if self.takes_time:
                self._pending.add(reference)
            self.tell(
                {"event": "refund.done", **self._told_refund(placed, reference)}, "notice.refund"
            )
        return _done(**self._told_refund(placed, reference))

    def _refundQuery(self, said: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802 - their name
        placed, reference = self.orders.get(str(said["orderRef"])), str(said["refundRef"])
        if placed is None or reference not in placed.refunds:
            return _failed("REFUND_NOT_FOUND")
        self._pending.discard(reference)
        return _done(**self._told_refund(placed, reference))

    def _bill(self, said: Mapping[str, Any]) -> dict[str, Any]:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        names = ("orderRef", "txn", "refundRef", "caseRef", "amount", "fee", "currency", "at")
        rows.writerow(names)
        for placed in self.orders.values():
            paid = (placed.reference, placed.txn)
            if placed.paid_at.startswith(str(said["day"])):
                fee = placed.paid_minor * 6 // 1000
                amount = (placed.paid_minor, fee, placed.paid_in)
                rows.writerow([*paid, "", "", *amount, placed.paid_at])
            for reference, (minor, at) in placed.refunds.items():
                if at.startswith(str(said["day"])):
                    rows.writerow([*paid, reference, "", minor, 0, placed.paid_in, at])
            for case, (minor, status, at) in placed.cases.items():
                if at.startswith(str(said["day"])):
                    taken = (minor, -minor) if status == "RETURNED" else (minor,)
                    for each in taken:
                        rows.writerow([*paid, "", case, each, 0, placed.paid_in, at])
        return _done(csv=text.getvalue())

    def _told(self, placed: Placed) -> dict[str, Any]:
        minor, currency = placed.amount_minor, placed.currency
        if placed.status == "PAID":
            minor, currency = placed.paid_minor, placed.paid_in
        return {
            "merchant": self.merchant,
            "orderRef": placed.reference,
            "status": placed.status,
            "txn": placed.txn,
            "amount": {"value": str(minor), "currency": currency},
            "wallet": placed.wallet,
            "paidAt": placed.paid_at,
        }

    def _told_refund(self, placed: Placed, reference: str) -> dict[str, Any]:
        return {
            "merchant": self.merchant,
            "orderRef": placed.reference,
            "refundRef": reference,
            "status": "ACCEPTED" if reference in self._pending else "DONE",
            "amount": {"value": str(placed.refunds[reference][0]), "currency": placed.paid_in},
        }

    # --- signing ----------------------------------------------------------------------------------

    def signed(
        self, first: str, said: Mapping[str, Any], fault: str = ""
    ) -> tuple[dict[str, str], bytes]:
        """Return a message of its own as it goes over the wire."""
        body = json.dumps(said, separators=(",", ":")).encode()
        at = self._now(timedelta(hours=-1) if fault == "old" else timedelta())
        key = self.keys.other if fault in ("forged", "unknown") else self.keys.theirs
        serial = "acq-9" if fault == "unknown" else "acq-1"
        message = f"{first}\n{self.client}.{at}.".encode() + body
        text = urlsafe_b64encode(key.sign(message, padding.PKCS1v15(), SHA256())).decode()
        if fault == "tampered":
            body = body.replace(b"0", b"1") if b"0" in body else body + b" "
        headers = {
            "X-Client": self.client,
            "X-Time": at,
            "X-Signature": f"RS256;{serial};{text.rstrip('=')}",
        }
        return headers, body

    def is_from_us(self, path: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Say whether a request is signed by the merchant."""
        algorithm, serial, text = headers.get("X-Signature", ";;").split(";")
        message = f"POST {path}\n{headers.get('X-Client')}.{headers.get('X-Time')}.".encode()
        try:
            signature = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            public = self.keys.ours.public_key()
            public.verify(signature, message + body, padding.PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            return False
        return (algorithm, serial, headers.get("X-Client")) == ("RS256", "mer-1", self.client)

    def last(self, sent: tuple[dict[str, str], bytes]) -> tuple[dict[str, str], bytes]:
        """Return the answer before this one, which is kept instead."""
        before, self._last = self._last or sent, sent
        return before

    def _now(self, later: timedelta = timedelta()) -> str:
        return (self._clock() + later).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _done(**said: Any) -> dict[str, Any]:
    return {"result": {"status": "S", "code": "OK"}, **said}


def _failed(code: str) -> dict[str, Any]:
    return {"result": {"status": "F", "code": code}}


def _lied(said: dict[str, Any], fault: str) -> dict[str, Any]:
    """Return what is said with a lie about money in it."""
    amount = said.get("amount")
    if amount and fault == "wrong":
        said["amount"] = {**amount, "value": str(int(amount["value"]) + 1)}
    if amount and fault == "currency":
        said["amount"] = {**amount, "currency": "HKD" if amount["currency"] != "HKD" else "MOP"}
    return said


def _handler(twin: PretendAcquirer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _PATIENCE_S

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            what = self.path.rpartition("/")[2]
            twin.heard.append(what)
            if not twin.is_from_us(self.path, dict(self.headers.items()), body):
                self._say(401, {}, b"{}")
                return
            fault = twin.draw(what)
            if fault == "broken":
                self._say(500, {}, b"{}")
                return
            said = twin.answer(what, json.loads(body))
            if fault == "twice":
                said = twin.answer(what, json.loads(body))
            if fault in ("slow", "lost"):
                self._fall_silent(waits=fault == "slow")
                return
            asked_by = self.headers["X-Signature"].rpartition(";")[2]
            sent = twin.signed(f"200 {self.path} {asked_by}", _lied(said, fault), fault)
            before = twin.last(sent)
            self._say(200, *(before if fault == "replayed" else sent))

        def log_message(self, *_: Any) -> None:
            """Say nothing: what was heard is kept."""

        def _say(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _fall_silent(self, *, waits: bool) -> None:
            self.close_connection = True
            if waits:
                with suppress(OSError):
                    self.connection.recv(1)

    return Handler
