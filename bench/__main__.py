"""
Run the benchmarks: `make bench`, or `python -m bench --help`.

Every figure is a ratio taken in one run, in turns: what disturbs one side disturbs both. The load
of the machine stands beside it. Nothing here passes or fails a test.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from baohao.app.library import read_library
from baohao.app.policies import shipped
from baohao.store import partitions
from bench.at_home import at_home
from bench.cards import keeping
from bench.console import console
from bench.figures import Figure, show, write
from bench.holding import holding
from bench.intake import importing
from bench.matching import matching
from bench.models import fill, models, now_of
from bench.paying import paying
from bench.projecting import projecting, what_if
from bench.receipts import receipts
from bench.renewals import prepare
from bench.renewing import renewing
from bench.server import Server, served
from bench.serving import serving
from bench.soundness import examined
from bench.upkeep import planning

RESULTS = Path(__file__).parent / "results" / "latest.json"
SUITES = (
    *("project", "upkeep", "receipts", "import", "doctor", "matching"),
    *("renewals", "payments", "whatif", "console", "holder", "cards", "api", "home"),
)


def main() -> None:
    """Measure, print the table and write the file."""
    asked = _arguments().parse_args()
    if asked.quick:
        asked.lines, asked.imports, asked.rounds = 1_000_000, 200_000, 3
    with served(asked.data) as server:
        figures = []
        for figure in _measured(server, asked):
            figures.append(figure)
            print(f"{figure.name}: {figure.ours:,} by {figure.theirs}, {figure.ratio}", flush=True)
    write(figures, asked.results)
    show(figures)
    print(f"written to {asked.results}")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "suites", nargs="*", choices=[[], *SUITES], metavar="SUITE", help=", ".join(SUITES)
    )
    parser.add_argument("--lines", type=int, default=10_000_000, help="of the table renewed in")
    parser.add_argument("--imports", type=int, default=1_000_000, help="lines of the file imported")
    parser.add_argument(
        "--payments", type=int, default=1_000_000, help="of the day that is matched"
    )
    parser.add_argument("--renewals", type=int, default=20_000, help="before the doctor is asked")
    parser.add_argument("--receipts", type=int, default=1_000, help="printed and signed")
    parser.add_argument("--notices", type=int, default=3_000, help="of payments, of one slice")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--import-rounds", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0, help="of one slice")
    parser.add_argument("--quick", action="store_true", help="1,000,000 lines, 3 rounds")
    parser.add_argument("--data", type=Path, help="keep the database here; by default it goes")
    parser.add_argument("--results", type=Path, default=RESULTS)
    return parser


def _measured(server: Server, asked: argparse.Namespace) -> Iterator[Figure]:
    suites = asked.suites or SUITES
    library = read_library(shipped()).accepted()
    with server.connect("postgres") as conn:
        now = now_of(conn)
    lives = models(library, now)
    if "project" in suites:
        yield projecting(library, lives, now, rounds=asked.rounds, seconds=1.0)
    if "upkeep" in suites:
        yield from planning(library, now, rounds=asked.rounds)
    if "receipts" in suites:
        yield from receipts(server, asked.receipts, rounds=asked.rounds)
        server.drop("receipts")
    if "import" in suites or "doctor" in suites:
        folder = server.folder
        yield from importing(server, folder, "imported", asked.imports, rounds=asked.import_rounds)
    if "doctor" in suites:
        yield examined(server, "imported", asked.imports, asked.renewals)
    if "matching" in suites:
        server.drop("imported")
        yield from matching(server, server.folder, asked.payments, rounds=asked.import_rounds)
    if not {"renewals", "payments", "whatif", "console", "api"}.isdisjoint(suites):
        for database in ("imported", "bench"):
            server.drop(database)
        server.make("bench")
        with server.connect("bench", autocommit=True) as conn:
            partitions.make(conn, partitions.month_of(now), 2)
            fill(conn, lives, asked.lines)
            prepare(conn)
            conn.execute("VACUUM (FREEZE, ANALYZE)")
            if "whatif" in suites:
                yield what_if(conn, rounds=asked.rounds)
    if "console" in suites:
        yield from console(server, "bench", rounds=asked.rounds)
    if "holder" in suites:
        yield from holding(server, rounds=asked.rounds)
    if "cards" in suites:
        yield from keeping(server, rounds=asked.rounds)
    if "home" in suites:
        yield from at_home(server.folder)
    if "renewals" in suites:
        yield from renewing(
            server, "bench", asked.lines, rounds=asked.rounds, seconds=asked.seconds
        )
    if "payments" in suites:
        yield from paying(server, "bench", asked.lines, rounds=asked.rounds, count=asked.payments)
    if "api" in suites:
        yield from serving(server, "bench", asked.lines, rounds=asked.rounds, seconds=asked.seconds)


if __name__ == "__main__":
    main()
