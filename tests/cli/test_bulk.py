"""Files in the background, by the commands."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.cli.run import BAOHAO
from tests.faults.killing import wait_for

NUMBERS = [f"+8536600010{n}" for n in range(4)]


@pytest.fixture(scope="module")
def _there(house: Path) -> None:
    """The house is there before the first command."""


@pytest.fixture
def file(run: Run, stock: Any, tmp_path: Path) -> Path:
    """A file of renewals, two of them of lines that are there."""
    for number in NUMBERS[:2]:
        if run("lines", "show", number).code:
            stock(number)
            run("activate", number, "--document", "bir")
    assert run("fund", "float:agent-7:MOP", "--amount", "5000.00").code == 0
    made = tmp_path / "renewals.csv"
    made.write_text("\n".join(["number", *NUMBERS]))
    return made


def test_a_file_is_sent_worked_through_and_told(run: Run, file: Path) -> None:
    said = ("--term", "12m", "--key", "k-1", "--as", "agent-7", "--json")
    sent = run("bulk", "send", file, *said).facts
    assert (sent["state"], sent["rows"], sent["key"]) == ("waiting", 4, "k-1")
    assert run("bulk", "send", file, *said).facts == sent
    assert run("worker", "--once").code == 0
    shown = run("bulk", "show", sent["file"], "--as", "agent-7", "--json").facts
    assert (shown["state"], shown["done"], shown["refused"]) == ("done", 2, 2)
    out = file.with_name("out.csv")
    assert run("bulk", "result", sent["file"], "--as", "agent-7", "--out", out).code == 0
    rows = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["outcome"] for row in rows] == ["renewed"] * 2 + ["refused"] * 2
    lines = file.with_name("out.ndjson")
    assert run("bulk", "result", sent["file"], "--as", "agent-7", "--out", lines).code == 0
    told = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [each["receipt"] for each in told[:2]] == [row["receipt"] for row in rows[:2]]
    listed = run("bulk", "list", "--as", "agent-7", "--json").facts
    assert shown in listed
    assert run("bulk", "list", "--json").facts == []
    assert sent["file"][:8] in run("bulk", "list", "--as", "agent-7").out


def test_a_file_is_stopped_and_nobody_elses(run: Run, file: Path) -> None:
    sent = run("bulk", "send", file, "--as", "agent-7", "--json").facts
    for words in (("show",), ("stop",), ("result", "--out", file.with_name("out.csv"))):
        ran = run("bulk", *words[:1], sent["file"], *words[1:], "--json")
        assert (ran.code, ran.facts["refused"]["code"]) == (1, "bulk.unknown")
    assert not file.with_name("out.csv").exists()
    stopped = run("bulk", "stop", sent["file"], "--as", "agent-7", "--json").facts
    assert stopped["state"] == "stopped"
    ran = run("bulk", "stop", sent["file"], "--as", "agent-7", "--json")
    assert (ran.code, ran.facts["refused"]["code"]) == (1, "bulk.over")


@pytest.mark.parametrize("written", [b"", b"\xff\xfe", b"number,price\n"])
def test_a_file_that_is_none_is_not_taken_in(run: Run, tmp_path: Path, written: bytes) -> None:
    file = tmp_path / "renewals.csv"
    file.write_bytes(written)
    ran = run("bulk", "send", file, "--json")
    assert (ran.code, ran.facts["refused"]["code"]) == (1, "malformed.renewals")
    assert run("bulk", "list", "--json").facts == []


def test_a_worker_that_runs_is_woken_and_stopped(run: Run, house: Path, file: Path) -> None:
    sent = run("bulk", "send", file, "--as", "agent-7", "--term", "12m", "--json").facts
    with subprocess.Popen([BAOHAO, "worker", "--data", house]) as worker:
        shown = ("bulk", "show", sent["file"], "--as", "agent-7", "--json")
        wait_for(lambda: run(*shown).facts["state"] == "done")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait() == 0
