"""`baohao serve`: the pages for people and the API for machines, on one port of one process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Annotated, Any

import typer
from a2wsgi import WSGIMiddleware

from baohao.cli.asking import Data
from baohao.cli.listening import listen
from baohao.cli.output import console
from baohao.wiring import Installation, installation

PORT = 8860
#: How the addresses of machines begin; all others are people's.
MACHINES = frozenset(
    {"v1", "docs", "openapi.json", "static-offline-docs", "problems", "notices", "metrics"}
)
#: Pages of people that are made at a time; each has a thread and connections of its own.
THREADS = 8

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class Both:
    """Gives machines what the API has, and people everything else."""

    def __init__(self, house: Installation) -> None:
        # Django and FastAPI are loaded by who serves pages, and by no other command.
        from baohao.api.main import app
        from baohao.web import start

        self._api = app(house)
        self._web: Any = WSGIMiddleware(start.application(house), workers=THREADS)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or begin and end."""
        head = scope.get("path", "/").split("/")[1]
        if scope["type"] != "http" or head in MACHINES:
            await self._api(scope, receive, send)
        else:
            await self._web(scope, receive, send)


def run(house: Installation, host: str, port: int, proxy: str = "") -> None:
    """Serve until stopped."""
    listen(Both(house), host, port, proxy)


def serve(
    host: Annotated[str, typer.Option("--host", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port")] = PORT,
    proxy: Annotated[
        str, typer.Option("--proxy", help="Address of the proxy before it, if there is one.")
    ] = "",
    data: Data = None,
) -> None:
    """Serve the pages for people and the API for machines; a worker runs beside it."""
    opened = installation(data)
    _ = opened.conninfo
    console().print(f"http://{host}:{port}/", markup=False)
    run(opened, host, port, proxy)
