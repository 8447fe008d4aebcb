"""Problems: a refusal as RFC 9457 has it, with our code, the field at fault and what to do."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from baohao.api.callers import RateOver
from baohao.core.refusals import Malformed, Refusal

log = logging.getLogger(__name__)

MEDIA_TYPE = b"application/problem+json"
#: Where the page of a code is, relative to the API.
TYPES = "/problems/"

#: The longest beginning of a code that is named here says its status. What is not: 409, the state
#: does not allow it.
STATUSES: Mapping[str, int] = {
    "malformed": 422,
    "ask.malformed": 422,
    "ask.field": 422,
    "ask.expectation_missing": 422,
    "request": 400,
    "request.too_long": 413,
    "request.cut": 400,
    "request.media_type": 415,
    "request.body": 422,
    "request.if_match": 422,
    "request.path": 404,
    "request.method": 405,
    "request.unmodified": 412,
    "request.precondition_missing": 428,
    "key.malformed": 401,
    "key.missing": 401,
    "key.unknown": 401,
    "key.signature": 401,
    "payment.notice": 401,
    "key.elsewhere": 403,
    "key.scope": 403,
    "key.sandbox": 403,
    "key.rate": 429,
    "key.budget": 429,
    "key.beyond": 403,
    "key.kind": 403,
    "key.narrow": 403,
    "key.agents_only": 403,
    "key.operators_only": 403,
    "key.not_yours": 404,
    "key.particulars": 422,
    "key.reused": 422,
    "line.unknown": 404,
    "line.not_yours": 404,
    "act.unknown": 404,
    "act.not_found": 404,
    "receipt.unknown": 404,
    "card.unknown": 404,
    "kept.unknown": 404,
    "kept.reading": 422,
    "kept.act_other": 422,
    "policy.unknown": 404,
    "quote.unknown": 404,
    "agent.unknown": 404,
    "endpoint.unknown": 404,
    "handover.nobody": 404,
    "endpoint.type": 422,
    "webhook.address": 422,
    "agent.inactive": 403,
    "agent.elsewhere": 403,
    "stock.not_yours": 403,
    "till.other_clerk": 403,
    "verb.unknown": 404,
    "verb.not_allowed": 403,
    "fees.not_offered": 403,
    "money.short": 402,
    "paid.not_yours": 403,
    "standing_orders.unknown": 404,
    "standing_orders.link": 404,
    "standing_orders.malformed": 422,
    "standing_orders.notice": 422,
    "grants.malformed": 422,
    "grants.none": 403,
    "payment.unknown": 404,
    "payment.gateway_unknown": 422,
    "payment.deposit": 422,
    "exchange.no_rate": 422,
    "exchange.gateway": 422,
    "wallet.not_yours": 404,
    "bulk.unknown": 404,
    "bulk.key_reused": 422,
    "ask.parked": 500,
    "defect": 500,
    "house.closed": 503,
    "outcome.unknown": 503,
    "database": 503,
    "overloaded": 503,
}
#: Who is told one of these may ask again, with the same key.
AGAIN = frozenset({429, 503})
RETRY_AFTER_S = 5

_json = msgspec.json.Encoder(enc_hook=str).encode


class Problem(Refusal):
    """The request cannot be used."""

    code = "request"


class PathUnknown(Problem):
    """There is nothing here; the pages are listed at /docs."""

    code = "request.path"


class MethodUnknown(Problem):
    """This page does not take {method}; it takes {allowed}."""

    code = "request.method"


class BodyMalformed(Problem):
    """The body is not valid at {pointer}: {reason}."""

    code = "request.body"


class BodyTooLong(Problem):
    """The body is longer than {most} bytes; send it in parts, or as a file."""

    code = "request.too_long"


class RowsTooMany(Problem):
    """The body has more than {most} rows; send it in parts, or as a file."""

    code = "request.too_long.rows"


class BodyCut(Problem):
    """The body ended before it was whole, or stood still; send it again with the same key."""

    code = "request.cut"


class IfMatchWrong(Problem):
    """The header If-Match cannot be used: {reason}."""

    code = "request.if_match"


class MediaTypeOther(Problem):
    """The body must be {wanted}."""

    code = "request.media_type"


class KeyHeaderMissing(Problem):
    """
    The header Idempotency-Key is missing: give each write 1 to 200 printable characters of its own,
    and the same again when you ask again.
    """

    code = "request.idempotency_key"


class Defect(Problem):
    """Something is wrong on our side; it has been noted. Ask again with the same key."""

    code = "defect"


def defect(scope: Mapping[str, Any], error: Exception) -> Defect:
    """Note an error of our own, and return what is told of it."""
    # Its kind alone: what it says may hold what was asked.
    log.error("%s %s met a %s", scope["method"], scope["path"], type(error).__name__)
    return Defect()


@contextmanager
def standing_at(pointer: str) -> Iterator[None]:
    """Let what is malformed say in which field it stood."""
    try:
        yield
    except Malformed as malformed:
        malformed.facts.setdefault("pointer", pointer)
        raise


def status_of(refusal: Refusal) -> int:
    """Return the HTTP status of a refusal."""
    return status_of_code(refusal.code, isinstance(refusal, Malformed))


def status_of_code(code: str, is_malformed: bool) -> int:
    """Return the HTTP status of a code; of one that is not listed, by its kind."""
    while code:
        if code in STATUSES:
            return STATUSES[code]
        code = code.rpartition(".")[0]
    return 422 if is_malformed else 409


def problem(refusal: Refusal) -> dict[str, Any]:
    """Return the body of a problem."""
    facts = {name: _plain(value) for name, value in refusal.facts.items()}
    told: dict[str, Any] = {
        "type": TYPES + refusal.code,
        "title": refusal.code,
        "status": status_of(refusal),
        "detail": refusal.message,
        "code": refusal.code,
        "facts": facts,
    }
    pointer = pointer_of(facts)
    if pointer is not None:
        told["pointer"] = pointer
    return told


def encoded(refusal: Refusal) -> bytes:
    """Return a problem as it goes over the wire."""
    return _json(problem(refusal))


def headers_of(refusal: Refusal) -> list[tuple[bytes, bytes]]:
    """Return the headers that go with a problem."""
    found = [(b"content-type", MEDIA_TYPE), (b"cache-control", b"no-store")]
    status = status_of(refusal)
    if status in AGAIN:
        seconds = refusal.facts.get("retry_after_s", RETRY_AFTER_S)
        found.append((b"retry-after", str(seconds).encode()))
    if isinstance(refusal, RateOver):
        found += refusal.limits
    if status == 401:
        found.append((b"www-authenticate", b'Bearer realm="baohao"'))
    return found


def pointer_of(facts: Mapping[str, Any]) -> str | None:
    """Return the JSON pointer (RFC 6901) to the field at fault, where a refusal names one."""
    if "pointer" in facts:
        return str(facts["pointer"])
    named = facts.get("field", facts.get("part"))
    return None if named is None else "/" + str(named).replace("~", "~0").replace("/", "~1")


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | str):
        # What came in is told back short, and as what JSON can hold.
        return value[:200].encode("utf-8", "replace").decode() if isinstance(value, str) else value
    return str(value)[:200]
