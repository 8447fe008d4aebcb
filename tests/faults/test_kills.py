"""
kill -9, again and again: of our processes, of PostgreSQL, of both, and of what is recovering.

Two askers follow their plans through the door and note what they were told; whoever was killed is
begun again with the same asks. In the end nothing that was told is lost, nor was anything done
twice.
"""

from __future__ import annotations

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
from tests.faults.asker import follow_the_plan, start_server
from tests.faults.killing import COMMITS_LATER, kill_server, own_server, wait_for
from tests.faults.witness import Witness, ails, doubled, lost

from baohao.store.embedded import Embedded, Running
from baohao.store.embedded.postmaster import read

ASKERS = 2
#: What is killed, as often as it stands here.
KINDS = ("one asker", "askers", "server", "server", "everything", "recovery")
#: A kill comes at most so long after the first sign of progress.
DELAY_MAX_S = 0.3


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

    def kill_recovery(self) -> None:
        """Kill the server, start it, and kill it again before it has recovered."""
        kill_server(self.running.pid)
        starter = self.processes.Process(target=start_server, args=(self.database.data,))
        starter.start()
        found: list[int] = []

        def is_there() -> bool:
            found[:] = [each.pid for each in [read(self.database.cluster)] if each is not None]
            return bool(found)

        wait_for(is_there)
        starter.kill()
        kill_server(found[0])
        starter.join()

    def strike(self, kind: str, n: int) -> None:
        """Kill what `kind` says; of one asker, the n-th."""
        if kind == "one asker":
            self.kill_askers(n)
        if kind in ("askers", "everything"):
            self.kill_askers(*range(ASKERS))
        if kind in ("server", "everything"):
            kill_server(self.running.pid)
        if kind == "recovery":
            self.kill_recovery()


@contextmanager
def struck(
    processes: ForkServerContext, folder: Path, settings: Mapping[str, str]
) -> Iterator[Struck]:
    with own_server(settings) as database:
        made = Struck(
            database=database,
            processes=processes,
            witnesses=tuple(Witness(folder / f"asker {n}") for n in range(ASKERS)),
            running=database.running(),
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
    with struck(processes, tmp_path, {}) as hit:
        for cycle in range(drawn.count):
            hit.go_on()
            hit.until_told()
            time.sleep(random.uniform(0, DELAY_MAX_S))
            hit.strike(KINDS[cycle % len(KINDS)], random.randrange(ASKERS))
        hit.go_on()
        hit.until_told()
        hit.kill_askers(*range(ASKERS))
        with psycopg.connect(hit.running.conninfo()) as conn:
            assert lost(conn, hit.witnesses) == []
            assert doubled(conn) == []
            assert ails(conn) == []


def test_a_database_that_commits_later_loses_what_was_told(
    processes: ForkServerContext, tmp_path: Path
) -> None:
    """The twin: what `synchronous_commit` is for."""
    with struck(processes, tmp_path, COMMITS_LATER) as hit:
        hit.go_on()
        hit.until_told()
        hit.strike("everything", 0)
        running = hit.database.start()
        with psycopg.connect(running.conninfo()) as conn:
            assert lost(conn, hit.witnesses) != []
