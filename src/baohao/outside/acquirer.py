"""
An acquirer's QR: one code that many wallets pay, as is common in Macau; HTTP and JSON, signed.

Every request is a POST; it and its answer are signed by RSA with SHA-256 (PKCS #1 v1.5) over

    POST /gw/v1/query\nCLIENT.TIME.BODY

with the signature beside the body, as a detached JWS has it: `X-Signature: RS256;SERIAL;SIGNATURE`,
in base64url without padding. An answer's first line is `200 /gw/v1/query SIGNATURE`, with that of
the request, so that no older answer passes for it. Amounts are texts of minor units. A notice is a
POST of theirs to our notify address, signed in the same way. What is not signed by a key that is
known here says nothing.
"""

from __future__ import annotations

import csv
import logging
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from baohao.app.ports import (
    Absent,
    BillMissing,
    BillRow,
    ChargedBack,
    Declined,
    NoticeRefused,
    Order,
    Paid,
    Payable,
    Refund,
    Refunded,
    Told,
    Unknown,
    Unpaid,
)
from baohao.core.money import EXPONENTS

NAME = "acquirer"
BASE_PATH = "/gw/v1"
#: A message is of now, give or take what clocks and networks do.
WINDOW = timedelta(minutes=5)
#: Longer answers and notices are none (bytes); a bill is of a whole day.
ANSWER_MAX_BYTES, NOTICE_MAX_BYTES, BILL_MAX_BYTES = 1_000_000, 65_536, 200_000_000
#: With these it says that nothing was done and nothing will be; any other code is of the moment.
_DECLINES = frozenset(
    ("AMOUNT_INVALID", "CURRENCY_INVALID", "MERCHANT_CLOSED", "REFUND_LIMIT", "REFUND_PERIOD_OVER")
)
_ABSENT = frozenset({"ORDER_NOT_FOUND", "REFUND_NOT_FOUND"})
#: How a charge-back stands.
_OUTCOMES = {"TAKEN": "open", "LOST": "lost", "RETURNED": "won"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_MINOR = re.compile(r"[1-9]\d{0,14}", re.ASCII)

# It writes every address into the log.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Who we are to the acquirer, and by which keys we know each other."""

    url: str
    client: str
    merchant: str
    #: Our key, and what they call it.
    key: RSAPrivateKey = field(repr=False)
    serial: str
    #: Theirs, by serial; a new one is added before the old one goes.
    their_keys: Mapping[str, RSAPublicKey] = field(repr=False)
    #: The path of our notify address, which they sign.
    notify_path: str


class _Broken(Exception):  # noqa: N818 - named like the refusals
    """What came is not theirs, or not what was asked for."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A message whose signature is good."""

    said: Any
    body: bytes


class Acquirer:
    """One contract with an acquirer; an `app.ports.Gateway`."""

    def __init__(
        self,
        contract: Contract,
        clock: Callable[[], datetime],
        *,
        read_s: float = 15.0,
        whole_s: float = 30.0,
    ) -> None:
        self._contract = contract
        self._clock = clock
        self._whole_s = whole_s
        self._client = httpx.Client(
            base_url=contract.url.rstrip("/"),
            headers={"Content-Type": "application/json", "User-Agent": "baohao"},
            timeout=httpx.Timeout(read_s, connect=5.0),
            # Settings come from the wiring alone: no proxies and no .netrc.
            trust_env=False,
        )

    @property
    def name(self) -> str:
        """As payments are kept under."""
        return NAME

    def close_connections(self) -> None:
        """Close its connections."""
        self._client.close()

    # --- orders -----------------------------------------------------------------------------------

    def create(self, order: Order) -> Payable | Declined | Unknown:
        """Have a code made for an order."""
        said = self._ask(
            "pay",
            {
                "orderRef": order.order,
                "amount": _amount(order.amount_minor, order.currency),
                "subject": order.description,
                "expires": _written(order.ends_at),
                "notify": order.notify_url,
            },
        )
        if not isinstance(said, dict):
            return said if isinstance(said, Unknown) else _no(said)
        code = _text(said, "codeText")
        if _text(said, "orderRef") != order.order or not code:
            return Unknown(code="answer.other")
        return Payable(given={"code_url": code})

    def query(self, order: str) -> Paid | Unpaid | Absent | Unknown:
        """Ask what became of an order."""
        return self._order("query", order)

    def close(self, order: str) -> Unpaid | Paid | Absent | Unknown:
        """Let an order be paid no more."""
        return self._order("cancel", order)

    def _order(self, what: str, order: str) -> Paid | Unpaid | Absent | Unknown:
        said = self._ask(what, {"orderRef": order})
        if isinstance(said, str):
            return Absent() if said in _ABSENT else Unknown(code=said)
        if isinstance(said, Unknown):
            return said
        try:
            if _text(said, "orderRef") != order:
                return Unknown(code="answer.other")
            status = _text(said, "status")
            if status == "PAID":
                return self._paid(said)
        except _Broken as broken:
            return Unknown(code=str(broken))
        if status in ("WAITING", "CLOSED"):
            return Unpaid(is_closed=status == "CLOSED")
        return Unknown(code="answer.status")

    # --- refunds ----------------------------------------------------------------------------------

    def refund(self, refund: Refund) -> Refunded | Declined | Unknown:
        """Send money back."""
        asked = {
            "refundRef": refund.refund,
            "orderRef": refund.order,
            "amount": _amount(refund.amount_minor, refund.currency),
            "reason": refund.reason[:80],
        }
        found = self._refund("refund", refund.refund, asked)
        return Unknown(code="answer.status") if isinstance(found, Absent) else found

    def find_refund(self, refund: str, order: str) -> Refunded | Declined | Absent | Unknown:
        """Ask what became of a refund."""
        return self._refund("refundQuery", refund, {"refundRef": refund, "orderRef": order})

    def _refund(
        self, what: str, refund: str, asked: Mapping[str, Any]
    ) -> Refunded | Declined | Absent | Unknown:
        said = self._ask(what, asked)
        if isinstance(said, str):
            return Absent() if said in _ABSENT else _no(said)
        if isinstance(said, Unknown):
            return said
        try:
            return self._refunded(said, refund)
        except _Broken as broken:
            return Unknown(code=str(broken))

    # --- what they tell ---------------------------------------------------------------------------

    def notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:
        """Read a notice; asks nobody, and raises `NoticeRefused`."""
        try:
            if len(body) > NOTICE_MAX_BYTES:
                raise _Broken("it is too long")
            seen = self._seen(headers, f"POST {self._contract.notify_path}", body, now)
            said = seen.said
            if _text(said, "event") == "payment.paid":
                return self._paid(said)
            if _text(said, "event") == "payment.chargeback":
                return self._taken_back(said)
            if _text(said, "event") == "refund.done":
                return self._refunded(said, _text(said, "refundRef"))
            raise _Broken("it tells of something else")
        except _Broken as broken:
            raise NoticeRefused(reason=str(broken)) from None

    def bill(self, day: date) -> Iterator[BillRow]:
        """Yield the lines of a day's bill; raises `BillMissing`."""
        try:
            seen = self._answer("bill", {"day": day.isoformat()}, BILL_MAX_BYTES)
            text = seen.said.get("csv") if isinstance(seen.said, dict) else None
            if not isinstance(text, str):
                raise _Broken(_code(seen.said) or "it has no lines")
            # As they are read: a list of a million rows would be as large as the bill again.
            yield from map(_bill_row, csv.DictReader(_lines(text)))
        except (_Broken, httpx.HTTPError, KeyError, TypeError, ValueError) as error:
            why = str(error) or type(error).__name__
            raise BillMissing(gateway=NAME, day=day.isoformat(), reason=why) from None

    # --- the wire ---------------------------------------------------------------------------------

    def _ask(self, what: str, asked: Mapping[str, Any]) -> dict[str, Any] | str | Unknown:
        """Return what was answered; a code of theirs where nothing was done."""
        try:
            said = self._answer(what, asked, ANSWER_MAX_BYTES).said
        except httpx.HTTPError as error:
            return Unknown(code=f"http.{type(error).__name__}")
        except _Broken as broken:
            return Unknown(code=str(broken))
        status = _text(_of(said, "result"), "status")
        if status == "S" and _text(said, "merchant") == self._contract.merchant:
            found: dict[str, Any] = said
            return found
        code = _code(said)
        return code if status == "F" and code else Unknown(code=code or "answer.status")

    def _answer(self, what: str, asked: Mapping[str, Any], most: int) -> _Seen:
        path, now = f"{BASE_PATH}/{what}", self._clock()
        body = msgspec.json.encode({"merchant": self._contract.merchant, **asked})
        headers = self._signed(f"POST {path}", body, now)
        end, said = time.monotonic() + self._whole_s, bytearray()
        with self._client.stream("POST", path, content=body, headers=headers) as answer:
            for part in answer.iter_bytes():
                said += part
                if len(said) > most or time.monotonic() > end:
                    raise _Broken("answer.endless")
        if answer.status_code != 200:
            raise _Broken(f"http.{answer.status_code}")
        asked_by = headers["X-Signature"].rpartition(";")[2]
        return self._seen(answer.headers, f"200 {path} {asked_by}", bytes(said), self._clock())

    def _signed(self, first: str, body: bytes, now: datetime) -> dict[str, str]:
        at = _written(now)
        message = _message(first, self._contract.client, at, body)
        signature = self._contract.key.sign(message, PKCS1v15(), SHA256())
        text = urlsafe_b64encode(signature).decode().rstrip("=")
        return {
            "X-Client": self._contract.client,
            "X-Time": at,
            "X-Signature": f"RS256;{self._contract.serial};{text}",
        }

    def _seen(self, headers: Mapping[str, str], first: str, body: bytes, now: datetime) -> _Seen:
        """Judge a message by its raw bytes, the cheapest doubts first; raises `_Broken`."""
        named = {name.lower(): value for name, value in headers.items()}
        at, client = named.get("x-time", ""), named.get("x-client", "")
        if client != self._contract.client:
            raise _Broken("it is for another client")
        if _TIME.fullmatch(at) is None or abs(_instant(at) - now) > WINDOW:
            raise _Broken("it is not of now")
        algorithm, serial, text = (*named.get("x-signature", "").split(";"), "", "")[:3]
        key = self._contract.their_keys.get(serial)
        if algorithm != "RS256" or key is None or named["x-signature"].count(";") != 2:
            raise _Broken("its key is not known")
        try:
            key.verify(_bytes(text), _message(first, client, at, body), PKCS1v15(), SHA256())
            return _Seen(msgspec.json.decode(body), body)
        except InvalidSignature:
            raise _Broken("its signature is wrong") from None
        except msgspec.DecodeError:
            raise _Broken("it is no JSON") from None

    # --- what they say ----------------------------------------------------------------------------

    def _paid(self, said: Any) -> Paid:
        if _text(said, "merchant") != self._contract.merchant:
            raise _Broken("it is for another merchant")
        amount, currency = _read_amount(said)
        order, payment = _text(said, "orderRef"), _text(said, "txn")
        if not order or not payment:
            raise _Broken("it names no payment")
        return Paid(
            order=order,
            payment=payment,
            amount_minor=amount,
            currency=currency,
            at=_instant(_text(said, "paidAt")),
            means=_text(said, "wallet"),
        )

    def _taken_back(self, said: Any) -> ChargedBack:
        if _text(said, "merchant") != self._contract.merchant:
            raise _Broken("it is for another merchant")
        amount, currency = _read_amount(said)
        outcome = _OUTCOMES.get(_text(said, "status"))
        payment, case = _text(said, "txn"), _text(said, "caseRef")
        if outcome is None or not payment or not case:
            raise _Broken("it names no case")
        return ChargedBack(
            order=_text(said, "orderRef"),
            payment=payment,
            case=case,
            amount_minor=amount,
            currency=currency,
            at=_instant(_text(said, "at")),
            outcome=outcome,
        )

    def _refunded(self, said: Any, refund: str) -> Refunded:
        if _text(said, "merchant") != self._contract.merchant:
            raise _Broken("it is for another merchant")
        if not refund or _text(said, "refundRef") != refund:
            raise _Broken("answer.other")
        amount, _ = _read_amount(said)
        status = _text(said, "status")
        if status not in ("DONE", "ACCEPTED"):
            raise _Broken("answer.status")
        return Refunded(refund=refund, amount_minor=amount, is_pending=status == "ACCEPTED")


def _no(code: str) -> Declined | Unknown:
    return Declined(code=code) if code in _DECLINES else Unknown(code=code)


def _message(first: str, client: str, at: str, body: bytes) -> bytes:
    return f"{first}\n{client}.{at}.".encode() + body


def _bytes(text: str) -> bytes:
    """Read base64url in its one form: other texts of the same bytes would pass for new ones."""
    try:
        found = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        found = b""
    if not found or urlsafe_b64encode(found).decode().rstrip("=") != text:
        raise _Broken("its signature is not written as it must be")
    return found


def _amount(minor: int, currency: str) -> dict[str, str]:
    return {"value": str(minor), "currency": currency}


def _read_amount(said: Any) -> tuple[int, str]:
    amount = _of(said, "amount")
    value, currency = _text(amount, "value"), _text(amount, "currency")
    if _MINOR.fullmatch(value) is None or currency not in EXPONENTS:
        raise _Broken("its amount is none")
    return int(value), currency


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _Broken("its time is none") from None
    if found.utcoffset() is None:
        raise _Broken("its time is none")
    return found


def _lines(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        yield text[at:end]
        at = end


def _bill_row(row: Mapping[str, str]) -> BillRow:
    return BillRow(
        order=row["orderRef"],
        payment=row["txn"],
        refund=row["refundRef"],
        case=row["caseRef"],
        amount_minor=int(row["amount"]),
        fee_minor=int(row["fee"]),
        currency=row["currency"],
        at=_instant(row["at"]),
    )


def _code(said: Any) -> str:
    return _text(_of(said, "result"), "code")


def _of(said: Any, name: str) -> Any:
    return said.get(name) if isinstance(said, dict) else None


def _text(said: Any, name: str) -> str:
    value = _of(said, name)
    return value[:500] if isinstance(value, str) and value.isprintable() else ""
