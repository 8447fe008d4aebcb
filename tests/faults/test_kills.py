"""
kill -9, again and again: of our processes, of PostgreSQL, of both, and of what is recovering.

Two askers follow their plans through the door and note what they were told; whoever was killed is
begun again with the same asks. In the end nothing that was told is lost, nor was anything done
twice.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from random import Random

import psycopg
import pytest
from tests.conftest import Campaign
from tests.database import SMALL, made_data_dir
from tests.faults import house
from tests.faults.asker import follow_the_plan, start_server
from tests.faults.witness import Witness, ails, doubled, lost

from baohao.store.embedded import Embedded, Running
from baohao.store.embedded.postmaster import read

ASKERS = 2
#: What is killed, as often as it stands here.
KINDS = ("one asker", "askers", "server", "server", "everything", "recovery")
#: A kill comes at most so long after the first sign of progress.
DELAY_MAX_S = 0.3
#: Whoever makes no progress for so long has hung.
PATIENCE_S = 60.0


@dataclass(slots=True, kw_only=True)
class Struck:
    """A house on a server of its own, with askers, for one campaign of kills."""

    database: Embedded
    processes: ForkServerContext
    witnesses: tuple[Witness, ...]
    running: Running
    askers: list[ForkServerProcess | None] = field(default_factory=lambda: [None] * ASKERS)

    def go_on(self) -> None:
        """Start what is not running: the server, and askers where they were."""
        self.running = self.database.start()
        for n, asker in enumerate(self.askers):
            if asker is not None and asker.is_alive():
                continue
            # Whoever ended by itself found something that should not be.
            assert asker is None or asker.exitcode == -signal.SIGKILL
            arguments = (self.running.conninfo(), n, self.witnesses[n])
            begun = self.processes.Process(target=follow_the_plan, args=arguments, daemon=True)
            begun.start()
            self.askers[n] = begun

    def until_told(self) -> None:
        """Wait until every asker was told something new."""
        before = [witness.size for witness in self.witnesses]
        wait_for(lambda: all(w.size > size for w, size in zip(self.witnesses, before, strict=True)))

    def kill_askers(self, *chosen: int) -> None:
        for n in chosen:
            asker = self.askers[n]
            if asker is not None:
                asker.kill()
                asker.join()

    def kill_server(self, pid: int) -> None:
        """Kill a server with all its processes."""
        for each in (pid, *children(pid)):
            try:
                os.kill(each, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it went with its server

    def kill_recovery(self) -> None:
        """Kill the server, start it, and kill it again before it has recovered."""
        self.kill_server(self.running.pid)
        starter = self.processes.Process(target=start_server, args=(self.database.data,))
        starter.start()
        found: list[int] = []

        def is_there() -> bool:
            found[:] = [each.pid for each in [read(self.database.cluster)] if each is not None]
            return bool(found)

        wait_for(is_there)
        starter.kill()
        self.kill_server(found[0])
        starter.join()

    def strike(self, kind: str, n: int) -> None:
        """Kill what `kind` says; of one asker, the n-th."""
        if kind == "one asker":
            self.kill_askers(n)
        if kind in ("askers", "everything"):
            self.kill_askers(*range(ASKERS))
        if kind in ("server", "everything"):
            self.kill_server(self.running.pid)
        if kind == "recovery":
            self.kill_recovery()


def wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "nothing happened for a minute"
        time.sleep(0.005)


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


@contextmanager
def struck(
    processes: ForkServerContext, folder: Path, settings: Mapping[str, str]
) -> Iterator[Struck]:
    with made_data_dir() as data:
        database = Embedded(data, settings={**SMALL, **settings})
        running = database.start()
        house.furnish(running.conninfo())
        with psycopg.connect(running.conninfo()) as conn:
            conn.execute("CHECKPOINT")  # what stands here is there whatever is lost later
        made = Struck(
            database=database,
            processes=processes,
            witnesses=tuple(Witness(folder / f"asker {n}") for n in range(ASKERS)),
            running=running,
        )
        try:
            yield made
        finally:
            made.kill_askers(*range(ASKERS))


@pytest.mark.soak
def test_nothing_told_is_lost_and_nothing_happens_twice(
    processes: ForkServerContext, tmp_path: Path, campaign: Callable[[int], Campaign]
) -> None:
    drawn = campaign(10)
    random = Random(drawn.seed)
    with struck(processes, tmp_path, {}) as house_:
        for cycle in range(drawn.count):
            house_.go_on()
            house_.until_told()
            time.sleep(random.uniform(0, DELAY_MAX_S))
            house_.strike(KINDS[cycle % len(KINDS)], random.randrange(ASKERS))
        house_.go_on()
        house_.until_told()
        house_.kill_askers(*range(ASKERS))
        with psycopg.connect(house_.running.conninfo()) as conn:
            assert lost(conn, house_.witnesses) == []
            assert doubled(conn) == []
            assert ails(conn) == []


def test_a_database_that_commits_later_loses_what_was_told(
    processes: ForkServerContext, tmp_path: Path
) -> None:
    """The twin: what `synchronous_commit` is for."""
    later = {
        "synchronous_commit": "off",
        "wal_writer_delay": "10s",
        "wal_writer_flush_after": "1GB",
    }
    with struck(processes, tmp_path, later) as house_:
        house_.go_on()
        house_.until_told()
        house_.strike("everything", 0)
        running = house_.database.start()
        with psycopg.connect(running.conninfo()) as conn:
            assert lost(conn, house_.witnesses) != []
