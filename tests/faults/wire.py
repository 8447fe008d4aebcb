"""
A wire to the database that can be cut at any message: a proxy between two Unix sockets.

It counts the messages of PostgreSQL's protocol that a client sends, and at the wanted one goes dead
for the client. What the server had been given it
still does, to the end, before the client notices: so the outcome of a cut is certain, and only the
client does not know it.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

PORT = 5432
#: The first of a session and the last, which may come late; and Flush, which asks for nothing and
#: comes as often as timing has it.
UNCOUNTED = (b"\0", b"X", b"H")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where the wire is cut, once."""

    #: The message at which it happens: its number, counted from 1, or what it says.
    at: int | bytes
    #: Of the messages that say it, the how manieth.
    nth: int = 1
    #: Whether the server still gets that message; what it answers is lost.
    delivered: bool = True
    #: It happens so long after the server got the message, while it may still be at it; by default
    #: once it has done what it was given.
    after_s: float | None = None
    #: What happens to the client before it can notice.
    then: Callable[[], object] = int


class Wire:
    """A server's socket in `folder`; sessions through it count, and break at the next cut."""

    def __init__(self, folder: Path, conninfo: str) -> None:
        wanted = conninfo_to_dict(conninfo)
        self._server = f"{wanted['host']}/.s.PGSQL.{wanted['port']}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{folder}/.s.PGSQL.{PORT}")
        self._listener.listen()
        self.conninfo = make_conninfo(conninfo, host=str(folder), port=PORT)
        self._sent = self._said = 0
        self._cut: Cut | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, cut: Cut) -> None:
        """Count anew, and cut once when it is time."""
        self._cut, self._sent, self._said = cut, 0, 0

    @property
    def sent(self) -> int:
        """How many messages were counted since."""
        return self._sent

    @property
    def said(self) -> int:
        """How many of them said what the next cut waits for."""
        return self._said

    @property
    def is_cut(self) -> bool:
        """Whether the last cut has happened."""
        return self._cut is None

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
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._server)
            except OSError:
                client.close()
                continue
            _Session(self, client, server).begin()

    def _due(self, message: bytes) -> Cut | None:
        """Count a message, and return the cut that is due at it."""
        self._sent += 1
        cut = self._cut
        if cut is None:
            return None
        if isinstance(cut.at, bytes):
            self._said += cut.at in message
            is_due = cut.at in message and self._said == cut.nth
        else:
            is_due = cut.at == self._sent
        if not is_due:
            return None
        self._cut = None
        return cut


class _Session:
    """One client's session, two threads."""

    def __init__(self, wire: Wire, client: socket.socket, server: socket.socket) -> None:
        self._wire, self._client, self._server = wire, client, server
        #: From now on the client hears nothing.
        self._is_mute = False
        self._speaking = threading.Lock()
        self._listens = threading.Thread(target=self._answers, daemon=True)

    def begin(self) -> None:
        self._listens.start()
        threading.Thread(target=self._asks, daemon=True).start()

    def _asks(self) -> None:
        with contextlib.suppress(OSError):
            for message in _messages(self._client):
                cut = self._wire._due(message) if message[:1] not in UNCOUNTED else None
                if cut is None:
                    self._server.sendall(message)
                    continue
                with self._speaking:
                    self._is_mute = True
                if cut.delivered:
                    self._server.sendall(message)
                if cut.after_s is not None:
                    time.sleep(cut.after_s)
                    cut.then()
                    break
                self._end()
                cut.then()
                break
        self._end()
        self._client.close()

    def _end(self) -> None:
        """Let the server come to the end of what it was given, and close its side."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_WR)
        self._listens.join()
        self._server.close()

    def _answers(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._server.recv(65536):
                with self._speaking:
                    if not self._is_mute:
                        self._client.sendall(data)
            # The server ended it: the client is told, unless it is not to hear anything.
            if not self._is_mute:
                self._client.shutdown(socket.SHUT_RDWR)


def _messages(client: socket.socket) -> Iterator[bytes]:
    """Yield what a client sends, message by message; the first has no letter before its length."""
    kept, head = b"", 0
    while data := client.recv(65536):
        kept += data
        while len(kept) >= head + 4:
            size = head + struct.unpack_from("!I", kept, head)[0]
            if len(kept) < size:
                break
            yield kept[:size]
            kept, head = kept[size:], 1
