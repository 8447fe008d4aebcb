"""
The spike's measurements: interleaved slices of the door and of pgbench on the same tables.

CPU of PostgreSQL is read from /proc: the live processes plus what the postmaster has reaped.
Make the tables with psql -v lines=1000000 -f schema.sql -f renew.sql, then:

    measure.py --url CONNINFO --pid POSTMASTER --pgbench PATH [--rounds 5] [--seconds 3] SUITE...
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from door import Ask, Door, Shape

TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")

SCRIPT = """\\set agent {agent}
\\set n random(0, {last})
\\set k random(1, 9000000000000000000)
select renew(:agent, :n, 'agent:' || :agent, :k::text, '\\x78787878787878787878787878787878')
"""


def stat(pid: int | str) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def server_us(postmaster: int) -> float:
    """CPU of the postmaster, its living children and those it has reaped, in microseconds."""
    mine = stat(postmaster)
    total = sum(map(int, mine[11:15]))
    for folder in Path("/proc").glob("[0-9]*"):
        s = stat(folder.name)
        if s and int(s[1]) == postmaster:
            total += int(s[11]) + int(s[12])
    return total * TICK_US


def busy() -> tuple[int, int]:
    ticks = list(map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9]))
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    rate: float  #: renewals a second
    server_us: float  #: CPU of PostgreSQL a renewal
    client_us: float  #: CPU of the client a renewal
    wal_bytes: float  #: WAL a renewal
    load: float  #: how busy the machine was, ours and others', 0 to 1


class Bench:
    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.watch = psycopg.connect(args.url, autocommit=True)
        self.lines = self.watch.execute("select count(*) from due").fetchone()[0]

    def slice(self, work: Callable[[], tuple[int, float]]) -> Slice:
        """`work` answers how many renewals it made and how much CPU its client used, in us."""
        wal = self.watch.execute("select pg_current_wal_insert_lsn()").fetchone()[0]
        cpu, (b0, t0), start = server_us(self.args.pid), busy(), time.perf_counter()
        done, client_us = work()
        took = time.perf_counter() - start
        (b1, t1) = busy()
        wrote = self.watch.execute(
            "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", [wal]
        ).fetchone()[0]
        return Slice(
            rate=done / took,
            server_us=(server_us(self.args.pid) - cpu) / done,
            client_us=client_us / done,
            wal_bytes=float(wrote) / done,
            load=(b1 - b0) / max(1, t1 - t0),
        )

    def pgbench(self, clients: int, agent: str) -> Callable[[], tuple[int, float]]:
        def work() -> tuple[int, float]:
            with tempfile.NamedTemporaryFile("w", suffix=".sql") as f:
                f.write(SCRIPT.format(agent=agent, last=self.lines - 1))
                f.flush()
                info = psycopg.conninfo.conninfo_to_dict(self.args.url)
                before = os.times()
                out = subprocess.run(
                    [
                        self.args.pgbench,
                        "-n",
                        "-M",
                        "prepared",
                        "-c",
                        str(clients),
                        "-j",
                        "2" if clients > 1 else "1",
                        "-T",
                        str(self.args.seconds),
                        "-f",
                        f.name,
                        "-h",
                        str(info["host"]),
                        "-U",
                        str(info["user"]),
                        str(info["dbname"]),
                    ],
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
                after = os.times()
            found = re.search(r"actually processed: (\d+)", out)
            assert found, out
            used = (
                after.children_user
                - before.children_user
                + after.children_system
                - before.children_system
            )
            return int(found[1]), used * 1e6

        return work

    def door(
        self, shape: Shape, size: int, hot: bool = True, url: str | None = None
    ) -> Callable[[], tuple[int, float]]:
        conn = psycopg.connect(url or self.args.url)
        door, rng = Door(conn, shape), random.Random()

        def asks() -> list[Ask]:
            agent = 0 if hot else rng.randrange(10000)
            return [
                Ask(n, agent if hot else rng.randrange(10000), uuid.uuid4())
                for n in rng.sample(range(self.lines), size)
            ]

        for _ in range(3):
            door.batch(asks())

        def work() -> tuple[int, float]:
            end, cpu, done = time.perf_counter() + self.args.seconds, time.thread_time(), 0
            while time.perf_counter() < end:
                door.batch(asks())
                done += size
            return done, (time.thread_time() - cpu) * 1e6

        return work

    def run(
        self, suite: str, ways: dict[str, Callable[[], tuple[int, float]]]
    ) -> list[dict[str, Any]]:
        got: dict[str, list[Slice]] = {name: [] for name in ways}
        for _ in range(self.args.rounds):
            for name, work in ways.items():
                got[name].append(self.slice(work))
        first = next(iter(ways))
        rows = []
        for name, slices in got.items():
            ratio = statistics.median(
                s.rate / b.rate for s, b in zip(slices, got[first], strict=True)
            )
            mid = {
                f: statistics.median(getattr(s, f) for s in slices)
                for f in ("rate", "server_us", "client_us", "wal_bytes", "load")
            }
            rows.append(
                {
                    "suite": suite,
                    "name": name,
                    "ratio": round(ratio, 2),
                    **{k: round(v, 2 if k == "load" else 0) for k, v in mid.items()},
                }
            )
            print(
                f"{suite:9} {name:28} x{ratio:5.2f} {mid['rate']:7.0f}/s"
                f" server {mid['server_us']:5.0f} us client {mid['client_us']:5.0f} us"
                f" wal {mid['wal_bytes']:6.0f} B load {mid['load']:.2f}",
                flush=True,
            )
        return rows


def two(
    one: Callable[[], tuple[int, float]], other: Callable[[], tuple[int, float]]
) -> Callable[[], tuple[int, float]]:
    def work() -> tuple[int, float]:
        answers: list[tuple[int, float]] = []
        threads = [threading.Thread(target=lambda w=w: answers.append(w())) for w in (one, other)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return sum(a[0] for a in answers), sum(a[1] for a in answers)

    return work


def suites(b: Bench) -> dict[str, Callable[[], dict[str, Callable[[], tuple[int, float]]]]]:
    s, spread = Shape(), "random(0, 9999)"
    return {
        "hot": lambda: (
            {f"pgbench hot c={c}": b.pgbench(c, "0") for c in (32, 1, 2, 4, 8)}
            | {f"door {n}": b.door(s, n) for n in (1, 10, 100, 300, 1000)}
        ),
        "spread": lambda: (
            {
                "pgbench spread c=2": b.pgbench(2, spread),
                "pgbench spread c=1": b.pgbench(1, spread),
                "pgbench spread c=32": b.pgbench(32, spread),
            }
            | {f"door spread {n}": b.door(s, n, hot=False) for n in (100, 300)}
            | {
                "door spread 10000": b.door(s, 10000, hot=False),
                "door file 10000": b.door(s, 10000),
                "door spread 300 x2": two(b.door(s, 300, hot=False), b.door(s, 300, hot=False)),
            }
        ),
        "shape": lambda: {
            name: b.door(replace(s, **kw), 300)
            for name, kw in {
                "default": {},
                "float entry a renewal": {"float_entry": "renewal"},
                "posting rows": {"postings": "rows"},
                "journal whole": {"journal": "journal_whole"},
                "key uuid": {"keys": "uuid"},
                "due exact": {"due": "exact"},
                "benefit by uuid": {"benefits": "uuid"},
                "json stdlib": {"json": "stdlib"},
                "unprepared": {"prepare": False},
                "no pipeline": {"pipeline": False},
            }.items()
        },
        "passing": lambda: {
            p: b.door(replace(s, passing=p), 300) for p in ("text", "binary", "literal", "json")
        },
        "server": lambda: {
            name: b.door(s, size, url=f"{b.args.url} options='{options}'")
            for name, size, options in (
                ("default", 300, ""),
                ("generic plans", 300, "-c plan_cache_mode=force_generic_plan"),
                ("wal_compression", 300, "-c wal_compression=on"),
                ("file 10000", 10000, ""),
                ("file 10000, generic plans", 10000, "-c plan_cache_mode=force_generic_plan"),
            )
        },
        "big": lambda: {
            "pgbench hot c=32": b.pgbench(32, "0"),
            "pgbench hot c=1": b.pgbench(1, "0"),
            "pgbench spread c=2": b.pgbench(2, spread),
            "door 300": b.door(s, 300),
            "door 10000": b.door(s, 10000),
        },
        "warm": lambda: {"door 10000": b.door(s, 10000)},
        "overlap": lambda: {
            "one door": b.door(s, 300),
            "two doors": two(b.door(s, 300), b.door(s, 300)),
            "two doors, late float": two(
                b.door(replace(s, float_lock="late"), 300),
                b.door(replace(s, float_lock="late"), 300),
            ),
        },
    }


def main() -> None:
    ap = argparse.ArgumentParser()
    ap.add_argument("--url", required=True)
    ap.add_argument("--pid", type=int, required=True)
    ap.add_argument("--pgbench", required=True)
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--seconds", type=int, default=3)
    ap.add_argument("suites", nargs="+")
    bench = Bench(ap.parse_args())
    rows = [r for name in bench.args.suites for r in bench.run(name, suites(bench)[name]())]
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
