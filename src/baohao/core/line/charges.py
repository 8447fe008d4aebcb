"""
Recurring charges: when they fall due, what they take, and what follows when there is not enough.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from baohao.core.civil import Span, add_span, after, before, civil_day, midnight
from baohao.core.line.acts import Act
from baohao.core.line.counts import grants_of
from baohao.core.line.extend import started
from baohao.core.line.granting import grant
from baohao.core.line.purse import watch_floors
from baohao.core.line.run import Run
from baohao.core.line.standing import ChargeState, Settled
from baohao.core.policy.model import Charge, Policy


def begun(policy: Policy, charge: Charge, at: datetime) -> ChargeState:
    """Return a charge that begins at `at`; its days are counted from that civil day."""
    state = ChargeState(start=civil_day(at, policy.zone), periods=0, due=at)
    return state if charge.first_at_start else _next(policy, charge, state, at)


def _next(policy: Policy, charge: Charge, state: ChargeState, at: datetime) -> ChargeState:
    """
    Move a charge to its next period: a civil midnight counted from the first day, never from the
    last.
    """
    periods = state.periods + 1
    if charge.every.seconds:
        return replace(state, periods=periods, due=after(at, charge.every, policy.zone))
    span = Span(charge.every.count * periods, charge.every.unit)
    return replace(state, periods=periods, due=midnight(add_span(state.start, span), policy.zone))


def fall_due(run: Run, charge: Charge, at: datetime) -> None:
    """Take a charge that has fallen due, or do what its failure means."""
    state = run.charges[charge.id]
    run.charges[charge.id] = _next(run.policy, charge, state, at)
    if run.held_since is not None or not _applies(run, charge, at):
        return
    amount = _amount(run, charge, state, at)
    if amount <= 0:
        return
    held = run.balances.get(charge.balance, 0)
    if held >= amount:
        run.balances[charge.balance] = held - amount
        run.settled.append(Settled(what="charged", at=at, id=charge.id, amount_minor=amount))
        _succeeded(run, charge, at, amount)
    else:
        _failed(run, charge, at, amount, held)
    watch_floors(run, at)


def pay_owed(run: Run, at: datetime) -> None:
    """Use a credit for what is owed since a failure, in the policy's order."""
    for charge in sorted(run.policy.charges, key=lambda c: (c.order, c.id)):
        state = run.charges.get(charge.id)
        held = run.balances.get(charge.balance, 0)
        if state is None or not state.owed_minor or held < state.owed_minor:
            continue
        run.balances[charge.balance] = held - state.owed_minor
        run.charges[charge.id] = replace(state, owed_minor=0)
        run.settled.append(
            Settled(what="charged", at=at, id=charge.id, amount_minor=state.owed_minor)
        )
        _succeeded(run, charge, at, state.owed_minor)


def _applies(run: Run, charge: Charge, at: datetime) -> bool:
    if charge.kind == "pause":
        return run.parked_since is not None
    stage = run.stage
    if charge.stages is None:
        if stage.kind != "live":
            return False
    elif stage.name not in charge.stages:
        return False
    if charge.kind == "inactivity" and charge.unless_within is not None:
        since = before(at, charge.unless_within, run.policy.zone)
        return not any(a.at >= since and a.kind in charge.unless_kinds for a in run.history)
    return True


def _amount(run: Run, charge: Charge, state: ChargeState, at: datetime) -> int:
    if charge.kind != "shortfall":
        return charge.amount_minor
    span = Span(charge.every.count * state.periods - charge.every.count, charge.every.unit)
    begins = midnight(add_span(state.start, span), run.policy.zone)
    spent = sum(a.spend_minor for a in run.history if begins <= a.at < at)
    return max(0, charge.minimum_spend_minor - spent)


def _succeeded(run: Run, charge: Charge, at: datetime, amount: int) -> None:
    for clock in run.course.clocks_from.get(f"charge_failed:{charge.id}", ()):
        run.clocks.pop(clock.id, None)
    act = Act(id=f"{charge.id}@{at.isoformat()}", kind="charge", at=at, amount_minor=amount)
    for ext in charge.extends:
        clock = run.policy.clocks[ext.clock]
        grants = grants_of(ext.term, act, amount_minor=amount, balance_minor=0, clock=clock)
        if grants:
            grant(run, ext, act.id, at, grants)


def _failed(run: Run, charge: Charge, at: datetime, amount: int, held: int) -> None:
    if charge.partial and held:
        run.balances[charge.balance] = 0
        run.settled.append(Settled(what="charged", at=at, id=charge.id, amount_minor=held))
        amount -= held
    run.settled.append(Settled(what="charge_failed", at=at, id=charge.id, amount_minor=amount))
    for clock in run.course.clocks_from.get(f"charge_failed:{charge.id}", ()):
        if clock.id not in run.clocks:
            run.clocks[clock.id] = started(clock, at)
    state = run.charges[charge.id]
    if charge.on_failure == "retry":
        run.charges[charge.id] = replace(state, owed_minor=state.owed_minor + amount)
    elif charge.on_failure == "stop":
        run.charges[charge.id] = replace(state, due=None)
        run.settled.append(Settled(what="charge_stopped", at=at, id=charge.id))
