"""Renewals one by one: the page that is asked most, without a framework."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from baohao.api.asking import asked, expected, paid_by, receipt_of, sold
from baohao.api.callers import Caller
from baohao.api.desk import Desk
from baohao.api.wire import JSON, Request, Response, decoded
from baohao.core.asks import Ask
from baohao.core.credentials import Scope

_encode = msgspec.json.Encoder().encode


Shown = Annotated[
    datetime,
    Meta(tz=True, description="The line's renewal deadline as you were shown it, with its offset."),
]
Version = Annotated[int, Meta(ge=0, description="Or the line's version as you were shown it.")]
Minor = Annotated[int, Meta(ge=0, description="Whole minor units.")]
Code = Annotated[str, Meta(max_length=80)]


class Renewal(Struct, forbid_unknown_fields=True, kw_only=True):
    """
    A renewal of one line.

    `total_minor` is the price that you were shown: at another one nothing is sold. The service fee
    is your own, as your customer pays it to you.
    """

    number: Annotated[str, Meta(description="E.164, as +85366123456.", max_length=40)]
    term: Annotated[str, Meta(description='On offer, as "12 months" or "12m".', max_length=40)]
    expect_until: Shown | None = None
    expect_version: Version | None = None
    quote: UUID | None = None
    codes: Annotated[list[Code], Meta(description="Of promotions.", max_length=10)] = []
    total_minor: Minor | None = None
    service_fee_minor: Minor | None = None


_decoder = msgspec.json.Decoder(Renewal)


async def renew(desk: Desk, caller: Caller, request: Request) -> Response:
    """Renew a line out of the agent's float."""
    caller.may(Scope.SELL)
    lane = desk.lane(caller.principal)
    if lane.is_full:
        raise lane.full()
    key, body = request.key, await request.body()
    desk.callers.signed(caller, request.headers, request.line, body)
    wanted = decoded(body, _decoder)
    ask = asked_by(caller, wanted, key, request.if_match)
    await desk.in_sandbox(caller, ask.subject)
    answer = await desk.ask(ask)
    headers = [
        (b"content-type", JSON),
        (b"location", receipt_of(answer).encode()),
    ]
    if answer.is_repeat:
        headers.append((b"idempotent-replayed", b"true"))
    (charge,) = await desk.charges(caller, [answer])
    return Response(201, _encode(sold(answer, charge)), headers)


def asked_by(caller: Caller, wanted: Renewal, key: str, if_match: str | None = None) -> Ask:
    """Return the ask of a renewal; raises what `asked` and `expected` do."""
    payload: dict[str, Any] = {"term": wanted.term, "paid": paid_by(caller)}
    if wanted.quote is not None:
        payload["quote"] = str(wanted.quote)
    if wanted.codes:
        payload["codes"] = wanted.codes
    if wanted.total_minor is not None:
        payload["total_minor"] = wanted.total_minor
    if wanted.service_fee_minor is not None:
        payload["service_fee_minor"] = wanted.service_fee_minor
    shown = expected(wanted.expect_until, wanted.expect_version, if_match)
    return asked("renew", wanted.number, payload, caller=caller, key=key, expected=shown)
