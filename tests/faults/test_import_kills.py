"""kill -9 during an import: the same command goes on, and the file is there once."""

from __future__ import annotations

import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from random import Random

import psycopg
import pytest
from tests.conftest import Campaign
from tests.faults import house
from tests.faults.asker import PART, take_in
from tests.faults.killing import COMMITS_LATER, kill_server, own_server, wait_for
from tests.faults.witness import ails

from baohao.core.identifiers.luhn import luhn_digit
from baohao.store.embedded import Running

LINES = 4_000
DELAY_MAX_S = 0.05
#: What is killed, in turn.
KINDS = ("ours", "server", "both")


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    file = tmp_path / "inventory.csv"
    rows = [f"{house.number(n)},{card(n)},45501{n:010d}" for n in range(LINES)]
    file.write_text("\n".join(["number,iccid,imsi", *rows]))
    return file


def card(n: int) -> str:
    body = f"8985301{n:011d}"
    return body + luhn_digit(body)


class Import:
    """A command that imports a file, and what it told so far."""

    def __init__(self, processes: ForkServerContext, file: Path) -> None:
        self._processes, self._file = processes, file
        self._told = file.with_suffix(".told")
        self._told.touch()

    def begin(self, running: Running) -> ForkServerProcess:
        arguments = (running.conninfo(), self._file, self._told)
        process = self._processes.Process(target=take_in, args=arguments, daemon=True)
        process.start()
        return process

    def until_told(self) -> None:
        """Wait until something more is told."""
        before = self._told.stat().st_size
        wait_for(lambda: self._told.stat().st_size > before)

    @property
    def told(self) -> int:
        """How many lines were ever told to be in."""
        return max(map(int, self._told.read_text().split()), default=0)


def lines(running: Running) -> int:
    with psycopg.connect(running.conninfo()) as conn:
        [(count,)] = conn.execute("SELECT count(*) FROM lines").fetchall()
    return int(count)


@pytest.mark.soak
def test_a_killed_import_goes_on_where_it_was(
    processes: ForkServerContext, inventory: Path, campaign: Callable[[int], Campaign]
) -> None:
    drawn = campaign(3)
    random = Random(drawn.seed)
    command = Import(processes, inventory)
    with own_server({}) as database:
        for cycle in range(drawn.count):
            running = database.start()
            process = command.begin(running)
            command.until_told()
            time.sleep(random.uniform(0, DELAY_MAX_S))
            what = KINDS[cycle % len(KINDS)]
            if what != "ours":
                kill_server(running.pid)
            if what != "server":
                process.kill()
            running = database.start()
            if what == "server":
                command.until_told()  # it goes on by itself
                process.kill()
            process.join()
            assert command.told <= lines(running)
        running = database.start()
        process = command.begin(running)
        process.join()
        assert process.exitcode == 0
        with psycopg.connect(running.conninfo()) as conn:
            counts = "SELECT (SELECT count(*) FROM lines), (SELECT count(*) FROM cards), "
            counts += "(SELECT count(*) FROM journal WHERE kind = 'stocked')"
            assert conn.execute(counts).fetchone() == (LINES, 2 * LINES, LINES)
            assert ails(conn) == []


def test_an_import_told_too_early_is_lost(processes: ForkServerContext, inventory: Path) -> None:
    """The twin: on a database that commits later, less is there than was told."""
    command = Import(processes, inventory)
    with own_server(COMMITS_LATER) as database:
        running = database.running()
        process = command.begin(running)
        command.until_told()
        kill_server(running.pid)
        process.kill()
        process.join()
        assert lines(database.start()) < command.told
        assert command.told >= PART
