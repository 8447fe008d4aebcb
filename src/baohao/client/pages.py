"""The pages of the API as methods, grouped by noun."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Required, Self, TypedDict, TypeVar, Unpack
from urllib.parse import quote as quoted
from uuid import UUID

from baohao.client.answers import (
    UNREADABLE,
    Deposit,
    Line,
    Looked,
    Outcome,
    Quote,
    Receipt,
    Reversed,
    Safety,
    Sold,
    read,
)
from baohao.client.failures import OutcomeUnknown, Refused
from baohao.client.sending import Wire

T = TypeVar("T")
R = TypeVar("R")

#: Rows sent in one request: its answer is seconds away, and little is asked again when it is lost.
ROWS_AT_ONCE = 1_000
#: Numbers that the API looks up in one request.
NUMBERS_AT_ONCE = 1_000


class Buying(TypedDict, total=False):
    """What every purchase may say. Where something is not as you say, nothing is sold."""

    #: What you were shown of the line: `Line.renewal_deadline`, or its version. A renewal and a
    #: top-up need one of them.
    expect_until: datetime
    expect_version: int
    #: `Quote.id`: its price and its dates bind.
    quote: UUID
    #: The price that you were shown.
    total_minor: int
    #: Of promotions.
    codes: Sequence[str]
    #: Your own fee, which your customer pays to you on top.
    service_fee_minor: int


class Row(Buying, total=False):
    """One row of `Client.renew_many`. What expects nothing is taken as it is then."""

    number: Required[str]
    #: On offer, as "12 months" or "12m".
    term: Required[str]
    #: An idempotency key of its own; without one it follows from that of all and the row's place.
    key: str


class Holding(TypedDict, total=False):
    """Who will hold a card. Nobody is named: documents are registered with the operator."""

    #: A random id of yours.
    holder: str
    #: "person" or "organisation".
    holder_kind: str
    #: Its kind, as "bir".
    document: str
    residency: str
    identity_until: date
    age_years: int
    #: A random id of yours: who answers for a minor.
    guardian: str


class Client:
    """
    Asks one baohao as one partner; may be used by several threads.

    Every method raises `Refused` or `OutcomeUnknown`. A write without `key` gets one of its own and
    is sent again under it; whoever wants to be safe from a crash of its own program too makes the
    key, and keeps it first.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        signing_secret: str | None = None,
        timeout_s: float = 30.0,
        patience_s: float = 60.0,
    ) -> None:
        """
        Take the API's address and your key; connect to nothing yet.

        `timeout_s` is for one try; no new try begins later than `patience_s` after the first.
        """
        self._wire = Wire(url, key, signing_secret, timeout_s, patience_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    # --- lines ------------------------------------------------------------------------------------

    def safety(self, numbers: Iterable[str]) -> list[Safety]:
        """Return until when numbers are safe, in their order: fast, and for thousands at once."""
        found: list[Safety] = []
        for part in _parts(numbers, NUMBERS_AT_ONCE):
            told = self._wire.send("POST", "/v1/safety", {"numbers": part})
            found += _read(Looked, told).lines
        return found

    def line(self, number: str, at: datetime | None = None) -> Line:
        """Return everything that is true of a line, by default now."""
        when = "" if at is None else f"?at={quoted(_written(at), safe='')}"
        return _read(Line, self._wire.send("GET", f"/v1/lines/{_segment(number)}{when}"))

    # --- selling ----------------------------------------------------------------------------------

    def quote(
        self,
        number: str,
        term: str | None = None,
        *,
        what: str = "renew",
        amount_minor: int | None = None,
        codes: Sequence[str] = (),
        service_fee_minor: int | None = None,
        key: str | None = None,
    ) -> Quote:
        """
        Return what a sale would cost and bring, promised for a while; nothing is paid.

        `what` is "renew", "top_up", "activate" or "restore"; `codes` are of promotions; the service
        fee is your own, on top.
        """
        body = {
            "number": number,
            "what": what,
            "term": term,
            "amount_minor": amount_minor,
            "codes": codes,
            "service_fee_minor": service_fee_minor,
        }
        return self._write(Quote, "/v1/quotes", body, key)

    def renew(
        self, number: str, term: str, *, key: str | None = None, **buying: Unpack[Buying]
    ) -> Sold:
        """Renew a line out of your float, for a term such as "12 months"."""
        return self._write(Sold, "/v1/renewals", {"number": number, "term": term, **buying}, key)

    def renew_many(self, rows: Iterable[Row], *, key: str | None = None) -> Iterator[Outcome]:
        """
        Renew many lines, and yield what became of each, in order; a bad row costs its neighbours
        nothing.

        Asked again with the same `key` and the same rows, what was done is told again. Nothing is
        sent before the first outcome is wanted.
        """
        key = key or _new_key()
        for n, part in enumerate(_parts(rows, ROWS_AT_ONCE)):
            try:
                told = self._wire.send(
                    "POST", "/v1/renewals/batch", [_given(row) for row in part], f"{key}.{n}"
                )
                outcomes = _outcomes(part, told)
            except OutcomeUnknown as unknown:
                raise OutcomeUnknown(key, unknown.why) from unknown
            except UNREADABLE as error:
                raise OutcomeUnknown(key, "an answer that cannot be read") from error
            yield from outcomes

    def top_up(
        self, number: str, amount_minor: int, *, key: str | None = None, **buying: Unpack[Buying]
    ) -> Sold:
        """Top a line up out of your float, by an amount that is on offer."""
        body = {"number": number, "amount_minor": amount_minor, **buying}
        return self._write(Sold, "/v1/top-ups", body, key)

    def activate(
        self,
        number: str,
        term: str | None = None,
        *,
        holder: Holding,
        key: str | None = None,
        **buying: Unpack[Buying],
    ) -> Sold:
        """Make a card in stock somebody's line, paid out of your float."""
        body = {"number": number, "term": term, **holder, **buying}
        return self._write(Sold, "/v1/activations", body, key)

    def reverse(self, receipt: UUID, reason: str, *, key: str | None = None) -> Reversed:
        """Undo what you have sold, as far as the line's policy gives back."""
        return self._write(Reversed, "/v1/reversals", {"of": receipt, "reason": reason}, key)

    def receipt(self, receipt: UUID) -> Receipt:
        """Return what was sold by an act of yours, as it was then."""
        return _read(Receipt, self._wire.send("GET", f"/v1/receipts/{receipt}"))

    # --- your float -------------------------------------------------------------------------------

    def deposit(
        self,
        amount_minor: int,
        *,
        gateway: str | None = None,
        way: str = "qr",
        payer: str | None = None,
        currency: str | None = None,
        return_url: str | None = None,
        key: str | None = None,
    ) -> Deposit:
        """
        Begin a payment into your float; what the payer needs is in `given`.

        With the same `key` it is the same order. `gateway` is not needed where one is connected;
        `way` is "qr", "jsapi", "h5" or "page"; another `currency` is paid at the stated rate.
        """
        body = {
            "amount_minor": amount_minor,
            "gateway": gateway,
            "way": way,
            "payer": payer,
            "currency": currency,
            "return_url": return_url,
        }
        return self._write(Deposit, "/v1/float/deposits", body, key)

    def deposited(self, deposit: UUID) -> Deposit:
        """Return what became of a deposit."""
        return _read(Deposit, self._wire.send("GET", f"/v1/float/deposits/{deposit}"))

    # --- whatever else there is -------------------------------------------------------------------

    def request(self, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        """
        Ask a page that has no method here, as `request("GET", "/v1/plans")`; return its JSON.

        Whatever is no GET goes under an idempotency key, its own or `key`, and is sent again alike.
        """
        is_read = method.upper() == "GET"
        return self._wire.send(method, path, body, None if is_read else key or _new_key())

    def _write(self, kind: type[T], path: str, body: Mapping[str, Any], key: str | None) -> T:
        key = key or _new_key()
        return _read(kind, self._wire.send("POST", path, _given(body), key), key=key)


def _read(kind: type[T], told: Any, key: str | None = None) -> T:
    """Read what was told; raises `OutcomeUnknown` where it is something else."""
    try:
        return read(kind, told)
    except UNREADABLE as error:
        raise OutcomeUnknown(key, "an answer that cannot be read") from error


def _outcomes(rows: Sequence[Row], told: Any) -> list[Outcome]:
    return [_outcome(row, each) for row, each in zip(rows, told, strict=True)]


def _outcome(row: Row, told: Mapping[str, Any]) -> Outcome:
    status, sold, problem = told["status"], told.get("sold"), told.get("problem")
    return Outcome(
        number=row["number"],
        status=status,
        sold=None if sold is None else read(Sold, sold),
        refused=None if problem is None else Refused(status, problem),
    )


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given of a body, as JSON can hold it."""
    return {name: _plain(value) for name, value in body.items() if value not in (None, (), [])}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _written(value)
    return str(value) if isinstance(value, UUID | date) else value


def _written(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError(f"{at} has no offset: which instant is it?")
    return at.isoformat()


def _segment(text: str) -> str:
    """Return one part of a path, whatever is in it."""
    return quoted(text, safe="+")


def _new_key() -> str:
    # The partner's machine makes its keys; no id of ours follows from them.
    return str(uuid.uuid4())  # noqa: TID251


def _parts(rows: Iterable[R], size: int) -> Iterator[list[R]]:
    left = iter(rows)
    while part := list(itertools.islice(left, size)):
        yield part
