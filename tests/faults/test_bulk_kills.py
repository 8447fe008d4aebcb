"""kill -9 of workers in the middle of a file: each row once, and told the same ever after."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from random import Random
from typing import Any, Self

import psycopg
import pytest
from tests.conftest import Campaign
from tests.faults import house
from tests.faults.asker import installation, run_worker, work_through
from tests.faults.killing import wait_for
from tests.faults.witness import ails, doubled

from baohao.app.bulk import files
from baohao.app.bulk.files import File, Format, Upload, Usual
from baohao.app.bulk.rows import AT_ONCE
from baohao.core.civil import Span
from baohao.jobs import Pace
from baohao.outside.ids import new_id

PARTS = 5
#: About as long as a part takes, so that a kill meets any moment of it.
DELAY_MAX_S = 0.2
PACE = Pace(heartbeat_s=0.1, gone_s=1.0)
USUAL = Usual(
    term=Span.parse("12 months"),
    paid=house.FLOAT,
    till="main",
    principal=house.AGENT,
    channel="agent",
)


def sent(conninfo: str, lines: range) -> File:
    """Send renewals of lines; those that are not there are refused one by one."""
    shell, id_ = house.shell(conninfo), new_id()
    with Upload(shell, USUAL, id_=id_, key=str(id_), format_=Format.NDJSON) as upload:
        for line in lines:
            upload.feed(json.dumps({"number": house.number(line)}).encode() + b"\n")
        file = upload.end()
    shell.close()
    return file


def active(conninfo: str, lines: int) -> None:
    shell = house.shell(conninfo)
    for verb in ("stock", "activate"):
        house.done(shell, [house.ask(verb, line) for line in range(lines)])


class Client:
    """The sender: asks how far the file is, and never forgets what it was told."""

    def __init__(self, conninfo: str, file: File) -> None:
        self._shell, self._file = house.shell(conninfo), file
        self.told: list[dict[str, Any]] = []

    def look(self) -> File:
        """Read the result anew; what was told before must be told again, word for word."""
        file = self._file
        progress = partial(files.progress, principal=file.principal, id_=file.id)
        now: File = self._shell.run(progress)
        text = "".join(files.written(self._shell, file.principal, file.id, Format.NDJSON))
        told = [json.loads(line) for line in text.splitlines()]
        assert told[: len(self.told)] == self.told
        self.told = told
        return now

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shell.close()

    def until(self, true: Callable[[File], bool]) -> None:
        wait_for(lambda: true(self.look()))


@pytest.mark.soak
def test_a_file_is_done_once_however_often_its_worker_is_killed(
    home: str, processes: ForkServerContext, campaign: Callable[[int], Campaign]
) -> None:
    drawn = campaign(4)
    random = Random(drawn.seed)
    active(home, PARTS * AT_ONCE)
    file = sent(home, range(PARTS * AT_ONCE))
    with Client(home, file) as client:
        for _ in range(drawn.count):
            worker = processes.Process(target=work_through, args=(home,), daemon=True)
            worker.start()
            time.sleep(random.uniform(0, DELAY_MAX_S))
            worker.kill()
            worker.join()
            client.look()
        worker = processes.Process(target=work_through, args=(home,), daemon=True)
        worker.start()
        worker.join()
        assert client.look().state == "done"
        assert [each["row"] for each in client.told] == list(range(1, PARTS * AT_ONCE + 1))
        assert {each["outcome"] for each in client.told} == {"renewed"}
        with psycopg.connect(home) as conn:
            renewals = conn.execute("SELECT ask::text FROM journal WHERE seq = 3").fetchall()
            assert sorted(each["receipt"] for each in client.told) == sorted(
                id_ for (id_,) in renewals
            )
            assert doubled(conn) == ails(conn) == []


def test_a_worker_that_forgets_what_it_sent_pays_twice(home: str) -> None:
    """The twin: killed after its renewals, and begun anew as a file of its own with new keys."""
    active(home, 10)
    shell = house.shell(home)
    file = sent(home, range(10))
    assert files.work(shell, file.principal, file.id, house.terms().rules)
    shell.run(lambda conn: conn.execute("DELETE FROM keys WHERE key LIKE 'file:%'"))
    again = sent(home, range(10))
    assert files.work(shell, again.principal, again.id, house.terms().rules)
    shell.close()
    with psycopg.connect(home) as conn:
        # Each line, and the float that paid.
        assert len(doubled(conn)) == 10


class Workers:
    """The product's own workers on one house, begun one after the other."""

    def __init__(self, processes: ForkServerContext, conninfo: str, data: Path) -> None:
        self._processes, self._conninfo, self._data = processes, conninfo, data
        installation(conninfo, data).migrate()

    def begin(self) -> ForkServerProcess:
        said = (self._conninfo, self._data, PACE)
        worker = self._processes.Process(target=run_worker, args=said)
        worker.start()
        return worker

    def wait_until_gone(self) -> None:
        """Wait until nobody has heard of any worker for a while."""
        alive = "SELECT FROM procrastinate.procrastinate_workers WHERE last_heartbeat > now() - %s"
        gone = f"{PACE.gone_s} s"
        with psycopg.connect(self._conninfo, autocommit=True) as conn:
            wait_for(lambda: not conn.execute(f"{alive}::interval", [gone]).fetchall())

    def waiting(self) -> list[str]:
        with psycopg.connect(self._conninfo) as conn:
            found = conn.execute(
                "SELECT args ->> 'file' FROM procrastinate.procrastinate_jobs"
                " WHERE task_name = 'work_file' AND status = 'todo'"
            )
            return [id_ for (id_,) in found]


def test_the_next_worker_takes_over_from_one_that_was_killed(
    home: str, processes: ForkServerContext, tmp_path: Path
) -> None:
    active(home, AT_ONCE)
    workers = Workers(processes, home, tmp_path)
    file = sent(home, range(20 * AT_ONCE))
    with Client(home, file) as client:
        for done in (1, 4):
            worker = workers.begin()
            client.until(lambda now, done=done: now.at >= done)  # type: ignore[misc]
            worker.kill()
            worker.join()
            workers.wait_until_gone()
        worker = workers.begin()
        client.until(lambda now: now.state == "done")
        worker.terminate()
        worker.join()
        assert worker.exitcode == 0
        assert [each["row"] for each in client.told] == list(range(1, 20 * AT_ONCE + 1))
        assert sum(each["outcome"] == "renewed" for each in client.told) == AT_ONCE
        with psycopg.connect(home) as conn:
            # Under all promotions that are shipped, a float pays less than the full price.
            assert [each for each in doubled(conn) if not each.startswith(house.FLOAT)] == []
            assert ails(conn) == []


def test_a_worker_that_is_told_to_stop_finishes_the_part_at_hand(
    home: str, processes: ForkServerContext, tmp_path: Path
) -> None:
    workers = Workers(processes, home, tmp_path)
    file = sent(home, range(30 * AT_ONCE))
    with Client(home, file) as client:
        worker = workers.begin()
        client.until(lambda now: now.at > 0)
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGTERM)
        worker.join()
        assert worker.exitcode == 0
        stopped = client.look()
        assert len(client.told) == stopped.at * AT_ONCE
        assert workers.waiting() == [str(file.id)] * stopped.is_open
        worker = workers.begin()
        # A minute may have asked for the same file again: who is told to stop now leaves that.
        client.until(lambda now: now.state == "done" and not workers.waiting())
        worker.terminate()
        worker.join()
        assert workers.waiting() == []
