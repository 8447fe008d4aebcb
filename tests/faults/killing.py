"""A server of one's own to kill, with all its processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from tests.database import SMALL, made_data_dir
from tests.faults import house

from baohao.store.embedded import Embedded

#: Whoever makes no progress for so long has hung.
PATIENCE_S = 60.0
#: Settings under which a commit is answered long before it is on the disk.
COMMITS_LATER = {
    "synchronous_commit": "off",
    "wal_writer_delay": "10s",
    "wal_writer_flush_after": "1GB",
}


@contextmanager
def own_server(settings: Mapping[str, str]) -> Iterator[Embedded]:
    """Give a running server with a furnished house on it."""
    with made_data_dir() as data:
        database = Embedded(data, settings={**SMALL, **settings})
        conninfo = database.start().conninfo()
        house.furnish(conninfo)
        with psycopg.connect(conninfo) as conn:
            conn.execute("CHECKPOINT")  # what stands here is there whatever is lost later
        yield database


def kill_server(pid: int) -> None:
    """Kill a server and all that it has started."""
    for each in (pid, *children(pid)):
        try:
            os.kill(each, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it went with its server


def children(pid: int) -> list[int]:
    """Return the processes that one has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text().rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        if int(parent) == pid:
            found.append(int(stat.parent.name))
    return found


def wait_for(true: Callable[[], bool]) -> None:
    """Wait until something is so; fail when it takes a minute."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "nothing happened for a minute"
        time.sleep(0.005)
