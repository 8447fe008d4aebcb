"""
A road to the API on which things go wrong: a proxy on loopback, told what to do to each write.

What it has delivered the API does to the end; so what became of it is certain, and only the client
does not know it.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Self
from urllib.parse import urlsplit


class Fault(Enum):
    """What happens to a write."""

    #: It never arrives, and the connection is reset.
    CUT = auto()
    #: It is delivered, and the connection ends without an answer.
    LOST = auto()
    #: It is delivered, and the connection is reset.
    RESET = auto()
    #: It is delivered, and half of the answer comes.
    HALF = auto()
    #: The same, and nothing says how long the whole would be.
    TORN = auto()
    #: It is delivered, and the answer takes longer than anybody waits.
    LATE = auto()
    #: It is delivered, and something between says 502 in HTML.
    BROKEN = auto()
    #: It never arrives, and something between asks to come again in a second.
    BUSY = auto()
    #: Nothing.
    NONE = auto()


DELIVERED = frozenset(
    {Fault.LOST, Fault.RESET, Fault.HALF, Fault.TORN, Fault.LATE, Fault.BROKEN, Fault.NONE}
)
#: Longer than the clients of these tests wait for an answer.
LATE_S = 1.5
SAID = {
    Fault.BROKEN: (
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 7\r\n\r\n<p>Oops"
    ),
    Fault.BUSY: (
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A write that came by."""

    at: float
    key: str
    fault: Fault


class Road:
    """Leads to the API at `url`; each write takes the next of `faults`, and then there are none."""

    def __init__(self, url: str) -> None:
        there = urlsplit(url)
        self._there = (there.hostname, there.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.came: list[Came] = []
        self._faults: deque[Fault] = deque()
        self._then: Callable[[], object] = int
        threading.Thread(target=self._accept, daemon=True).start()

    def meet(self, faults: Iterable[Fault], then: Callable[[], object] = int) -> None:
        """
        Forget what came, and let the next writes meet these.

        `then` happens after the first was delivered, before the client can notice.
        """
        self.came = []
        self._faults, self._then = deque(faults), then

    @property
    def keys(self) -> set[str]:
        """The idempotency keys that came."""
        return {each.key for each in self.came}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # `close` alone leaves a thread in `accept`.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        """Carry requests one after the other, until one side is gone or a fault ends it."""
        with contextlib.suppress(OSError), client, socket.create_connection(self._there) as server:
            while request := message(client):
                fault = self._meets(request)
                if fault is Fault.CUT:
                    reset(client)
                    return
                answer = b""
                if fault in DELIVERED:
                    server.sendall(request)
                    answer = message(server)
                    if len(self.came) == 1:
                        self._then()
                if fault in (Fault.LOST, Fault.RESET):
                    if fault is Fault.RESET:
                        reset(client)
                    return
                if fault in (Fault.HALF, Fault.TORN):
                    client.sendall(half(answer, is_length_told=fault is Fault.HALF))
                    return
                if fault is Fault.LATE:
                    time.sleep(LATE_S)
                client.sendall(SAID.get(fault, answer))

    def _meets(self, request: bytes) -> Fault:
        if not request.startswith(b"POST "):
            return Fault.NONE
        fault = self._faults.popleft() if self._faults else Fault.NONE
        key = header(request, b"idempotency-key")
        self.came.append(Came(at=time.monotonic(), key=key.decode(), fault=fault))
        return fault


def message(end: socket.socket) -> bytes:
    """Read one message with its body; nothing: the other side is gone."""
    read = b""
    while b"\r\n\r\n" not in read:
        part = end.recv(65536)
        if not part:
            return b""
        read += part
    head, _, body = read.partition(b"\r\n\r\n")
    length = int(header(head + b"\r\n", b"content-length") or 0)
    while len(body) < length:
        body += end.recv(65536)
    return head + b"\r\n\r\n" + body


def header(text: bytes, name: bytes) -> bytes:
    """The value of a header; empty: there is none."""
    for line in text.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        if line.lower().startswith(name + b":"):
            return line.partition(b":")[2].strip()
    return b""


def half(answer: bytes, *, is_length_told: bool) -> bytes:
    """The first half of an answer's body, with its head or one that says no length."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if not is_length_told:
        lines = [x for x in head.split(b"\r\n") if not x.lower().startswith(b"content-length:")]
        head = b"\r\n".join([*lines, b"connection: close"])
    return head + b"\r\n\r\n" + body[: len(body) // 2]


def reset(end: socket.socket) -> None:
    """Let closing be a reset."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
