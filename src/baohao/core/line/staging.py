"""Staging: putting a line on the rung where it belongs, and what entering a stage does."""

from __future__ import annotations

from datetime import datetime

from baohao.core.line import charges, pauses, purse
from baohao.core.line.extend import started
from baohao.core.line.run import Run
from baohao.core.line.standing import Settled
from baohao.core.policy.model import Stage


def restage(run: Run, at: datetime, *, by_itself: bool = False, forced: bool = False) -> None:
    """
    Put the line on the rung where it belongs at `at`.

    `by_itself`: nobody acted, so that it is taken down as settled. While the ladder stands still
    only what is `forced` brings a line down.
    """
    stage = run.stage_at(at)
    if stage.name == run.stage.name:
        return
    if run.still and not forced and run.course.lower(stage, run.stage):
        return
    left, run.stage, run.stage_since = run.stage, stage, at
    if by_itself:
        run.settled.append(Settled(what="stage", at=at, id=stage.name, origin=left.name))
    _entered(run, left, at)


def _entered(run: Run, left: Stage, at: datetime) -> None:
    stage, course = run.stage, run.course
    _clear(run, left, at)
    for clock in course.clocks_from.get(f"stage:{stage.name}", ()):
        run.clocks[clock.id] = started(clock, at)
    for charge in course.charges_from.get(f"stage:{left.name}", ()):
        run.charges.pop(charge.id, None)
    for charge in course.charges_from.get(f"stage:{stage.name}", ()):
        run.charges[charge.id] = charges.begun(run.policy, charge, at)
    if stage.balance.kind == "forfeit":
        purse.forfeit(run, run.balances, at)
    pauses.watch_barred(run, at)


def _clear(run: Run, left: Stage, at: datetime) -> None:
    """
    Clear the clocks of the stages that a line is no longer in.

    One that has passed stays while the line is below it: it is why the line is there.
    """
    went_down = run.course.lower(run.stage, left)
    for clock_id in run.course.staged:
        state = run.clocks.get(clock_id)
        if state is not None and not (went_down and state.deadline <= at):
            run.clocks.pop(clock_id)


def force(run: Run, name: str, at: datetime, *, by_itself: bool = False) -> None:
    """
    Put the line on a rung from which only the rungs below can be reached; a park ends with it.
    """
    run.forced = (name, at)
    pauses.resume(run, at, by_itself=True)
    restage(run, at, by_itself=by_itself, forced=True)
