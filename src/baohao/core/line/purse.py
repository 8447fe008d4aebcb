"""The purse: a line's balances, what acts and stages do to them, and the clocks that watch them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from baohao.core.line.acts import Act
from baohao.core.line.extend import started
from baohao.core.line.run import Run
from baohao.core.line.standing import Settled, Warning_

MAIN = "main"


def credit(run: Run, act: Act, bucket: str, amount_minor: int) -> None:
    """Put an act's money into a balance, as far as its limit lets it."""
    held = run.balances.get(bucket, 0) + amount_minor
    rule = run.policy.balances.get(bucket)
    if rule is not None and rule.max_minor is not None and held > rule.max_minor:
        over = held - rule.max_minor
        lost = min(over, amount_minor) if rule.excess == "truncate" else amount_minor
        run.warnings.append(Warning_(act=act.id, code="balance_capped", amount_minor=lost))
        held -= lost
    run.balances[bucket] = held


def spend(run: Run, amount_minor: int) -> None:
    """Take what an act costs from the main balance, as far as it is there."""
    held = run.balances.get(MAIN, 0)
    run.balances[MAIN] = held - min(held, amount_minor)


def forfeit(run: Run, names: Iterable[str], at: datetime) -> None:
    """Take away what is left of balances."""
    for name in tuple(names):
        amount = run.balances.get(name, 0)
        if amount > 0:
            run.balances[name] = 0
            run.settled.append(Settled(what="forfeited", at=at, id=name, amount_minor=amount))
    watch_floors(run, at)


def watch_floors(run: Run, at: datetime) -> None:
    """Start and stop the clocks that run while a balance is under its floor."""
    for clock in run.course.floors:
        floor = clock.below
        if floor is None or "activation" not in run.begun:
            continue
        held = run.balances.get(floor.balance, 0)
        under = held < floor.floor_minor or (floor.at_most and held == floor.floor_minor)
        if under and clock.id not in run.clocks:
            run.clocks[clock.id] = started(clock, at)
        elif not under:
            run.clocks.pop(clock.id, None)
