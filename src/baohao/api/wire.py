"""
The wire: a request read and an answer sent, by hand, for the pages that are asked most.

FastAPI costs as much as the whole of a renewal's rules; these pages do without it, and stand in the
same OpenAPI document (`api/openapi.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from baohao.api.callers import Caller
from baohao.api.desk import Desk
from baohao.api.problems import (
    BodyMalformed,
    BodyTooLong,
    KeyHeaderMissing,
    MediaTypeOther,
    defect,
    encoded,
    headers_of,
    status_of,
)
from baohao.core.refusals import Refusal

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
T = TypeVar("T")

JSON, NDJSON = b"application/json", b"application/x-ndjson"
#: A renewal has 300 bytes; what is longer is none.
BODY_MAX = 65_536
IDEMPOTENCY_MAX = 200


class Hangup(Exception):  # noqa: N818 - nothing went wrong
    """The client went away before its request was whole."""


@dataclass(slots=True)
class Request:
    """One request, its head read."""

    scope: Scope
    receive: Receive
    headers: dict[bytes, bytes]

    @property
    def address(self) -> str:
        """Where it came from, as the server saw it."""
        client = self.scope.get("client")
        return client[0] if client else ""

    @property
    def line(self) -> bytes:
        """What a signature covers of it: METHOD.PATH?QUERY."""
        return line_of(self.scope)

    @property
    def kind(self) -> bytes:
        """The media type of its body, by default JSON."""
        return self.headers.get(b"content-type", JSON).partition(b";")[0].strip().lower()

    @property
    def if_match(self) -> str | None:
        """The version that its line must have, as an ETag."""
        found = self.headers.get(b"if-match")
        return None if found is None else found.decode("latin-1")

    async def body(self, most: int = BODY_MAX, kinds: Sequence[bytes] = (JSON,)) -> bytes:
        """Return the body; raises `BodyTooLong`, `MediaTypeOther`."""
        if self.kind not in kinds:
            raise MediaTypeOther(wanted=b" or ".join(kinds).decode())
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Hangup()
            part = message.get("body", b"")
            size += len(part)
            if size > most:
                raise BodyTooLong(most=most)
            parts.append(part)
            if not message.get("more_body", False):
                return parts[0] if len(parts) == 1 else b"".join(parts)

    @property
    def key(self) -> str:
        """The idempotency key; raises `KeyHeaderMissing`."""
        return idempotency_key(self.headers.get(b"idempotency-key", b""))


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back."""

    status: int
    body: bytes
    headers: Sequence[tuple[bytes, bytes]] = ((b"content-type", JSON),)


def refused(refusal: Refusal) -> Response:
    """Return a problem as it goes back."""
    return Response(status_of(refusal), encoded(refusal), headers_of(refusal))


Page = Callable[[Desk, Caller, Request], Awaitable[Response]]


def line_of(scope: Scope) -> bytes:
    """Return what a signature covers of a request's head: METHOD.PATH?QUERY."""
    method: bytes = scope["method"].encode()
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    return b"%b.%b?%b" % (method, path, query) if query else b"%b.%b" % (method, path)


def idempotency_key(text: bytes) -> str:
    """Read an idempotency key; raises `KeyHeaderMissing`."""
    try:
        key = text.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise KeyHeaderMissing(pointer="/Idempotency-Key") from None
    if not 0 < len(key) <= IDEMPOTENCY_MAX or not key.isprintable():
        raise KeyHeaderMissing(pointer="/Idempotency-Key")
    return key


def decoded(body: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[T]) -> T:
    """Return a body as what it must be; raises `BodyMalformed` with a pointer to the field."""
    try:
        return decoder.decode(body)
    except RecursionError:
        raise BodyMalformed(pointer="", reason="it is nested too deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason, _, path = str(error).partition(" - at `$")
        pointer = path.rstrip("`").replace(".", "/").replace("[", "/").replace("]", "")
        raise BodyMalformed(pointer=pointer, reason=reason) from None


async def serve(page: Page, desk: Desk, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request: who asks, the page, or the problem."""
    request = Request(scope, receive, dict(scope["headers"]))
    extra: Sequence[tuple[bytes, bytes]] = ()
    try:
        caller = await desk.callers.caller(request.headers, request.address)
        extra = caller.limits
        answer = await page(desk, caller, request)
    except Refusal as refusal:
        answer = refused(refusal)
    except Hangup:
        return
    except Exception as error:  # noqa: BLE001 - the connection is kept, and the answer is ours
        answer = refused(defect(scope, error))
    length = (b"content-length", str(len(answer.body)).encode())
    start = {
        "type": "http.response.start",
        "status": answer.status,
        "headers": [*answer.headers, length, *extra],
    }
    await send(start)
    await send({"type": "http.response.body", "body": answer.body})
