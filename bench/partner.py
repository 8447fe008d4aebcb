"""
A partner that asks over HTTP: many connections kept open, requests written by hand.

A process of its own (`python -m bench.partner`), told over standard input what to do, a line of
JSON at a time; what came of it goes back the same way. So it costs the server's process nothing.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvloop

from bench.models import number_of

#: Of four lines one is this partner's: the rival renews the others on the same pages.
STRIDE, AT_FIRST = 4, 2


@dataclass(slots=True)
class Connection:
    """One connection that is kept open."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, head: bytes, body: bytes) -> tuple[int, bytes, bytes]:
        """Send one request; return the status, the head and the body of its answer."""
        self.writer.write(b"%b\r\nContent-Length: %d\r\n\r\n%b" % (head, len(body), body))
        got = await self.reader.readuntil(b"\r\n\r\n")
        start = got.lower().index(b"content-length:") + 15
        length = int(got[start : got.index(b"\r", start)])
        return int(got[9:12]), got, await self.reader.readexactly(length)


@dataclass(slots=True)
class Partner:
    """What one partner knows: its key, and the versions of the lines that it renewed."""

    port: int
    key: str
    lines: int
    versions: dict[int, int] = field(default_factory=dict)
    _free: list[int] = field(default_factory=list)

    async def connect(self) -> Connection:
        return Connection(*await asyncio.open_connection("127.0.0.1", self.port, limit=2**24))

    def head(self, method: str, path: str) -> bytes:
        named = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.key}\r\n"
        return (named + "Content-Type: application/json").encode()

    def line(self) -> int:
        """Return a line that no other request has at the moment."""
        if not self._free:
            self._free = list(range(0, self.lines, STRIDE))
            random.shuffle(self._free)
        return self._free.pop()

    def renewal(self, n: int) -> dict[str, Any]:
        version = self.versions.get(n, AT_FIRST)
        return {"number": number_of(n), "term": "12 months", "expect_version": version}

    async def renew(self, connection: Connection) -> int:
        """Renew a line; return the status."""
        n = self.line()
        body = json.dumps(self.renewal(n)).encode()
        head = self.head("POST", "/v1/renewals") + b"\r\nIdempotency-Key: %b" % (
            secrets.token_hex(12).encode()
        )
        status, got, answer = await connection.send(head, body)
        if status == 201:
            self.versions[n] = json.loads(answer)["version"]
        elif status in (429, 503):
            if b"retry-after" not in got.lower():
                raise RuntimeError("turned away without Retry-After")
        else:
            raise RuntimeError(answer.decode())
        return status

    async def look(self, connection: Connection, many: int) -> int:
        numbers = [number_of(random.randrange(self.lines)) for _ in range(many)]
        if many == 1:
            path = f"/v1/safety?number=%2B{numbers[0][1:]}"
            status, _, answer = await connection.send(self.head("GET", path), b"")
        else:
            body = json.dumps({"numbers": numbers}).encode()
            status, _, answer = await connection.send(self.head("POST", "/v1/safety"), body)
        if status != 200 or answer.count(b'"safe_until"') != many:
            raise RuntimeError(answer[:400].decode())
        return status

    async def renew_many(self, connection: Connection, many: int) -> int:
        """Renew so many lines in one request; return how many were."""
        chosen = [self.line() for _ in range(many)]
        body = json.dumps([self.renewal(n) for n in chosen]).encode()
        head = self.head("POST", "/v1/renewals/batch") + b"\r\nIdempotency-Key: %b" % (
            secrets.token_hex(12).encode()
        )
        status, _, answer = await connection.send(head, body)
        if status != 200:
            raise RuntimeError(answer[:400].decode())
        done = json.loads(answer)
        for n, outcome in zip(chosen, done, strict=True):
            if "sold" not in outcome:
                raise RuntimeError(f"{number_of(n)} was refused: {json.dumps(outcome)[:400]}")
            self.versions[n] = outcome["sold"]["version"]
        return len(done)


async def closed(
    partner: Partner, clients: int, seconds: float, work: Callable[[Connection], Awaitable[int]]
) -> dict[str, Any]:
    """Let so many clients ask one thing after the other."""
    end, statuses = time.perf_counter() + seconds, Counter[int]()

    async def client() -> None:
        connection = await partner.connect()
        while time.perf_counter() < end:
            statuses[await work(connection)] += 1
        connection.writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return {"statuses": statuses}


async def paced(partner: Partner, clients: int, seconds: float, rate: float) -> dict[str, Any]:
    """
    Renew at a rate, at random instants, whether or not the answers keep up.

    A latency is counted from the instant at which the request was due.
    """
    due: asyncio.Queue[float] = asyncio.Queue()
    statuses, latencies = Counter[int](), list[float]()

    async def client() -> None:
        connection = await partner.connect()
        while (at := await due.get()) >= 0:
            status = await partner.renew(connection)
            statuses[status] += 1
            if status == 201:
                latencies.append(time.perf_counter() - at)
        connection.writer.close()

    clients_ = [asyncio.ensure_future(client()) for _ in range(clients)]
    at = began = time.perf_counter()
    while at < began + seconds:
        at += random.expovariate(rate)
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        due.put_nowait(at)
    for _ in clients_:
        due.put_nowait(-1)
    await asyncio.gather(*clients_)
    latencies.sort()
    p99 = latencies[int(len(latencies) * 0.99)] if latencies else 0.0
    seconds_in_all = time.perf_counter() - began
    return {"statuses": statuses, "p99_s": p99, "seconds": seconds_in_all}


async def _do(partner: Partner, wish: dict[str, Any]) -> dict[str, Any]:
    what, clients, seconds = wish["what"], wish["clients"], wish["seconds"]
    if what == "paced":
        return await paced(partner, clients, seconds, wish["rate"])
    if what == "look":
        return await closed(partner, clients, seconds, lambda c: partner.look(c, wish["many"]))
    if what == "many":
        connection = await partner.connect()
        done, end = 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            done += await partner.renew_many(connection, wish["many"])
        connection.writer.close()
        return {"statuses": {201: done}}
    return await closed(partner, clients, seconds, partner.renew)


def main() -> None:
    """Do what each line of standard input wishes."""
    port, key, lines = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    partner = Partner(port, key, lines)
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(uvloop.run(_do(partner, json.loads(line)))), flush=True)


@dataclass(frozen=True, slots=True)
class Remote:
    """The partner's process, as the bench has it."""

    process: subprocess.Popen[str]

    def do(self, what: str, *, clients: int, seconds: float, **more: Any) -> dict[str, Any]:
        """Let it ask, and return what came of it."""
        wish = {"what": what, "clients": clients, "seconds": seconds, **more}
        asked, said = self.process.stdin, self.process.stdout
        assert asked is not None
        assert said is not None
        print(json.dumps(wish), file=asked, flush=True)
        found: dict[str, Any] = json.loads(said.readline())
        return found

    def done(self, what: str, *, clients: int, seconds: float, **more: Any) -> int:
        """Let it ask, and return how often it was served."""
        found = self.do(what, clients=clients, seconds=seconds, **more)
        return sum(n for status, n in found["statuses"].items() if status in ("200", "201"))


@contextmanager
def partner(port: int, key: str, lines: int) -> Iterator[Remote]:
    """Start a partner's process."""
    command = [sys.executable, "-m", "bench.partner", str(port), key, str(lines)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield Remote(process)
        assert process.stdin is not None
        process.stdin.close()


if __name__ == "__main__":
    main()
