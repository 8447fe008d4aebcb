"""
Dues: what falls due by itself, in order, each thing at its own instant.

Of things due at one instant, queued time comes first, then the end of a park, a limit, forfeits,
the next stage, and charges in their own order. See docs/rules/settling.md.
"""

from __future__ import annotations

from datetime import datetime

from baohao.core.civil import after
from baohao.core.line import charges, granting, ladder, pauses, purse, staging
from baohao.core.line.run import Run

#: (instant, rank, name).
Due = tuple[datetime, int, str]

QUEUED, PARK, LIMIT, FORFEIT, STAGE, CHARGE = 0, 1, 2, 3, 4, 5
#: The balances of a line, all of them.
ALL = "*"
#: More things than this at one instant are a defect, not a life.
AT_ONCE_MAX = 1_000


def advance(run: Run, until: datetime) -> None:
    """Settle everything that falls due up to and including `until`."""
    at_once = 0
    while (due := next_due(run)) is not None and due[0] <= until:
        at_once = at_once + 1 if due[0] == run.at else 0
        if at_once > AT_ONCE_MAX:
            raise AssertionError(f"a line settles without end at {due}")
        settle(run, due)


def next_due(run: Run) -> Due | None:
    """Return the next thing that falls due by itself; `None`: nothing does."""
    dues: list[Due] = []
    for charge in run.policy.charges:
        state = run.charges.get(charge.id)
        if state is not None and state.due is not None:
            dues.append((state.due, CHARGE + charge.order, charge.id))
    park = run.policy.park
    if run.parked_since and park and park.max and park.resumes == "by_itself":
        dues.append((after(run.parked_since, park.max, run.policy.zone), PARK, ""))
    _dues_of_clocks(run, dues)
    if not run.still:
        _dues_of_stage(run, dues)
    if not dues:
        return None
    at, rank, name = min(dues)
    # What became due while something else held it up is due now: time only moves forward.
    return (at if run.at is None else max(at, run.at)), rank, name


def _dues_of_clocks(run: Run, dues: list[Due]) -> None:
    course, clocks = run.course, run.policy.clocks
    if course.queues:
        for clock_id, state in run.clocks.items():
            if state.queued and not run.paused(clocks[clock_id]):
                dues.append((state.deadline, QUEUED, clock_id))
    for balance in course.expiring:
        if run.balances.get(balance.id, 0) > 0 and balance.expires is not None:
            passes = run.deadline(balance.expires)
            if passes is not None and not run.paused(clocks[balance.expires]):
                dues.append((passes, FORFEIT, balance.id))
    if run.barred.since is not None and run.stage.keeping:
        for clock in course.limits:
            passes = run.limit(clock)
            # A park counts even where it stops the clocks; only a hold stops the count.
            if passes is not None and not (run.held_since is not None and clock.holds):
                dues.append((passes, LIMIT, clock.id))
    if run.stage is ladder.STOCK:
        for clock in course.activate_by:
            passes = run.deadline(clock.id)
            if passes is not None and not run.paused(clock):
                dues.append((passes, LIMIT, clock.id))


def _dues_of_stage(run: Run, dues: list[Due]) -> None:
    if run.stage_since is None:
        return
    effect = run.stage.balance
    if effect.span is not None and effect.kind == "forfeit_after" and any(run.balances.values()):
        dues.append(
            (ladder.lasting(run.policy, run.stage_since, effect.span, run.frozen), FORFEIT, ALL)
        )
    end = run.stage_end()
    if end is not None:
        dues.append((max(end, run.stage_since), STAGE, ""))


def settle(run: Run, due: Due) -> None:
    """Let one due thing happen."""
    at, rank, name = due
    if rank == QUEUED:
        granting.grant_queued(run, name, at)
    elif rank == PARK:
        pauses.resume(run, at, by_itself=True)
    elif rank == LIMIT:
        staging.force(run, run.course.first_lost.name, at, by_itself=True)
    elif rank == FORFEIT:
        purse.forfeit(run, run.balances if name == ALL else (name,), at)
    elif rank == STAGE:
        staging.restage(run, at, by_itself=True)
    else:
        charge = next(c for c in run.policy.charges if c.id == name)
        charges.fall_due(run, charge, at)
    run.at = at
