"""Processes of the API: the command itself on a free port, to be killed and begun again."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

from psycopg.conninfo import conninfo_to_dict
from tests.cli.run import BAOHAO
from tests.faults.killing import wait_for


def url_of(conninfo: str) -> str:
    """Return a database's address as the setting wants it."""
    named = conninfo_to_dict(conninfo)
    return f"postgresql:///{named.pop('dbname')}?{urlencode(named)}"


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@dataclass(slots=True, kw_only=True)
class Process:
    """An API of its own process, always at the same port."""

    conninfo: str
    port: int = field(default_factory=free_port)
    _running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        plain = {k: v for k, v in os.environ.items() if not k.startswith("BAOHAO_")}
        self._running = subprocess.Popen(
            [BAOHAO, "api", "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**plain, "BAOHAO_DATABASE_URL": url_of(self.conninfo)},
        )
        wait_for(self._listens)

    def kill(self) -> None:
        """Kill it with signal 9."""
        assert self._running is not None
        self._running.kill()
        self._running.wait()

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        assert self._running is not None
        self._running.terminate()
        self._running.wait(30)

    def _listens(self) -> bool:
        assert self._running is not None
        assert self._running.poll() is None, "the API did not start"
        with socket.socket() as asked:
            return asked.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def processes(conninfo: str, count: int = 1) -> Iterator[list[Process]]:
    """Give running processes on one database."""
    found = [Process(conninfo=conninfo) for _ in range(count)]
    try:
        for each in found:
            each.start()
        yield found
    finally:
        for each in found:
            if each._running is not None:
                each.kill()
