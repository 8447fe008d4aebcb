"""
The API: an ASGI application. Pages that are asked most are bare functions; FastAPI has the others.

    uvicorn --factory baohao.api.main:app      (or: baohao api)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException

from baohao.api import explaining, looking, notices, renewing, renewing_many, stopping, wire
from baohao.api.desk import opened
from baohao.api.openapi import describe
from baohao.api.pages import PAGES
from baohao.api.problems import (
    BodyMalformed,
    BodyTooLong,
    MethodUnknown,
    PathUnknown,
    defect,
    encoded,
    headers_of,
    status_of,
)
from baohao.core.refusals import Refusal
from baohao.wiring import Installation, installation

#: By method and path; each stands in `api/openapi.py` too.
HOT: Mapping[tuple[str, str], wire.Page] = {
    ("POST", "/v1/renewals"): renewing.renew,
    ("POST", "/v1/renewals/batch"): renewing_many.renew_many,
    ("POST", "/v1/safety"): looking.safety,
    ("GET", "/v1/safety"): looking.safety_of_one,
}
#: Pages that read their bodies as they come, each within a limit of its own.
STREAMED = frozenset({("POST", "/v1/files")})
DOCS = "/docs"


class Api:
    """The application: the hot pages, and FastAPI for what is none of them."""

    def __init__(self, framework: FastAPI) -> None:
        self.framework = framework

    async def __call__(self, scope: wire.Scope, receive: wire.Receive, send: wire.Send) -> None:
        """Answer one request, or tell the framework to begin and end."""
        asked = (scope.get("method", ""), scope.get("path", ""))
        page = HOT.get(asked)
        if page is not None:
            await wire.serve(page, self.framework.state.desk, scope, receive, send)
            return
        if asked not in STREAMED:
            receive = _within(receive, wire.BODY_MAX)
        try:
            await self.framework(scope, receive, send)
        except Exception:
            # It was noted and told (`_told`); the server would log the whole of it.
            if scope["type"] != "http":
                raise


def app(house: Installation | None = None, lanes: int | None = None) -> Api:
    """Return the application of an installation, by default the one that the environment names."""
    found = house or installation()
    framework = FastAPIOffline(
        title="baohao 保號",
        version="1",
        summary="Keep phone numbers alive.",
        docs_url=DOCS,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        lifespan=_lifespan(found, lanes or found.settings.api_lanes),
    )
    for page in PAGES:
        framework.include_router(page, prefix="/v1")
    framework.include_router(explaining.router)
    framework.include_router(notices.router)
    framework.include_router(stopping.router)
    framework.add_api_route("/metrics", _metrics, include_in_schema=False)
    for kind in (Refusal, RequestValidationError, HTTPException, Exception):
        framework.add_exception_handler(kind, _told)
    describe(framework)
    return Api(framework)


def _within(receive: wire.Receive, most: int) -> wire.Receive:
    """Receive so many bytes of a body and no more; raises `BodyTooLong`."""
    size = 0

    async def counted() -> MutableMapping[str, Any]:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise BodyTooLong(most=most)
        return message

    return counted


def _lifespan(house: Installation, lanes: int) -> Any:
    @asynccontextmanager
    async def lifespan(framework: FastAPI) -> AsyncIterator[None]:
        async with opened(house, lanes) as desk:
            framework.state.desk = desk
            yield

    return lifespan


def _refusal_of(request: Request, error: Exception) -> Refusal:
    """Return what is told of an error, in our own words."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        # "body", "query", "path" or "header" comes first.
        place = "/".join(str(part) for part in first["loc"][1:])
        return BodyMalformed(pointer=f"/{place}" if place else "", reason=first["msg"])
    if isinstance(error, HTTPException):
        if isinstance(error.__cause__, Refusal):
            return error.__cause__
        if error.status_code == 400:
            return BodyMalformed(pointer="", reason="it cannot be read as JSON")
        if error.status_code == 405:
            allowed = (error.headers or {}).get("Allow", "others")
            return MethodUnknown(method=request.method, allowed=allowed)
        return PathUnknown()
    return defect(request.scope, error)


async def _told(request: Request, error: Exception) -> Response:
    return _answer(_refusal_of(request, error), getattr(request.state, "limits", ()))


def _answer(refusal: Refusal, limits: Sequence[tuple[bytes, bytes]] = ()) -> Response:
    found = [*headers_of(refusal), *limits]
    headers = {name.decode(): value.decode() for name, value in found}
    return Response(encoded(refusal), status_of(refusal), headers)


async def _metrics(request: Request) -> Response:
    """How large batches are and how long asks wait; for this machine alone."""
    if request.client is None or request.client.host not in ("127.0.0.1", "::1"):
        return _answer(PathUnknown())
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
