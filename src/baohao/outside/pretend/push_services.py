"""
Pretended push services: one server on the loopback that speaks as ntfy, Gotify and Bark do.

    POST /          ntfy: JSON with a topic         https://docs.ntfy.sh/publish/#publish-as-json
    POST /message   Gotify: X-Gotify-Key            https://gotify.net/docs/pushmsg
    POST /push      Bark: JSON with a device key    https://github.com/Finb/bark-server
    GET /feed       what came, the last first; no service has it
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import msgspec

from baohao.outside.pretend.listener import Listener

#: Where the demo keeps what was pushed, in the data folder.
PUSHED = "pushed.jsonl"
#: How it answers: as it should, or as services do.
MOODS = ("ok", "busy", "broken", "slow", "redirect", "hang_up", "huge")
_STATUS = {"busy": 429, "broken": 503, "redirect": 302}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """A message that a phone shows."""

    service: str
    #: The topic, the application's token, or the device's key.
    to: str
    title: str
    text: str
    #: What a tap opens.
    url: str = ""


@dataclass(kw_only=True)
class Known:
    """Whom the services know."""

    tokens: set[str] = field(default_factory=lambda: {"AGotifyTokenX15"})
    devices: set[str] = field(default_factory=lambda: {"barkDeviceKey22"})
    #: Topics of ntfy that want this token; all others are anybody's.
    guarded: dict[str, str] = field(default_factory=dict)


class PushServices(Listener):
    """The services; each call meets the next mood, and goes well after the last."""

    def __init__(
        self, moods: Iterable[str] = (), slow_s: float = 30.0, file: Path | None = None
    ) -> None:
        super().__init__(_handler(self))
        self._file = file
        self.moods, self.known, self.slow_s = deque(moods), Known(), slow_s
        self.shown: list[Pushed] = []
        self._lock = threading.Lock()

    @property
    def authority(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://")

    def mood(self) -> str:
        """Return how the next call is met."""
        with self._lock:
            return self.moods.popleft() if self.moods else "ok"

    def ntfy(self, said: dict[str, Any], headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Publish to a topic."""
        topic = str(said.get("topic", ""))
        if not topic:
            return 400, {"code": 40024, "http": 400, "error": "invalid request: topic is missing"}
        wanted = self.known.guarded.get(topic)
        if wanted is not None and headers.get("authorization") != f"Bearer {wanted}":
            return 403, {"code": 40301, "http": 403, "error": "forbidden"}
        text, title = str(said.get("message", "triggered")), str(said.get("title", ""))
        self._show("ntfy", topic, title, text, headers.get("x-click", ""))
        shown = {"id": f"m{len(self.shown)}", "event": "message", "topic": topic, "message": text}
        return 200, shown

    def gotify(self, said: dict[str, Any], headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Send as an application."""
        token = headers.get("x-gotify-key", "")
        if token not in self.known.tokens:
            why = "you need to provide a valid access token or user credentials to access this api"
            return 401, {"error": "Unauthorized", "errorCode": 401, "errorDescription": why}
        if not said.get("message"):
            return 400, {"error": "Bad Request", "errorCode": 400}
        self._show("gotify", token, str(said.get("title", "")), str(said["message"]), "")
        return 200, {"id": len(self.shown), "appid": 1, **said}

    def bark(self, said: dict[str, Any], _: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Send to a device."""
        key = str(said.get("device_key", ""))
        if key not in self.known.devices:
            why = f"failed to get device token: failed to get [{key}] device token from database"
            return 400, {"code": 400, "message": why}
        title, text = str(said.get("title", "")), str(said.get("body", ""))
        self._show("bark", key, title, text, str(said.get("url", "")))
        return 200, {"code": 200, "message": "success"}

    def _show(self, service: str, to: str, title: str, text: str, url: str) -> None:
        pushed = Pushed(service=service, to=to, title=title, text=text, url=url)
        with self._lock:
            self.shown.append(pushed)
            if self._file is not None:
                with self._file.open("ab") as file:
                    file.write(msgspec.json.encode(pushed) + b"\n")


def kept(file: Path, most: int = 20) -> list[Pushed]:
    """Return what was pushed, as the demo keeps it, the last first."""
    if not file.exists():
        return []
    lines = file.read_bytes().splitlines()[-most:]
    return [msgspec.json.decode(line, type=Pushed) for line in reversed(lines)]


def _handler(services: PushServices) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        # The names are the library's.
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            mood = services.mood()
            if mood != "ok":
                self._misbehave(services, mood)
                return
            called = {"/": services.ntfy, "/message": services.gotify, "/push": services.bark}
            call = called.get(self.path)
            if call is None:
                self._answer(404, {"error": "page not found"})
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                said = json.loads(body)
            except ValueError:
                self._answer(400, {"error": "invalid request body"})
                return
            self._answer(*call(said, headers))

        def do_GET(self) -> None:
            # Whoever is led here by a redirect has told where it came from.
            shown = [each.title for each in reversed(services.shown)]
            self._answer(200, {"shown": shown})

        def _answer(self, status: int, said: dict[str, Any]) -> None:
            self._give(status, json.dumps(said).encode())

        def _give(self, status: int, body: bytes) -> None:
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/feed")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                # Nobody has to read all of it.
                self.close_connection = True

        def _misbehave(self, services: PushServices, mood: str) -> None:
            if mood == "slow":
                self._drip(services.slow_s)
            elif mood == "huge":
                self._give(200, b" " * 20_000_000)
            elif mood in _STATUS:
                self._give(_STATUS[mood], b'{"error":"not now"}')
            self.close_connection = True

        def _drip(self, for_s: float) -> None:
            """Send a byte now and then: each comes in time, and the answer never does."""
            ends = time.monotonic() + for_s
            try:
                while time.monotonic() < ends:
                    self.wfile.write(b"H")
                    time.sleep(0.05)
            except OSError:
                pass

        # The signature is the library's.
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what is kept is for the test to look at."""

    return Handler
