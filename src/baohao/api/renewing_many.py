"""
Renewals by the thousand: one body, an outcome for each row in order, without a framework.

A row that cannot be read, or is refused, costs its neighbours nothing; only a JSON array that is no
JSON is refused whole. Each row has an idempotency key, so that the same body, sent again after
whatever happened, goes on where it was.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from hashlib import blake2b
from typing import Annotated

import msgspec
from msgspec import Meta

from baohao.api.asking import sold
from baohao.api.callers import Caller
from baohao.api.desk import Desk
from baohao.api.gather import BATCH_MAX
from baohao.api.problems import RowsTooMany, problem, status_of
from baohao.api.renewing import Renewal, asked_by
from baohao.api.wire import IDEMPOTENCY_MAX, JSON, NDJSON, Request, Response, decoded
from baohao.app.charging.listing import Charge
from baohao.app.door import Answer
from baohao.app.expecting import expecting
from baohao.core.asks import Ask
from baohao.core.credentials import SandboxOnly, Scope
from baohao.core.refusals import Refusal

ROWS_MAX = 10_000
#: Rows of 800 bytes; a usual one has 100.
BODY_MAX = 8 * 2**20
#: A row that can be read has at most half as many commas. A body of nothing else must not fill our
#: memory before its rows are counted.
COMMAS_MAX = 40 * ROWS_MAX

_encode = msgspec.json.Encoder(enc_hook=str).encode


class Row(Renewal, forbid_unknown_fields=True, kw_only=True):
    """
    One of many renewals.

    Without an expectation the line is taken as it is now. Without a key of its own, the row's
    follows from the body's Idempotency-Key and the row's place.
    """

    key: Annotated[str, Meta(min_length=1, max_length=IDEMPOTENCY_MAX)] | None = None


_rows = msgspec.json.Decoder(list[msgspec.Raw])
_row = msgspec.json.Decoder(Row)


async def renew_many(desk: Desk, caller: Caller, request: Request) -> Response:
    """Renew many lines out of the agent's float."""
    caller.may(Scope.SELL)
    lane = desk.lane(caller.principal)
    if lane.is_full:
        raise lane.full()
    key, body = request.key, await request.body(BODY_MAX, (JSON, NDJSON))
    desk.callers.signed(caller, request.headers, request.line, body)
    rows = _split(body, request.kind)
    outcomes, is_repeat = list[bytes](), False
    async for answers in _answers(desk, caller, rows, key):
        is_repeat |= any(not isinstance(each, Refusal) and each.is_repeat for each in answers)
        charges = await desk.charges(caller, answers)
        outcomes += map(_outcome, answers, charges)
    headers = [(b"content-type", request.kind)]
    if is_repeat:
        headers.append((b"idempotent-replayed", b"true"))
    if request.kind == NDJSON:
        return Response(200, b"".join(outcome + b"\n" for outcome in outcomes), headers)
    return Response(200, b"[%b]" % b",".join(outcomes), headers)


def _split(body: bytes, kind: bytes) -> Sequence[bytes | msgspec.Raw]:
    """Return the rows of a body, unread; raises `RowsTooMany`, `BodyMalformed`."""
    if body.count(b"\n" if kind == NDJSON else b",") > COMMAS_MAX:
        raise RowsTooMany(most=ROWS_MAX)
    rows: Sequence[bytes | msgspec.Raw]
    if kind == NDJSON:
        rows = [line for line in body.split(b"\n") if line.strip()]
    else:
        array: list[msgspec.Raw] = decoded(body, _rows)
        rows = array
    if len(rows) > ROWS_MAX:
        raise RowsTooMany(most=ROWS_MAX)
    return rows


async def _answers(
    desk: Desk, caller: Caller, rows: Sequence[bytes | msgspec.Raw], key: str
) -> AsyncIterator[list[Answer]]:
    """Yield the answers in parts; a number that comes again sees what its first row has left."""
    # Keys of any length, and no two bodies' alike.
    named = blake2b(key.encode(), digest_size=16).hexdigest()
    part: list[Ask | Refusal] = []
    subjects: set[str] = set()
    for place, raw in enumerate(rows):
        made = _made(caller, raw, f"batch:{named}:{place}")
        is_again = isinstance(made, Ask) and made.subject in subjects
        if is_again or len(part) == BATCH_MAX:
            yield await _answered(desk, caller, part)
            part, subjects = [], set()
        part.append(made)
        if isinstance(made, Ask):
            subjects.add(made.subject)
    yield await _answered(desk, caller, part)


def _made(caller: Caller, raw: bytes | msgspec.Raw, key: str) -> Ask | Refusal:
    try:
        row = decoded(raw, _row)
        return asked_by(caller, row, row.key or key)
    except Refusal as refusal:
        return refusal


async def _answered(desk: Desk, caller: Caller, part: Sequence[Ask | Refusal]) -> list[Answer]:
    """Ask what can be asked of a part, and put what was refused before in its place."""
    asks = [each for each in part if isinstance(each, Ask)]
    if not asks:
        return [each for each in part if isinstance(each, Refusal)]
    outside = await desk.outside_sandbox(caller, [ask.subject for ask in asks])
    asks = [ask for ask in asks if ask.subject not in outside]
    answers = iter(await desk.ask_all(await desk.read(partial(expecting, asks=asks))))
    return [
        each
        if isinstance(each, Refusal)
        else SandboxOnly()
        if each.subject in outside
        else next(answers)
        for each in part
    ]


def _outcome(answer: Answer, charge: Charge | None) -> bytes:
    if isinstance(answer, Refusal):
        return _encode({"status": status_of(answer), "problem": problem(answer)})
    return _encode({"status": 201, "sold": sold(answer, charge)})
