"""Granting: an act's time goes to a clock, now or, under a cap that queues, when there is room."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from baohao.core.civil import after
from baohao.core.line.acts import Act
from baohao.core.line.extend import Extended, Grant, extend, later, limit_of, started
from baohao.core.line.run import Run
from baohao.core.line.standing import Benefit, Settled, Warning_
from baohao.core.policy.model import Clock
from baohao.core.policy.terms import Extension


def grant(
    run: Run,
    ext: Extension,
    act: str,
    at: datetime,
    grants: tuple[Grant, ...],
    *,
    is_cut: bool = False,
) -> None:
    """Extend one clock and note what came of it; a cut act never moves it nearer."""
    clock, before = run.policy.clocks[ext.clock], run.clocks.get(ext.clock)
    outcome = extend(
        clock,
        ext,
        before,
        act=act,
        at=at,
        grants=grants,
        one_step=run.policy.reversal.promotion_steps == "one",
        product=run.clocks.get(ext.product) if ext.product else None,
        activation=run.begun.get("activation"),
    )
    if is_cut and outcome.state.deadline <= (at if before is None else max(at, before.deadline)):
        return
    _warn(run, act, outcome)
    if not outcome.rejected:
        run.clocks[clock.id] = outcome.state
        note_moved(run, clock, at)
        run.benefits.extend(outcome.benefits)


def _warn(run: Run, act: str, outcome: Extended) -> None:
    if outcome.lost_days:
        code = "refused_by_cap" if outcome.rejected else "days_lost_to_cap"
        run.warnings.append(Warning_(act=act, code=code, days=outcome.lost_days))
    if outcome.shortened_days:
        run.warnings.append(Warning_(act=act, code="shortened", days=outcome.shortened_days))


def in_window(run: Run, ext: Extension, at: datetime, act: Act) -> bool:
    """Say whether an act is neither too early nor too late for an extension."""
    state = run.clocks.get(ext.clock)
    if ext.window is None or state is None or state.deadline <= at:
        return True
    zone, window = run.policy.zone, ext.window
    early = window.earliest is not None and after(at, window.earliest, zone) < state.deadline
    late = window.latest is not None and after(at, window.latest, zone) > state.deadline
    if early or late:
        why = "too_early" if early else "too_late"
        run.warnings.append(Warning_(act=act.id, code="did_not_count", why=why))
    return not (early or late)


def start(run: Run, clock: Clock, at: datetime) -> None:
    """Start a clock, or start it again."""
    run.clocks[clock.id] = started(clock, at)
    note_moved(run, clock, at)


def note_moved(run: Run, clock: Clock, at: datetime) -> None:
    """Remember when a clock moved, where a rule adds up acts since then."""
    if clock.id in run.course.tallied:
        run.moved[clock.id] = at


def grant_queued(run: Run, clock_id: str, at: datetime) -> None:
    """Give queued time at a clock's deadline, as much as there is room for now."""
    clock, state, cap = run.policy.clocks[clock_id], run.clocks[clock_id], run.course.queues
    first, rest = state.queued[0], state.queued[1:]
    days = first.days
    if clock_id in cap:
        limit = limit_of(clock, cap[clock_id], state, at, run.begun.get("activation"))
        days = min(days, (limit - state.day).days)
    if days <= 0:
        # The cap is a fixed day: there will be no room.
        run.clocks[clock_id] = replace(state, queued=())
        return
    if days < first.days:
        rest = (replace(first, days=first.days - days), *rest)
    moved = run.clocks[clock_id] = replace(later(clock, state, days), queued=rest)
    run.benefits.append(
        Benefit(
            act=first.act, clock=clock_id, kind=first.kind, span=None, start=at, end=moved.deadline
        )
    )
    run.settled.append(Settled(what="extended", at=at, id=clock_id))
