"""The commands themselves, killed: the same command once more, and everything is done once."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from tests.cli.inside import inside
from tests.cli.run import BAOHAO, Ran
from tests.database import SMALL, made_data_dir
from tests.faults import house
from tests.faults.killing import kill_server, wait_for
from tests.faults.witness import ails, doubled

from baohao.app.door import Answered
from baohao.store.embedded import Embedded
from baohao.wiring import installation

#: Two of the parts in which a file is renewed.
LINES = 600
#: A kill is no power cut: what was given to the system is not lost, though it be on no disk yet.
SETTINGS = {**SMALL, "fsync": "off"}


@pytest.fixture(scope="module")
def furnished_folder() -> Iterator[Path]:
    """The data folder of a house with active lines."""
    with made_data_dir() as folder:
        conninfo = Embedded(folder, settings=SETTINGS).start().conninfo()
        house.furnish(conninfo)
        yield folder


def renewals(folder: Path, file: Path, first: int, count: int) -> Path:
    """Write a file of renewals of lines that are the test's own."""
    shell = house.shell(conninfo(folder))
    for verb in ("stock", "activate"):
        house.done(shell, [house.ask(verb, first + n) for n in range(count)])
    rows = [json.dumps({"number": house.number(first + n), "term": "12m"}) for n in range(count)]
    file.write_text("\n".join(rows))
    return file


def conninfo(folder: Path) -> str:
    return Embedded(folder, settings=SETTINGS).start().conninfo()


def renewed(folder: Path) -> int:
    """Count the lines that were renewed."""
    with psycopg.connect(conninfo(folder)) as conn:
        [(count,)] = conn.execute("SELECT count(*) FROM lines WHERE version = 3").fetchall()
    return int(count)


def command(folder: Path, file: Path) -> list[str | Path]:
    said = f"renew --by {house.AGENT} --channel counter --paid float:{house.AGENT} --json --file"
    return [*said.split(), file, "--data", folder]


def killed(folder: Path, file: Path, what: str) -> None:
    """Run the command and kill it, or the server under it, once its first part is in."""
    before = renewed(folder)
    running = Embedded(folder).running()
    with subprocess.Popen(
        [BAOHAO, *command(folder, file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        with psycopg.connect(running.conninfo(), autocommit=True) as conn:
            counting = "SELECT count(*) FROM lines WHERE version = 3"
            wait_for(lambda: conn.execute(counting).fetchall() != [(before,)])
        if what == "server":
            kill_server(running.pid)
            conninfo(folder)  # somebody starts it again
            assert process.wait() == 0
        else:
            process.kill()


def again(folder: Path, file: Path) -> Ran:
    ran = inside(*command(folder, file))
    assert ran.code == 0, ran
    return ran


@pytest.mark.parametrize("what", ["ours", "server"])
def test_a_file_of_renewals_goes_on_where_it_was(
    furnished_folder: Path, tmp_path: Path, what: str
) -> None:
    before = renewed(furnished_folder)
    file = renewals(furnished_folder, tmp_path / "renewals.ndjson", before, LINES)
    killed(furnished_folder, file, what)
    outcomes = again(furnished_folder, file).facts["outcomes"]
    assert outcomes["renewed before"] >= LINES // 2
    assert sum(outcomes.values()) == LINES
    assert again(furnished_folder, file).facts["outcomes"] == {"renewed before": LINES}
    assert renewed(furnished_folder) == before + LINES
    with psycopg.connect(conninfo(furnished_folder)) as conn:
        assert doubled(conn) == ails(conn) == []


def test_another_file_would_renew_them_twice(furnished_folder: Path, tmp_path: Path) -> None:
    """The twin: keys follow from the file, so one that differs by a blank line is another."""
    file = renewals(furnished_folder, tmp_path / "renewals.ndjson", LINES * 10, 5)
    again(furnished_folder, file)
    file.write_text(file.read_text() + "\n\n")
    assert again(furnished_folder, file).facts["outcomes"] == {"renewed": 5}
    with psycopg.connect(conninfo(furnished_folder)) as conn:
        assert len(doubled(conn)) == 5


def test_whoever_is_at_work_waits_for_the_server(furnished_folder: Path) -> None:
    line = LINES * 11
    with installation(furnished_folder).shell() as shell, ThreadPoolExecutor() as pool:
        stocked = shell.answer([house.ask("stock", line)])
        kill_server(Embedded(furnished_folder).running().pid)
        asked = pool.submit(shell.answer, [house.ask("stock", line), house.ask("stock", line + 1)])
        time.sleep(0.2)  # it has met nobody by then
        conninfo(furnished_folder)
        answers = asked.result(timeout=60)
    assert isinstance(stocked[0], Answered)
    assert answers[0] == replace(stocked[0], is_repeat=True)
    assert isinstance(answers[1], Answered)
