"""
Import with full validation against a raw COPY of the same rows into the same tables and indexes.

Our side is a process of its own, so that its memory can be told: it reads a CSV file of lines in
use, checks each number, card and date, and puts them in. The rival gets what came of it as files in
COPY's binary form, one a table, with nothing left to check or work out.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from baohao.app import shell
from baohao.app.door import Door
from baohao.app.enrol import By
from baohao.app.intake import Intake
from baohao.app.inventory import Defaults, read_inventory
from baohao.app.inventory_kinds import Kinds
from baohao.app.library import read_library
from baohao.app.policies import shipped
from baohao.core.asks import Terms
from baohao.core.identifiers.luhn import luhn_digit
from baohao.outside.ids import new_id
from baohao.store import partitions
from bench.figures import Figure
from bench.machine import Slice, measured, median_load, median_rate, median_ratio, peak_mib
from bench.models import DAYS, FIRST_NUMBER, PLAN
from bench.server import Server

#: What an import fills.
TABLES = ("lines", "tenures", "cards", "due", "boundaries", "benefits", "journal", "entries")
#: The most memory that an import may take.
MEMORY_MIB = 1024


def write_inventory(path: Path, lines: int, today: date) -> None:
    """Write a file of lines in use, each with its card, in no order."""
    numbers = list(range(lines))
    Random(1).shuffle(numbers)
    days = [(today - timedelta(days=1 + n)).isoformat() for n in range(DAYS)]
    with path.open("w", encoding="ascii") as file:
        file.write("number,iccid,status,activated\n")
        for n in numbers:
            body = f"8985301{n:011d}"
            number, card = FIRST_NUMBER + n, body + luhn_digit(body)
            file.write(f"+853{number},{card},active,{days[n % DAYS]}\n")


def take_in(path: Path, conninfo: str) -> None:
    """Import a file, and print how long it took and the most memory that it had."""
    library = read_library(shipped()).accepted()
    began = time.perf_counter()
    now = datetime.now(UTC)

    def terms() -> Terms:
        return Terms(rules=library.policies, transfer=new_id())

    running = shell.Shell(Door(terms), lambda: shell.connect(conninfo))
    kinds = Kinds(library.policies, library.operators, now)
    read = read_inventory(path, kinds, defaults=Defaults(operator="demo", plan=PLAN))
    taken = Intake(running, terms, By(principal="bench", channel="operator"), new_id).take(read)
    running.close()
    told = {
        "new": taken.new,
        "faults": [str(f) for f in (*read.faults, *taken.faults)][:3],
        "seconds": time.perf_counter() - began,
        "peak_mib": peak_mib(),
    }
    print(json.dumps(told))


def importing(
    server: Server, folder: Path, database: str, lines: int, *, rounds: int
) -> list[Figure]:
    """Measure an import against COPY; the last import stays in `database`."""
    file = folder / "inventory.csv"
    now = datetime.now(UTC)
    write_inventory(file, lines, now.date())
    ours: list[Slice] = []
    theirs: list[Slice] = []
    peak = 0.0
    for _ in range(rounds):
        _fresh(server, database, now)
        told: dict[str, Any] = {}
        whole = measured(partial(_taken, server, file, database, told))
        ours.append(Slice(done=lines, seconds=told["seconds"], load=whole.load))
        peak = max(peak, told["peak_mib"])
        rows = dict(_copied_out(server, folder, database))
        _fresh(server, "rival", now)
        theirs.append(measured(partial(_copied_in, server, rows, lines)))
        for path in rows.values():
            path.unlink()
    server.drop("rival")
    file.unlink()
    load = round(median_load(ours, theirs), 2)
    return [
        Figure(
            name=f"import of {lines:,} lines by COPY of the same rows",
            ours=round(median_rate(ours)),
            theirs=round(median_rate(theirs)),
            ratio=round(median_ratio(ours, theirs), 2),
            goal="at least 0.5",
            unit="lines/s",
            load=load,
        ),
        Figure(
            name=f"import of {lines:,} lines: peak memory",
            ours=round(peak),
            theirs=None,
            ratio=None,
            goal=f"at most {MEMORY_MIB}",
            unit="MiB",
            load=load,
        ),
    ]


def _fresh(server: Server, database: str, now: datetime) -> None:
    server.drop(database)
    server.make(database)
    with server.connect(database) as conn:
        partitions.make(conn, partitions.month_of(now))
    server.checkpoint()


def _taken(server: Server, file: Path, database: str, told: dict[str, Any]) -> int:
    conninfo = server.running.conninfo(database)
    command = [sys.executable, "-m", "bench.intake", str(file), conninfo]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    told |= json.loads(said)
    assert not told["faults"], told["faults"]
    return int(told["new"])


def _copied_out(server: Server, folder: Path, database: str) -> Iterator[tuple[str, Path]]:
    with server.connect(database) as conn:
        for table in TABLES:
            path = folder / f"{table}.copy"
            with path.open("wb") as file, conn.cursor() as cursor:
                query = f"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT binary)"
                with cursor.copy(query) as copy:
                    for data in copy:
                        file.write(data)
            yield table, path


def _copied_in(server: Server, rows: dict[str, Path], lines: int) -> int:
    with server.connect("rival") as conn:
        for table, path in rows.items():
            _copy(conn, table, path)
    return lines


def _copy(conn: psycopg.Connection[Any], table: str, path: Path) -> None:
    query = f"COPY {table} FROM STDIN (FORMAT binary)"
    with path.open("rb") as file, conn.cursor() as cursor, cursor.copy(query) as copy:
        while data := file.read(1 << 20):
            copy.write(data)


if __name__ == "__main__":
    take_in(Path(sys.argv[1]), sys.argv[2])
