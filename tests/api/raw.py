"""
Raw: HTTP/1.1 by hand over connections that stay open, many of them, cheaply.

A client library refuses to send what a hostile one sends, and costs more than what it asks. Here a
request is bytes, and what comes back is read as the standard has it and no further.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

#: Who does not answer for so long has hung.
PATIENCE_S = 60.0
#: More than there are threads behind them, so that some always wait.
CONNECTIONS = 48


@dataclass(frozen=True, slots=True)
class Told:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Its body, read."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a refusal; empty: there is none."""
        return str(self.json["code"]) if self.status >= 400 else ""

    @property
    def is_last(self) -> bool:
        """Whether the server closes the connection behind it."""
        return self.headers.get("connection", "").lower() == "close"


class Closed(Exception):  # noqa: N818 - it may be what was wanted
    """The server hung up before an answer was whole."""


@dataclass(slots=True)
class Client:
    """One connection to a server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: bytes) -> Told:
        """Send a request and return its answer; raises `Closed`."""
        await self.send(request)
        return await self.answer()

    async def send(self, request: bytes) -> None:
        """Send bytes; raises `Closed`."""
        self.writer.write(request)
        try:
            await self.writer.drain()
        except ConnectionError:
            raise Closed() from None

    async def answer(self) -> Told:
        """Return the next answer; raises `Closed`."""
        try:
            return await asyncio.wait_for(self._answer(), PATIENCE_S)
        except (ConnectionError, asyncio.IncompleteReadError):
            raise Closed() from None

    def hang_up(self) -> None:
        """Close it at once, whatever is still to come."""
        self.writer.transport.abort()

    async def _answer(self) -> Told:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *named = head.strip().split("\r\n")
        each = (line.partition(":") for line in named)
        headers = {name.lower(): text.strip() for name, _, text in each}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Told(int(first.split(" ", 2)[1]), headers, body)


async def connected(url: str) -> Client:
    """Open a connection; raises `Closed`."""
    where = urlsplit(url)
    try:
        return Client(*await asyncio.open_connection(where.hostname, where.port))
    except ConnectionError:
        raise Closed() from None


def request(
    method: str, target: str | bytes, body: bytes = b"", /, **headers: str | bytes
) -> bytes:
    """Return a request as it goes over the wire; a header's name has _ for -."""
    named = {"host": "api", "content-length": str(len(body)), **headers}
    if body:
        named.setdefault("content-type", "application/json")
    lines = [b"%b %b HTTP/1.1" % (method.encode(), _bytes(target))]
    lines += [b"%b: %b" % (n.replace("_", "-").encode(), _bytes(v)) for n, v in named.items()]
    return b"\r\n".join([*lines, b"", body])


def renewal(bearer: str, key: str, number: str, version: int = 2, **more: Any) -> bytes:
    """Return the request that renews a line for a year."""
    wanted = {"number": number, "term": "12 months", "expect_version": version, **more}
    return request(
        "POST",
        "/v1/renewals",
        json.dumps(wanted).encode(),
        authorization=f"Bearer {bearer}",
        idempotency_key=key,
    )


async def crowd(
    url: str,
    requests: Sequence[bytes],
    told: Callable[[int, Told], object],
    connections: int = CONNECTIONS,
) -> None:
    """
    Send requests over many connections at once, and tell what each was answered.

    Each connection sends the next that nobody has sent. Raises `Closed`.
    """
    left = iter(enumerate(requests))

    async def work() -> None:
        client = await connected(url)
        try:
            for n, each in left:
                told(n, await client.ask(each))
        finally:
            client.hang_up()

    await asyncio.gather(*[work() for _ in range(connections)])


def crowded(*crowds: tuple[str, Sequence[bytes]], connections: int = CONNECTIONS) -> list[Told]:
    """
    Send requests to servers, over so many connections in all; return their answers in order.

    All begin at once. The first server's answers come first.
    """
    found: list[dict[int, Told]] = [{} for _ in crowds]
    share = connections // len(crowds)

    async def run() -> None:
        works = [
            crowd(url, requests, told.__setitem__, share)
            for (url, requests), told in zip(crowds, found, strict=True)
        ]
        await asyncio.gather(*works)

    asyncio.run(run())
    return [told[n] for told in found for n in sorted(told)]


def alone(url: str, work: Callable[[Client], Awaitable[Any]]) -> Any:
    """Do work with one connection."""

    async def run() -> Any:
        client = await connected(url)
        try:
            return await work(client)
        finally:
            client.hang_up()

    return asyncio.run(run())


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
