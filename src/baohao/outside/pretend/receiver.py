"""
A receiver of webhooks on loopback: it verifies, keeps what it got, and misbehaves when told to.

Verified here from the text of the rules, with the standard library alone: what signs is a library,
and must not be its own judge. https://www.standardwebhooks.com
"""

from __future__ import annotations

import hmac
import json
import time
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any

#: How far a message's time may be from the receiver's.
TOLERANCE_S = 300
#: How it answers: as it should, or as receivers do.
MOODS = ("ok", "error", "slow", "hang_up", "redirect", "gone", "huge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """A message that came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    #: Whether a secret of ours signed it, just now.
    is_verified: bool
    #: How it was answered.
    mood: str

    @property
    def id(self) -> str:
        """The message's id: the same however often it is sent."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        """What it says."""
        said: dict[str, Any] = json.loads(self.body)
        return said


@dataclass(kw_only=True)
class Receiver:
    """A receiver; in a `with` it runs on a free port."""

    secrets: list[str] = field(default_factory=list)
    #: How the next messages are answered; then as `mood` says.
    moods: deque[str] = field(default_factory=deque)
    mood: str = "ok"
    #: How long it thinks about each message, and how long a slow one takes.
    thinks_s: float = 0.0
    slow_s: float = 30.0
    got: list[Got] = field(default_factory=list)
    #: The most that it had in hand at one time.
    most_at_once: int = 0
    _now: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Receiver:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/hooks"

    @property
    def taken(self) -> list[Got]:
        """What it said that it has, in order."""
        return [each for each in self.got if each.mood in ("ok", "huge")]

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> str:
        """Keep a message; return how it is to be answered."""
        with self._lock:
            mood = self.moods.popleft() if self.moods else self.mood
            signed = any(verifies(secret, headers, body) for secret in self.secrets)
            self.got.append(
                Got(path=path, headers=headers, body=body, is_verified=signed, mood=mood)
            )
            return mood

    def busy(self, change: int) -> None:
        """Count those in hand."""
        with self._lock:
            self._now += change
            self.most_at_once = max(self.most_at_once, self._now)


def verifies(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a secret signed a message not long ago."""
    try:
        message, at = headers["webhook-id"], headers["webhook-timestamp"]
        signatures = headers["webhook-signature"].split(" ")
        # A receiver has no other clock than its own.
        if abs(time.time() - int(at)) > TOLERANCE_S:  # noqa: TID251
            return False
    except (KeyError, ValueError):
        return False
    key = b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message}.{at}.".encode() + body, "sha256")
    expected = "v1," + b64encode(digest).decode()
    return any(hmac.compare_digest(expected.encode(), each.encode()) for each in signatures)


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        # The name is the library's.
        def do_POST(self) -> None:
            receiver.busy(1)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            mood = receiver.take(self.path, headers, body)
            time.sleep(receiver.thinks_s)
            # Before the answer: whoever has it may send the next at once.
            receiver.busy(-1)
            self._answer(mood)

        def _answer(self, mood: str) -> None:
            status = {"error": 500, "redirect": 302, "gone": 410}.get(mood, 200)
            if mood == "hang_up":
                self.close_connection = True
                return
            if mood == "slow":
                self._drip()
                return
            body = b"x" * (10_000_000 if mood == "huge" else 2)
            try:
                self.send_response(status)
                if mood == "redirect":
                    self.send_header("Location", receiver.url)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                # Nobody has to read all of it.
                self.close_connection = True

        def _drip(self) -> None:
            """Send a byte now and then: each comes in time, and the answer never does."""
            ends = time.monotonic() + receiver.slow_s
            try:
                while time.monotonic() < ends:
                    self.wfile.write(b"H")
                    time.sleep(0.05)
            except OSError:
                self.close_connection = True

        # The signature is the library's.
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what is kept is for the test to look at."""

    return Handler
