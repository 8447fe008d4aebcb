"""Until when numbers are safe: many at once, without a framework and without the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qs

import msgspec
from msgspec import Meta, Struct

from baohao.api.callers import Caller
from baohao.api.desk import Desk
from baohao.api.problems import BodyMalformed, standing_at
from baohao.api.wire import Request, Response, decoded
from baohao.app.safety import Safe
from baohao.core.credentials import Scope
from baohao.core.identifiers.number import MalformedNumber, parse_number

NUMBERS_MAX = 1_000
_encode = msgspec.json.Encoder().encode


class Numbers(Struct, forbid_unknown_fields=True, kw_only=True):
    """The numbers to be looked up."""

    numbers: Annotated[
        list[Annotated[str, Meta(max_length=40)]], Meta(min_length=1, max_length=NUMBERS_MAX)
    ]


class SafeUntil(Struct, kw_only=True, omit_defaults=True):
    """Until when one number is safe. What is not yours, or is no line, is only told back."""

    number: str
    is_known: bool
    operator: str | None = None
    plan: str | None = None
    stage: str | None = None
    safe_until: datetime | None = None
    version: int | None = None


class Looked(Struct, kw_only=True):
    """One for each number, in the order in which they were asked."""

    lines: list[SafeUntil]


_decoder = msgspec.json.Decoder(Numbers)


async def safety(desk: Desk, caller: Caller, request: Request) -> Response:
    """Look many numbers up."""
    caller.may(Scope.READ)
    body = await request.body()
    desk.callers.signed(caller, request.headers, request.line, body)
    numbers: list[str] = []
    for n, text in enumerate(decoded(body, _decoder).numbers):
        try:
            numbers.append(parse_number(text))
        except MalformedNumber as malformed:
            malformed.facts["pointer"] = f"/numbers/{n}"
            raise
    return await _looked(desk, caller, numbers)


async def safety_of_one(desk: Desk, caller: Caller, request: Request) -> Response:
    """Look one number up: ?number=+85366123456."""
    caller.may(Scope.READ)
    desk.callers.signed(caller, request.headers, request.line, b"")
    # A plus in a query is a space: people forget to write %2B.
    query = request.scope["query_string"].decode("latin-1").replace("+", "%2B")
    try:
        found = parse_qs(query, max_num_fields=10).get("number", [])
    except ValueError:
        found = []
    if len(found) != 1:
        raise BodyMalformed(pointer="/number", reason="give one number, as in ?number=+85366123456")
    with standing_at("/number"):
        number = parse_number(found[0])
    return await _looked(desk, caller, [number])


async def _looked(desk: Desk, caller: Caller, numbers: Sequence[str]) -> Response:
    if len(numbers) == 1:
        found = [await desk.lookups.ask(numbers[0])]
    else:
        found = await desk.lookups.ask_all(numbers)
    seen = [safe is not None and safe.operator in caller.operators for safe in found]
    if caller.agent is not None:
        own = await desk.own(
            caller.agent, [n for n, is_seen in zip(numbers, seen, strict=True) if is_seen]
        )
        seen = [is_seen and n in own for n, is_seen in zip(numbers, seen, strict=True)]
    lines = [
        _told(number, safe if is_seen else None)
        for number, safe, is_seen in zip(numbers, found, seen, strict=True)
    ]
    return Response(200, _encode(Looked(lines=lines)))


def _told(number: str, safe: Safe | None) -> SafeUntil:
    if safe is None:
        return SafeUntil(number=number, is_known=False)
    return SafeUntil(
        number=number,
        is_known=True,
        operator=safe.operator,
        plan=safe.plan,
        stage=safe.stage,
        safe_until=safe.safe_until,
        version=safe.version,
    )
