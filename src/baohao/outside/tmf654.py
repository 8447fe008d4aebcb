"""
TMF654, Prepay Balance Management v4: an operator's own charging system, over HTTP.

The standard has no field for the client's own reference and says nothing of doing things once; the
field `externalId`, by which top-ups are searched too, is what operators add (TMF622 has it).
Amounts are JSON numbers there: they are read as decimals and go no further.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any, NoReturn

import httpx
import msgspec

from baohao.app.ports import Absent, Declined, Done, Outcome, Readings, TopUp, Unknown
from baohao.core.money import exponent_of

#: Where the standard puts the resources, below the operator's address.
BASE_PATH = "/tmf-api/prepayBalanceManagement/v4"
#: Answers longer than this are none (bytes).
ANSWER_MAX_BYTES = 1_000_000
#: With these a system says that it did nothing, if it says why in the standard's own form. Others
#: speak of us (401, 403), of the moment (429, 5xx), or of a reference that is known (409).
_DECLINES = frozenset({400, 404, 422})
#: Beyond it no amount is one.
_AMOUNT_END = 2**53

# It writes every address into the log, and those of reads hold a whole number.
logging.getLogger("httpx").setLevel(logging.WARNING)

_write = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an answer is waited for, in seconds."""

    connect_s: float = 5.0
    #: For the next part of it.
    read_s: float = 15.0
    #: For all of it.
    whole_s: float = 30.0


class Tmf654:
    """One operator's system; an `app.ports.ChargingSystem`."""

    def __init__(self, url: str, token: str, patience: Patience = Patience()) -> None:
        self._whole_s = patience.whole_s
        self._client = httpx.Client(
            base_url=url.rstrip("/") + BASE_PATH,
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/json",
                "User-Agent": "baohao",
            },
            timeout=httpx.Timeout(patience.read_s, connect=patience.connect_s),
            # Settings come from the wiring alone: no proxies and no .netrc.
            trust_env=False,
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def top_up(self, wanted: TopUp) -> Outcome:
        """Post a top-up."""
        answer = self._answer("POST", "/topupBalance", body=_write(_wanted(wanted)))
        if isinstance(answer, Unknown):
            return answer
        status, said = answer
        if status in (200, 201) and isinstance(said, dict):
            return _outcome(said, wanted)
        return _declined(status, said)

    def find(self, wanted: TopUp) -> Outcome | Absent:
        """Search for a top-up by its reference."""
        asked = {"externalId": wanted.reference}
        answer = self._answer("GET", "/topupBalance", params=asked)
        if isinstance(answer, Unknown):
            return answer
        status, said = answer
        if status != 200 or not isinstance(said, list):
            return Unknown(code=f"http.{status}")
        found = [each for each in said if _text(each, "externalId") == wanted.reference]
        if len(found) < len(said):
            # What lists everything may well list the first page only: that is no answer.
            return Unknown(code="reference.not_searched")
        if not found:
            return Absent()
        return _together([_outcome(each, wanted) for each in found])

    def read(self, number: str, currency: str) -> Readings | Unknown:
        """Read the monetary buckets of a number."""
        asked = {"logicalResource.value": _msisdn(number), "usageType": "monetary"}
        answer = self._answer("GET", "/bucket", params=asked)
        if isinstance(answer, Unknown):
            return answer
        status, said = answer
        if status != 200 or not isinstance(said, list):
            return Unknown(code=f"http.{status}")
        return _readings([each for each in said if _is_of(each, number)], currency)

    def _answer(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> tuple[int, Any] | Unknown:
        """Return the status and the body; a body that is no JSON is `None`."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        end = time.monotonic() + self._whole_s
        said = bytearray()
        try:
            with self._client.stream(
                method, path, params=params, content=body, headers=headers
            ) as answer:
                for part in answer.iter_bytes():
                    said += part
                    if len(said) > ANSWER_MAX_BYTES or time.monotonic() > end:
                        return Unknown(code="answer.endless")
        except httpx.HTTPError as error:
            return Unknown(code=f"http.{type(error).__name__}")
        return answer.status_code, _parsed(bytes(said))


# --- what we write --------------------------------------------------------------------------------


def _wanted(wanted: TopUp) -> dict[str, Any]:
    """Return a TopupBalance_Create; the bucket is left to the operator, who knows the number's."""
    body: dict[str, Any] = {
        "externalId": wanted.reference,
        "amount": {
            "amount": _amount(wanted.amount_minor, wanted.currency),
            "units": wanted.currency,
        },
        "usageType": "monetary",
        "channel": {"id": wanted.channel, "name": wanted.channel},
        "logicalResource": [
            {
                "id": _msisdn(wanted.number),
                "value": _msisdn(wanted.number),
                "@referredType": "MSISDN",
            }
        ],
        "requestor": {"name": "baohao", "role": "agent"},
    }
    if wanted.product:
        body["product"] = [{"id": wanted.product, "@referredType": "ProductOffering"}]
    return body


def _msisdn(number: str) -> str:
    """Write a number as charging systems do, without its plus."""
    return number.removeprefix("+")


def _amount(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent_of(currency))


# --- what we read ---------------------------------------------------------------------------------


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError):
        return None


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _outcome(said: Any, wanted: TopUp) -> Outcome:
    """Read a TopupBalance; one without a status was done when they say when."""
    status = _text(said, "status").strip()
    done_at = _instant(said, "confirmationDate")
    if status == "completed" or (not status and done_at is not None):
        return Done(
            their_id=_text(said, "id"),
            at=done_at,
            amount_minor=_minor(_of(said, "amount"), wanted.currency),
        )
    if status in ("failed", "cancelled"):
        return Declined(code=f"topup.{status}", reason=_text(said, "reason"))
    return Unknown(code="topup.not_confirmed")


def _declined(status: int, said: Any) -> Declined | Unknown:
    """Read an Error of the standard; whatever else came says nothing of what was done."""
    code = _text(said, "code")
    if status in _DECLINES and code:
        return Declined(code=code, reason=_text(said, "reason"))
    return Unknown(code=f"http.{status}")


def _together(outcomes: list[Outcome]) -> Outcome:
    """Return what several top-ups under one reference come to: what was done is added up."""
    done = [each for each in outcomes if isinstance(each, Done)]
    open_ = [each for each in outcomes if isinstance(each, Unknown)]
    if open_ or not done:
        return (open_ or outcomes)[0]
    amounts = [each.amount_minor for each in done if each.amount_minor is not None]
    total = sum(amounts) if len(amounts) == len(done) else None
    return Done(their_id=done[0].their_id, at=done[0].at, amount_minor=total)


def _readings(buckets: list[Any], currency: str) -> Readings | Unknown:
    """Add up what a number has; it lasts as long as the longest."""
    amounts = [_minor(_of(each, "remainingValue"), currency) for each in buckets]
    known = [minor for minor in amounts if minor is not None]
    ends = [_instant(_of(each, "validFor"), "endDateTime") for each in buckets]
    until = max((end for end in ends if end is not None), default=None)
    if not known and until is None:
        return Unknown(code="bucket.unread")
    return Readings(until=until, amount_minor=sum(known) if known else None)


def _is_of(bucket: Any, number: str) -> bool:
    return any(
        _msisdn(number) in (_msisdn(_text(each, "value")), _msisdn(_text(each, "id")))
        for each in _items(bucket, "logicalResource")
    )


def _minor(quantity: Any, currency: str) -> int | None:
    """
    Read a Quantity in minor units; `None`: it is no such amount.

    What is finer than a minor unit is left out: nobody is told of credit that is not there.
    """
    if _text(quantity, "units") != currency:
        return None
    amount = _of(quantity, "amount")
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        return None
    if not -_AMOUNT_END < amount < _AMOUNT_END:
        return None
    minor = Decimal(amount).scaleb(exponent_of(currency))
    return int(minor.to_integral_value(ROUND_FLOOR))


def _instant(said: Any, field: str) -> datetime | None:
    """Read an instant, with `Z` or any offset; one without is nobody's and is not read."""
    try:
        found = datetime.fromisoformat(_text(said, field))
    except ValueError:
        return None
    return found if found.utcoffset() is not None else None


def _of(said: Any, field: str) -> Any:
    return said.get(field) if isinstance(said, dict) else None


def _text(said: Any, field: str) -> str:
    value = _of(said, field)
    return value[:200] if isinstance(value, str) and value.isprintable() else ""


def _items(said: Any, field: str) -> Iterator[Any]:
    """Yield the members of a list; the standard of 2020 also has a single one in its place."""
    value = _of(said, field)
    yield from value if isinstance(value, list) else [value]
