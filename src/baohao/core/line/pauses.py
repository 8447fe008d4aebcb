"""
Pauses: a park at the holder's wish, a hold by law or for fraud; when one ends, deadlines move on by
it.

See docs/rules/holds-and-parks.md.
"""

from __future__ import annotations

from datetime import datetime

from baohao.core.line.acts import Act
from baohao.core.line.extend import shifted
from baohao.core.line.run import Run
from baohao.core.line.standing import Settled


def park(run: Run, act: Act) -> None:
    """Begin a park."""
    if run.parked_since is None:
        run.parked_since = act.at
        run.parks = (*run.parks, act.at)
        watch_barred(run, act.at)


def resume(run: Run, at: datetime, *, by_itself: bool) -> None:
    """End a park, if there is one."""
    since, waited = run.parked_since, run.waiting
    if since is None:
        return
    run.parked_since = None
    if waited:
        for clock_id, state in run.clocks.items():
            clock = run.policy.clocks[clock_id]
            if not clock.holds:
                run.clocks[clock_id] = shifted(clock, state, since, at)
        _thaw(run, since, at, other=run.held_since)
    if by_itself:
        run.settled.append(Settled(what="resumed", at=at, id="park"))
    watch_barred(run, at)


def hold(run: Run, act: Act) -> None:
    """Begin a hold."""
    if run.held_since is None:
        run.held_since = act.at
        watch_barred(run, act.at)


def lift(run: Run, at: datetime) -> None:
    """End a hold, if there is one."""
    since = run.held_since
    if since is None:
        return
    run.held_since = None
    _thaw(run, since, at, other=run.parked_since if run.waiting else None)
    watch_barred(run, at)


def _thaw(run: Run, since: datetime, until: datetime, *, other: datetime | None) -> None:
    """
    Move on what had not passed when a pause began, by its length.

    `other` is since when another pause goes on. Where it began earlier it covers this one and moves
    everything when it ends; where it began later it starts to count now. So no time counts twice.
    """
    if other is not None and other <= since:
        return
    if run.frozen:
        since = max(since, run.frozen[-1][1])
    run.frozen = (*run.frozen, (since, until))
    for clock_id, state in run.clocks.items():
        clock = run.policy.clocks[clock_id]
        if clock.holds:
            run.clocks[clock_id] = shifted(clock, state, since, until)


def watch_barred(run: Run, at: datetime) -> None:
    """Keep count of the civil days on which the line is barred; a hold stops the count."""
    barred = run.stage.barred or run.parked_since is not None
    if run.held_since is not None and all(clock.holds for clock in run.course.limits):
        barred = False
    if barred and run.barred.since is None:
        run.barred = run.barred.begun(at, run.policy.zone)
    elif not barred and run.barred.since is not None:
        run.barred = run.barred.ended(at, run.policy.zone)
