"""
The renewals' figures: with one hot float, without contention, and as a file of 10,000.

A second door is a process of its own, told over its standard input for how long to renew.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from baohao.app import shell
from bench.figures import Figure, compared
from bench.machine import Slice, interleaved
from bench.models import terms_of
from bench.renewals import BATCH, PART, Renewals, Rival
from bench.server import Server

#: Clients of pgbench against one hot float; which of the few does best is found out.
MANY, FEW = 32, (1, 2, 4)
UNIT = "renewals/s"


def renewing(
    server: Server, database: str, lines: int, *, rounds: int, seconds: float
) -> list[Figure]:
    """Measure the door against pgbench on filled tables."""
    # This process is now one that runs batches.
    shell.steady()
    conninfo = server.running.conninfo(database)
    found = Renewals(conninfo, terms_of(conninfo), lines)
    rival = Rival(server, database, lines)
    # After a checkpoint the first touch of each page logs the whole page, on both sides alike.
    interleaved(
        {
            "ours": found.ours(BATCH, 2 * seconds, is_hot=True),
            "theirs": rival.theirs(2, 2 * seconds, is_hot=False),
        },
        1,
    )
    return [
        *_hot(found, rival, rounds=rounds, seconds=seconds),
        *_spread(found, rival, conninfo, rounds=rounds, seconds=seconds),
    ]


def _hot(found: Renewals, rival: Rival, *, rounds: int, seconds: float) -> list[Figure]:
    ways = {"door": found.ours(BATCH, seconds, is_hot=True)}
    ways |= {f"{c}": rival.theirs(c, seconds, is_hot=True) for c in (MANY, *FEW)}
    slices = interleaved(ways, rounds)
    best = max(map(str, FEW), key=lambda way: sum(each.rate for each in slices[way]))
    ours = slices["door"]
    return [
        _figure("one hot float: door by pgbench, 32 clients", ours, slices[str(MANY)], 4),
        _figure(
            f"one hot float: door by pgbench at its best, {best} client", ours, slices[best], 2
        ),
    ]


def _spread(
    found: Renewals, rival: Rival, conninfo: str, *, rounds: int, seconds: float
) -> list[Figure]:
    door = found.ours(BATCH, seconds, is_hot=False)
    with _second_door(conninfo, found.lines, seconds) as two_doors:
        slices = interleaved(
            {
                "door": door,
                "1": rival.theirs(1, seconds, is_hot=False),
                "two doors": lambda: two_doors(door),
                "2": rival.theirs(2, seconds, is_hot=False),
                "file": found.ours(PART, seconds, is_hot=False),
            },
            rounds,
        )
    one, two = slices["1"], slices["2"]
    return [
        _figure("many floats: one door by pgbench, one writer", slices["door"], one, 1.2),
        _figure("many floats: two doors by pgbench, two writers", slices["two doors"], two, 2),
        _figure("file of 10,000, many floats, by pgbench, two writers", slices["file"], two, 2.5),
    ]


def _figure(name: str, ours: list[Slice], theirs: list[Slice], goal: float) -> Figure:
    return compared(name, ours, theirs, goal=f"at least {goal:g}", unit=UNIT)


@contextmanager
def _second_door(
    conninfo: str, lines: int, seconds: float
) -> Iterator[Callable[[Callable[[], int]], int]]:
    """Give what runs a door beside another in a process of its own, and adds up what both did."""
    command = [sys.executable, "-m", "bench.renewing", conninfo, str(lines)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        asked, said = other.stdin, other.stdout
        assert asked is not None
        assert said is not None
        said.readline()

        def both(door: Callable[[], int]) -> int:
            print(seconds, file=asked, flush=True)
            return door() + int(said.readline())

        yield both
        asked.close()


def _serve(conninfo: str, lines: int) -> None:
    """Renew lines that the first door leaves alone, for as long as each line read says."""
    shell.steady()
    found = Renewals(conninfo, terms_of(conninfo), lines, first=2)
    found.batch(BATCH, is_hot=False)
    print("ready", flush=True)
    for seconds in sys.stdin:
        print(found.ours(BATCH, float(seconds), is_hot=False)(), flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
