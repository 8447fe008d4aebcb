"""The cheapest way to keep a line for ten years: of one line, and of every product there is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from baohao.app.library import Library
from baohao.core.policy.model import Policy
from baohao.core.refusals import Refusal
from baohao.core.upkeep.plan import Upkeep, begun, upkeep
from bench.figures import Figure
from bench.machine import cpu, measured, median_load, median_rate

YEARS_DAYS = 3_652
#: The line of the goal: one kind of act, one reading of the rules, two acts a year.
PIN = "gb.giffgaff.payg@2026-11"
#: The work of a slice.
PLANS = 50
GOAL_MS = 5


def planning(library: Library, now: datetime, *, rounds: int) -> Iterator[Figure]:
    """Yield what a plan costs (milliseconds of CPU), and for how many products it costs no more."""
    policy = library.policies[PIN]

    def plans() -> int:
        for _ in range(PLANS):
            _plan(policy, now)
        return PLANS

    ours = [cpu(plans) for _ in range(rounds)]
    yield Figure(
        name=f"upkeep: ten years of a line, {len(_plan(policy, now).steps)} acts",
        ours=round(1e3 / median_rate(ours), 2),
        theirs=None,
        ratio=None,
        goal=f"at most {GOAL_MS}",
        unit="milliseconds of CPU",
        load=round(median_load(ours), 2),
    )
    every = [measured(lambda: _within(library, now))]
    planned = sum(_planned(policy, now) for policy in library.policies.values())
    yield Figure(
        name=f"upkeep: products planned for ten years in {GOAL_MS} ms of CPU, of {planned}",
        ours=every[0].done,
        theirs=None,
        ratio=None,
        goal="",
        unit="products",
        load=round(median_load(every), 2),
    )


def _plan(policy: Policy, now: datetime) -> Upkeep:
    return upkeep(policy, begun(policy, now), now, now + timedelta(days=YEARS_DAYS))


def _planned(policy: Policy, now: datetime) -> bool:
    try:
        return bool(_plan(policy, now).steps)
    except Refusal:
        return False


def _within(library: Library, now: datetime) -> int:
    """Return how many products with acts to plan are planned within the goal, the second time."""
    within = 0
    for policy in library.policies.values():
        if _planned(policy, now):
            began = time.process_time()
            _plan(policy, now)
            within += time.process_time() - began <= GOAL_MS / 1e3
    return within
