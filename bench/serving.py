"""The API's figures: renewals and look-ups over HTTP, against pgbench on the same tables."""

from __future__ import annotations

import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from psutil import NoSuchProcess, Process

from baohao.app.agents import registry
from baohao.app.library import read_library
from baohao.app.partners import keys
from baohao.app.policies import shipped
from baohao.core.agents import Agent
from baohao.core.credentials import Credential, scopes
from bench.figures import Figure, compared
from bench.machine import Slice, interleaved, measured
from bench.models import terms_of
from bench.partner import Remote, partner
from bench.renewals import PART, SCRIPT, Renewals, Rival
from bench.server import Server

MANY = 32
#: Connections of the partner that asks more than can be served.
CROWD = 1_500
UNIT = "renewals/s"


@dataclass(frozen=True, slots=True)
class Served:
    """The API's process, and a partner beside it."""

    server: Server
    database: str
    lines: int
    process: subprocess.Popen[bytes]
    remote: Remote
    operator: Remote

    def cpu_s(self) -> float:
        """What the API and the database have worked so far."""
        return _worked(self.process.pid) + self.database_cpu_s()

    def database_cpu_s(self) -> float:
        """What the database has worked so far, its sessions that ended too."""
        return _worked(self.server.running.pid)


def serving(
    server: Server, database: str, lines: int, *, rounds: int, seconds: float
) -> Iterator[Figure]:
    """Measure the API on filled tables."""
    with _served(server, database, lines) as found:
        rival = Rival(server, database, lines)
        found.remote.do("renew", clients=MANY, seconds=seconds)
        slices = interleaved(
            {
                "api": lambda: found.remote.done("renew", clients=2 * MANY, seconds=seconds),
                "pgbench": rival.theirs(MANY, seconds, is_hot=True),
            },
            rounds,
        )
        ours, theirs = slices["api"], slices["pgbench"]
        yield compared(
            "one hot float over HTTP by pgbench, 32 clients",
            ours,
            theirs,
            goal="at least 1.5",
            unit=UNIT,
        )
        peak = statistics.median(each.rate for each in ours)
        slow = min(peak, statistics.median(each.rate for each in theirs))
        yield _latency(found, rate=0.5 * slow, rounds=rounds, seconds=seconds)
        yield _overload(found, peak, rounds=rounds, seconds=seconds)
        yield from _looking(found, rounds=rounds, seconds=seconds)
        yield _bulk(found, rounds=rounds, seconds=seconds)


def _latency(found: Served, *, rate: float, rounds: int, seconds: float) -> Figure:
    """The slowest of a hundred, from when it was due, at the same rate of arrival for both."""
    ours, theirs, loads = list[float](), list[float](), list[float]()
    for _ in range(rounds):
        for work, kept in (
            (lambda: _p99_of_api(found, rate, seconds), ours),
            (lambda: _p99_of_pgbench(found, rate, seconds), theirs),
        ):
            each = measured(lambda work=work, kept=kept: kept.append(work()) or 0)  # type: ignore[misc]
            loads.append(each.load)
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return Figure(
        name=f"p99 over HTTP by pgbench's at {rate:,.0f} arrivals/s",
        ours=round(1000 * statistics.median(ours), 1),
        theirs=round(1000 * statistics.median(theirs), 1),
        ratio=round(ratio, 2),
        goal="at most 2",
        unit="ms",
        load=round(statistics.median(loads), 2),
    )


def _p99_of_api(found: Served, rate: float, seconds: float) -> float:
    told = found.remote.do("paced", clients=4 * MANY, seconds=seconds, rate=rate)
    return float(told["p99_s"])


def _p99_of_pgbench(found: Served, rate: float, seconds: float) -> float:
    script = SCRIPT.format(
        first=60_000_000, last=found.lines // 2 - 1, sellers=1, seller="'seller'"
    )
    with tempfile.TemporaryDirectory() as folder:
        prefix = Path(folder) / "log"
        found.server.pgbench(
            found.database,
            script,
            clients=MANY,
            seconds=round(seconds),
            more=("-R", f"{rate:.0f}", "-l", "--log-prefix", str(prefix)),
        )
        rows = [line.split() for log in Path(folder).iterdir() for line in log.open()]
    # Its third column is microseconds from when the transaction was due.
    latencies = sorted(int(row[2]) for row in rows)
    return latencies[int(len(latencies) * 0.99)] / 1e6


def _overload(found: Served, peak: float, *, rounds: int, seconds: float) -> Figure:
    served, loads = list[float](), list[float]()
    for _ in range(rounds):

        def work() -> int:
            told = found.remote.do("paced", clients=CROWD, seconds=seconds, rate=3 * peak)
            served.append(told["statuses"].get("201", 0) / told["seconds"])
            return 1

        loads.append(measured(work).load)
    return Figure(
        name="three times as much as can be served: what is, by the peak",
        ours=round(statistics.median(served), 1),
        theirs=round(peak, 1),
        ratio=round(statistics.median(served) / peak, 2),
        goal="at least 0.8",
        unit=UNIT,
        load=round(statistics.median(loads), 2),
    )


def _bulk(found: Served, *, rounds: int, seconds: float) -> Figure:
    conninfo = found.server.running.conninfo(found.database)
    door = Renewals(conninfo, terms_of(conninfo), found.lines, first=2)
    slices = interleaved(
        {
            "api": lambda: found.remote.done("many", clients=1, seconds=seconds, many=PART),
            "file": door.ours(PART, seconds, is_hot=True),
        },
        rounds,
    )
    return compared(
        "10,000 in one request by the door's own file",
        slices["api"],
        slices["file"],
        goal="at least 0.8",
        unit=UNIT,
    )


def _looking(found: Served, *, rounds: int, seconds: float) -> Iterator[Figure]:
    _prepare_select(found.server)
    for many, goal in ((100, "at most 2.2"), (1, "at most 5")):
        ours, theirs, loads = list[float](), list[float](), list[float]()
        for _ in range(rounds):
            one = _cost(
                lambda many=many: (
                    many
                    * found.operator.done(  # type: ignore[misc]
                        "look", clients=MANY, seconds=seconds, many=many
                    )
                ),
                found.cpu_s,
            )
            other = _cost(
                lambda: found.server.pgbench(
                    "selecting", "", clients=MANY, seconds=round(seconds), more=("-S",)
                ),
                found.database_cpu_s,
            )
            ours.append(one[0])
            theirs.append(other[0])
            loads += [one[1].load, other[1].load]
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        yield Figure(
            name=f"until when a number is safe, {many} a request: CPU by pgbench -S",
            ours=round(1e6 * statistics.median(ours), 1),
            theirs=round(1e6 * statistics.median(theirs), 1),
            ratio=round(ratio, 2),
            goal=goal,
            unit="microseconds of CPU",
            load=round(statistics.median(loads), 2),
        )


def _cost(work: Callable[[], int], cpu_s: Callable[[], float]) -> tuple[float, Slice]:
    """Return what one of them cost in CPU seconds."""
    before = cpu_s()
    each = measured(work)
    return (cpu_s() - before) / each.done, each


def _prepare_select(server: Server) -> None:
    server.make("selecting")
    command = [str(server.running.bin_dir / "pgbench"), "-i", "-q", "-s", "20"]
    command += ["-h", str(server.running.socket_dir), "-p", str(server.running.port)]
    subprocess.run([*command, "-U", "baohao", "selecting"], check=True, capture_output=True)


def _worked(pid: int) -> float:
    """Return the CPU seconds of a process and all that it started, those that ended too."""
    first = Process(pid)
    total = 0.0
    for child in first.children(recursive=True):
        # One that ends now is counted with those of its parent that ended, below.
        with suppress(NoSuchProcess):
            times = child.cpu_times()
            total += times.user + times.system
    own = first.cpu_times()
    return float(total + own.user + own.system + own.children_user + own.children_system)


@contextmanager
def _served(server: Server, database: str, lines: int) -> Iterator[Served]:
    running = server.running
    url = f"postgresql:///{database}?host={running.socket_dir}&port={running.port}&user=baohao"
    agent = Agent(key="seller", name="Seller", operators=frozenset({"demo"}), currency="MOP")
    operators = read_library(shipped()).accepted().operators
    with server.connect(database) as conn:
        registry.add(conn, agent, operators)
        made = []
        for owner, scope in (("seller", ["sell"]), ("operator:demo", ["read"])):
            id_, whole, verifier = keys.drawn(False, secrets.token_bytes)
            wanted = Credential(
                id=id_,
                owner=owner,
                label=f"bench {id_}",
                is_sandbox=False,
                verifier=verifier,
                scopes=scopes(scope),
                per_second=1_000_000,
                per_day=10**9,
            )
            keys.create(conn, wanted, operators)
            made.append(whole)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", "baohao.api.main:app"]
    command += ["--port", str(port), "--log-level", "error", "--no-access-log"]
    environ = {**os.environ, "BAOHAO_DATABASE_URL": url}
    with subprocess.Popen(command, env=environ) as process:
        try:
            _await(port)
            with partner(port, made[0], lines) as one, partner(port, made[1], lines) as other:
                yield Served(server, database, lines, process, one, other)
        finally:
            process.terminate()


def _await(port: int) -> None:
    for _ in range(600):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the API did not start")
