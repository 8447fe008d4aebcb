"""Files: up to a million renewals, taken in as they come and worked through in the background."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from anyio import from_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from baohao.api.asking import agent_of
from baohao.api.callers import Caller
from baohao.api.coming import AtDesk, Key, Seller, Sender, replayed
from baohao.api.desk import Connection, Desk
from baohao.api.gather import Overloaded
from baohao.api.models import Told
from baohao.api.paging import CSV, LIMIT, After, Limit, cursor_wrong, wants_csv
from baohao.api.problems import BodyCut, BodyMalformed, BodyTooLong, MediaTypeOther
from baohao.api.wire import line_of
from baohao.app import wishes
from baohao.app.bulk import files
from baohao.app.bulk.files import File, Format, Upload, Usual
from baohao.app.bulk.rows import CHUNK_BYTES
from baohao.core.refusals import Malformed, Refusal
from baohao.outside.ids import new_id

log = logging.getLogger(__name__)

router = APIRouter(tags=["files"])

NDJSON = "application/x-ndjson"
FORMATS = {CSV: Format.CSV, NDJSON: Format.NDJSON}
#: A million rows of 500 bytes; a usual one has 50.
BODY_MAX = 512 * 2**20
#: Who sends nothing for so long has gone.
STILL_S = 60
#: Whoever is turned away comes again when a file may have come in.
RETRY_AFTER_S = 10

_ROWS = {CSV: {"schema": {"type": "string"}}, NDJSON: {"schema": {"type": "string"}}}


class FileTold(Told):
    """A file and how far it is."""

    id: UUID
    key: str = Field(description="The Idempotency-Key that it was sent under.")
    state: str = Field(
        description="waiting, working, done, stopped or failed; checking or checked in the portal."
    )
    rows: int
    done: int = Field(description="How many were renewed so far, now or before.")
    refused: int
    sent_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    reason: str = Field(description="Why it failed.")


class Files(Told):
    """Some of your files, the newest first."""

    files: list[FileTold]
    next: str | None = Field(description="Give it back as `after`; null: that was all.")


@router.post(
    "/files",
    status_code=201,
    summary="Send up to 1,000,000 renewals",
    response_model=FileTold,
    openapi_extra={"requestBody": {"required": True, "content": _ROWS}},
)
async def send_file(
    request: Request,
    key: Key,
    desk: AtDesk,
    caller: Sender,
    response: Response,
    term: Annotated[
        str | None,
        Query(max_length=40, description='For rows that say none, as "12 months" or "12m".'),
    ] = None,
) -> object:
    """
    Rows as CSV or NDJSON, paid out of your float alone. Nothing is renewed before all of it is
    there; then a worker goes through it. Under the same key it is the same file.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in FORMATS:
        raise MediaTypeOther(wanted=" or ".join(FORMATS))
    usual = _usual(desk, caller, term)
    if desk.uploads.locked():
        raise Overloaded(retry_after_s=RETRY_AFTER_S)
    id_ = new_id()
    async with desk.uploads:
        chunks = _chunks(desk, caller, request)
        taken = partial(_taken, desk, usual, id_, key, FORMATS[kind], chunks)
        sent = await run_in_threadpool(taken)
    await run_in_threadpool(_woken, desk, sent)
    response.headers["Location"] = f"/v1/files/{sent.id}"
    replayed(response, is_repeat=sent.id != id_)
    return _told(sent)


@router.get("/files", summary="Your files", response_model=Files)
async def list_files(
    desk: AtDesk, caller: Seller, after: After = "", limit: Limit = LIMIT
) -> object:
    """What you have sent, the newest first."""
    try:
        before = UUID(after) if after else files.LAST
    except ValueError:
        raise cursor_wrong() from None
    found = await desk.read(
        partial(files.listed, principal=caller.principal, before=before, limit=limit + 1)
    )
    more = str(found[limit - 1].id) if len(found) > limit else None
    return {"files": [_told(each) for each in found[:limit]], "next": more}


@router.get("/files/{id}", summary="How far a file is", response_model=FileTold)
async def file(id: UUID, desk: AtDesk, caller: Seller) -> object:
    """How many rows are done."""
    return _told(await desk.read(partial(files.progress, principal=caller.principal, id_=id)))


@router.get(
    "/files/{id}/result",
    summary="What became of each row so far",
    response_class=StreamingResponse,
    responses={200: {"content": _ROWS}},
)
async def result_of_file(
    id: UUID, request: Request, desk: AtDesk, caller: Seller
) -> StreamingResponse:
    """In the order of the file, as NDJSON; with `Accept: text/csv` as a table."""
    await desk.read(partial(files.progress, principal=caller.principal, id_=id))
    kind = CSV if wants_csv(request) else NDJSON
    return StreamingResponse(_result(desk, caller, id, FORMATS[kind]), media_type=kind)


@router.post("/files/{id}/stop", summary="Stop a file for good", response_model=FileTold)
async def stop_file(id: UUID, key: Key, desk: AtDesk, caller: Seller, response: Response) -> object:
    """After the rows at hand; what was renewed stays renewed."""

    def stopped(conn: Connection) -> dict[str, Any]:
        return {"id": str(files.stop(conn, caller.principal, id).id)}

    _, is_repeat = await desk.once(caller, key, {"what": "stop", "file": str(id)}, stopped)
    replayed(response, is_repeat=is_repeat)
    return _told(await desk.read(partial(files.progress, principal=caller.principal, id_=id)))


# --- how ------------------------------------------------------------------------------------------


def _usual(desk: Desk, caller: Caller, term: str | None) -> Usual:
    """Return what holds for all rows; raises `BodyMalformed`."""
    try:
        span = None if term is None else wishes.term(term)
    except Malformed as refused:
        raise BodyMalformed(pointer="/term", reason=refused.message) from None
    is_sandbox = caller.credential.is_sandbox
    return Usual(
        term=span,
        paid=agent_of(caller).float_account,
        till=wishes.MAIN_TILL,
        principal=caller.principal,
        channel=caller.channel,
        is_bound=True,
        only=desk.operators(caller) if is_sandbox else None,
    )


async def _chunks(desk: Desk, caller: Caller, request: Request) -> AsyncIterator[bytes]:
    """Yield a body as it comes, and hold its signature against it before it ends."""
    headers = {name.lower(): value for name, value in request.headers.raw}
    signing = desk.callers.signing(caller, headers, line_of(request.scope))
    size, stream = 0, request.stream()
    try:
        while chunk := await asyncio.wait_for(anext(stream, b""), STILL_S):
            size += len(chunk)
            if size > BODY_MAX:
                raise BodyTooLong(most=BODY_MAX)
            signing.update(chunk)
            # A server hands over what has come, however much: rows take ten times their bytes.
            for start in range(0, len(chunk), CHUNK_BYTES):
                yield chunk[start : start + CHUNK_BYTES]
    except (ClientDisconnect, TimeoutError):
        raise BodyCut() from None
    signing.end()


def _taken(
    desk: Desk, usual: Usual, id_: UUID, key: str, format_: Format, chunks: AsyncIterator[bytes]
) -> File:
    """Take a file in, in a thread: the next piece is read when this one is kept."""
    next_chunk: Callable[[], Any] = partial(anext, chunks, b"")
    with (
        closing(desk.installation.make_shell()) as shell,
        Upload(shell, usual, id_=id_, key=key, format_=format_) as upload,
    ):
        while chunk := from_thread.run(next_chunk):
            upload.feed(chunk)
        return upload.end()


def _woken(desk: Desk, sent: File) -> None:
    try:
        desk.installation.wake("work_file", principal=sent.principal, file=str(sent.id))
    except Refusal as refusal:
        # The file is there: a worker that nobody wakes looks within a minute.
        log.warning("no worker was woken: %s", refusal.code)


async def _result(desk: Desk, caller: Caller, id_: UUID, format_: Format) -> AsyncIterator[str]:
    """Yield a result, some parts at a time; no connection is held while they are sent."""
    yield files.heading(format_)
    after = -1
    read = partial(files.result, principal=caller.principal, id_=id_)
    while parts := await desk.read(partial(read, after_part=after)):
        after = parts[-1][0]
        yield files.told(parts, format_)


def _told(found: File) -> dict[str, Any]:
    return {
        "id": found.id,
        "key": found.key,
        "state": found.state,
        "rows": found.rows,
        "done": found.done,
        "refused": found.refused,
        "sent_at": found.created_at,
        "started_at": found.started_at,
        "ended_at": found.ended_at,
        "reason": found.reason,
    }
