"""
A live site for tests: `baohao demo` as anybody starts it, on a free port and a database of its own.

It serves pages, API, worker, pretended acquirer, wallet and handset; what it prints is read, so the
sign-ins are those that a newcomer is shown.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.database import made_data_dir
from tests.shop import Shop

from baohao.store.embedded import Embedded

LINES = 700
STARTS_WITHIN_S = 240
STOPS_WITHIN_S = 60


@dataclass(frozen=True, kw_only=True)
class Site:
    """What a newcomer is told when the demo has started."""

    url: str
    #: The number of the demo's holder.
    holder: str
    #: The passwords of those who work there, by the name that they sign in by.
    passwords: Mapping[str, str]
    conninfo: str

    def shop(self) -> Shop:
        """Somebody who asks at the same door; for what has no page."""
        # Shops of one database must not make the same ids, for an id is a key.
        begin = time.time_ns() // 1_000
        return Shop(conninfo=self.conninfo, _numbers=itertools.count(begin))


@contextmanager
def opened() -> Iterator[Site]:
    """Start a site, and stop it at the end."""
    with made_data_dir() as data:
        data.mkdir(mode=0o755)
        log = data / "said"
        with log.open("wb") as said, _demo(data, _free_port(), said) as demo:
            text = _started(demo, log)
            running = Embedded(data / "demo").running()
            yield _told(text, running.conninfo())


@contextmanager
def _demo(data: Path, port: int, said: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "baohao", "demo", "--lines", str(LINES), "--port", str(port)]
    # Wide, so that no sign-in is broken into two lines.
    environ = {k: v for k, v in os.environ.items() if not k.startswith("BAOHAO_")}
    environ |= {"COLUMNS": "200", "PYTHONWARNINGS": ""}
    demo = subprocess.Popen(
        [*command, "--data", data], env=environ, stdout=said, stderr=subprocess.STDOUT
    )
    try:
        yield demo
    finally:
        demo.send_signal(signal.SIGINT)
        try:
            demo.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            demo.kill()
            demo.wait()
        Embedded(data / "demo").stop(immediate=True)


def _started(demo: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until it has said all, and return that."""
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and demo.poll() is None:
        text = log.read_text(encoding="utf-8")
        port = re.search(r"All of it is at http://127\.0\.0\.1:(\d+)", text)
        if port and _listens(int(port[1])):
            return text
        time.sleep(0.1)
    raise AssertionError(f"the demo did not start:\n{log.read_text(encoding='utf-8')}")


def _told(text: str, conninfo: str) -> Site:
    url = re.search(r"All of it is at (\S+)", text)
    holder = re.search(r"\+853\d{8}", text)
    assert url, text
    assert holder, text
    passwords = dict(re.findall(r"([\w.]+) / (\S+)", text))
    return Site(url=url[1], holder=holder[0], passwords=passwords, conninfo=conninfo)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
