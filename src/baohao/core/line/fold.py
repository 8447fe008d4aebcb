"""
Fold: acts in, standings out, one for each world of the policy.

The fold of the same acts is the same whatever the order in which they arrived. Folding on from a
standing gives what folding from the beginning gives, as long as the new acts come after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from baohao.core.line.acts import Act, order
from baohao.core.line.applying import apply, enter
from baohao.core.line.dues import advance
from baohao.core.line.run import Run
from baohao.core.line.standing import NOTHING, Settled, Standing, Warning_
from baohao.core.policy.model import Policy
from baohao.core.policy.worlds import MOST_WORLDS, worlds_of
from baohao.core.refusals import Refusal

#: Policies by their pin, "name@version".
Rules = Mapping[str, Policy]


class TooManyWorlds(Refusal):
    """
    The move to {pin} would leave {worlds} readings of the rules; at most 16 can be told apart.
    """

    code = "policy.too_many_worlds"


class PolicyMissing(Refusal):
    """The policy {pin} is not in the library: load it, or move the line to one that is."""

    code = "policy.missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What a fold came to, in one world."""

    standing: Standing
    settled: tuple[Settled, ...] = ()
    warnings: tuple[Warning_, ...] = ()


def policy_of(rules: Rules, pin: str) -> Policy:
    """Return a policy by its pin; raises `PolicyMissing`."""
    policy = rules.get(pin)
    if policy is None:
        raise PolicyMissing(pin=pin)
    return policy


def fold(
    rules: Rules, pin: str, acts: Iterable[Act], until: datetime | None = None
) -> tuple[Folded, ...]:
    """
    Fold all acts of a line from the beginning, and settle up to `until` where it is given.

    `pin` is the policy that the line began under; a "repin" act moves it to another. Acts after
    `until` are left out.
    """
    ordered = sorted((a for a in acts if until is None or a.at <= until), key=order)
    runs = [Run(world, NOTHING) for world in worlds_of(policy_of(rules, pin))]
    return _finish(rules, runs, ordered, until)


def fold_on(
    rules: Rules,
    pin: str,
    standings: Sequence[Standing],
    history: Sequence[Act],
    acts: Sequence[Act] = (),
    until: datetime | None = None,
) -> tuple[Folded, ...]:
    """
    Fold further acts, none of them earlier than the standings, onto what there is.

    `pin` is the policy the line is under now, `history` the acts already folded.
    """
    worlds = worlds_of(policy_of(rules, pin))
    runs = [
        Run(worlds[index % len(worlds)], standing, history)
        for index, standing in enumerate(standings)
    ]
    return _finish(rules, runs, acts, until)


def _finish(
    rules: Rules, runs: list[Run], acts: Iterable[Act], until: datetime | None
) -> tuple[Folded, ...]:
    for act in acts:
        if act.kind == "repin":
            runs = _moved(rules, runs, act)
        for run in runs:
            apply(run, act)
    if until is not None:
        for run in runs:
            advance(run, until)
    return tuple(
        Folded(standing=r.standing(), settled=tuple(r.settled), warnings=tuple(r.warnings))
        for r in runs
    )


def _moved(rules: Rules, runs: list[Run], act: Act) -> list[Run]:
    """
    Carry every run over to the policy that an act moves the line to, in each of its worlds.

    What both leave open in the same way has one answer: the worlds of the one are the other's.
    """
    old, new = policy_of(rules, runs[0].policy.pin), policy_of(rules, act.pin)
    worlds = worlds_of(new)
    if _open(old) == _open(new):
        return [
            _carried(run, worlds[index % len(worlds)], act.at) for index, run in enumerate(runs)
        ]
    if len(runs) * len(worlds) > MOST_WORLDS:
        raise TooManyWorlds(pin=act.pin, worlds=len(runs) * len(worlds))
    # Worlds vary fastest, so that `index % len(worlds)` finds a standing's world again.
    return [_carried(run, world, act.at) for run in runs for world in worlds]


def _open(policy: Policy) -> tuple[object, ...]:
    """Return what a policy leaves open: where, and what may stand there."""
    places = [(unknown.path, unknown.alternatives) for unknown in policy.unknowns]
    return len(worlds_of(policy)), *places


def _carried(run: Run, world: Policy, at: datetime) -> Run:
    """Carry one run over: clocks that both policies know stay as they are, new ones start now."""
    advance(run, at)
    standing = run.standing()
    kept = {name: state for name, state in standing.clocks.items() if name in world.clocks}
    names = {stage.name for stage in world.stages}
    moved = Run(
        world,
        replace(
            standing,
            clocks=kept,
            charges={
                c.id: standing.charges[c.id] for c in world.charges if c.id in standing.charges
            },
            forced=standing.forced if standing.forced and standing.forced[0] in names else None,
            stage=standing.stage if standing.stage in names | {"stock", "returned"} else "stock",
        ),
        run.history,
    )
    moved.settled, moved.warnings = list(run.settled), list(run.warnings)
    enter(moved, at)
    return moved
