"""`project` against plain conversions of civil days to UTC, and what-if by date against a count."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from itertools import cycle
from typing import Any

import psycopg

from baohao.app import whatif
from baohao.app.library import Library
from baohao.core.line.project import Projection, project
from bench.figures import Figure
from bench.machine import interleaved, median_load, median_rate, median_ratio
from bench.models import PIN, Model

#: Work between two looks at the clock.
CHUNK = 200


def projecting(
    library: Library, lines: Sequence[Model], now: datetime, *, rounds: int, seconds: float
) -> Figure:
    """Return what `project` costs a deadline, in conversions of a civil day to UTC."""
    policy = library.policies[PIN]
    told = [_deadlines(project(policy, m.state.standing, m.state.acts, now)) for m in lines]
    each = sum(told) / len(told)
    models, days = cycle(lines), cycle([now.date() + timedelta(days=n) for n in range(4 * 366)])

    def projects() -> None:
        for _ in range(CHUNK):
            model = next(models)
            project(policy, model.state.standing, model.state.acts, now)

    def conversions() -> None:
        for _ in range(CHUNK):
            datetime.combine(next(days), wall_time(0), policy.zone).astimezone(UTC)

    slices = interleaved(
        {
            "ours": lambda: round(_for(seconds, projects) * each),
            "theirs": lambda: _for(seconds, conversions),
        },
        rounds,
    )
    ours, theirs = slices["ours"], slices["theirs"]
    return Figure(
        name="project: cost of a deadline in civil-to-UTC conversions",
        ours=round(1e6 / median_rate(ours), 2),
        theirs=round(1e6 / median_rate(theirs), 2),
        ratio=round(median_ratio(theirs, ours), 2),
        goal="at most 6",
        unit="microseconds",
        load=round(median_load(ours, theirs), 2),
    )


def _deadlines(found: Projection) -> int:
    told = [*found.clocks.values(), found.safe_until, found.service_until]
    return len(found.ahead) + sum(deadline is not None for deadline in told)


def _for(seconds: float, work: Callable[[], None]) -> int:
    end, done = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        work()
        done += CHUNK
    return done


def what_if(conn: psycopg.Connection[Any], *, rounds: int) -> Figure:
    """Return what a what-if by date costs, in index-only counts of the same lines."""
    [(now,)] = conn.execute("SELECT clock_timestamp() + interval '100 days'").fetchall()

    def ours() -> int:
        whatif.on_day(conn, now)
        return 1

    def theirs() -> int:
        conn.execute("SET LOCAL enable_seqscan = off")
        conn.execute("SELECT count(*) FROM lines").fetchall()
        conn.execute("SET LOCAL enable_seqscan = on")
        return 1

    ours(), theirs()
    slices = interleaved({"ours": ours, "theirs": theirs}, rounds)
    a, b = slices["ours"], slices["theirs"]
    return Figure(
        name="what-if by date: cost in index-only counts",
        ours=round(1e3 / median_rate(a), 1),
        theirs=round(1e3 / median_rate(b), 1),
        ratio=round(median_ratio(b, a), 2),
        goal="at most 3",
        unit="milliseconds",
        load=round(median_load(a, b), 2),
    )
