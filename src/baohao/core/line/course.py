"""A course: what of a policy a fold asks at every step, found once for each policy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from baohao.core.line.ladder import ALWAYS, RECYCLED
from baohao.core.policy.barred import stretch_days
from baohao.core.policy.model import BalanceRule, Charge, Clock, EventRule, Policy, Stage, Until
from baohao.core.policy.terms import Bought, Cap, Extension

#: More policies at once than any installation has; a test that makes thousands starts anew.
COURSES_MAX = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One world of a policy, by the questions that are asked of it."""

    policy: Policy
    #: By name, with those that every policy has.
    stages: Mapping[str, Stage]
    #: How far down each of the policy's own stages is.
    depths: Mapping[str, int]
    first_lost: Stage
    recycled: Stage
    #: start -> what it starts.
    clocks_from: Mapping[str, tuple[Clock, ...]]
    charges_from: Mapping[str, tuple[Charge, ...]]
    #: kind of act -> the rules it may count under, in order.
    rules_for: Mapping[str, tuple[EventRule, ...]]
    #: Clocks that run while a balance is under its floor.
    floors: tuple[Clock, ...]
    #: Clocks that count barred days.
    limits: tuple[Clock, ...]
    #: Clocks by which a card in stock must be activated.
    activate_by: tuple[Clock, ...]
    expiring: tuple[BalanceRule, ...]
    #: clock -> the cap whose excess waits for room.
    queues: Mapping[str, Cap]
    #: The clocks on which bought time is counted from the first day on.
    bought: tuple[Clock, ...]
    #: Clocks that run while a line is in a stage.
    staged: frozenset[str]
    #: Clocks since whose last move acts are added up.
    tallied: frozenset[str]
    #: Whether the ladder alone says what is ahead of a line that nothing else moves.
    plain: bool

    def lower(self, stage: Stage, than: Stage) -> bool:
        """Say whether a stage is further down the policy's ladder than another."""
        return self.depths.get(stage.name, -1) > self.depths.get(than.name, len(self.depths))


_COURSES: dict[int, Course] = {}


def course_of(policy: Policy) -> Course:
    """Return the course of a policy; made once, for a policy is as it is and cannot be hashed."""
    course = _COURSES.get(id(policy))
    if course is None or course.policy is not policy:
        if len(_COURSES) >= COURSES_MAX:
            _COURSES.clear()
        course = _COURSES[id(policy)] = _course(policy)
    return course


def _course(policy: Policy) -> Course:
    clocks = tuple(policy.clocks.values())
    lost = (stage for stage in policy.stages if not stage.keeping)
    recycled = (stage for stage in policy.stages if stage.kind == "recycled")
    clocks_from: defaultdict[str, list[Clock]] = defaultdict(list)
    charges_from: defaultdict[str, list[Charge]] = defaultdict(list)
    rules_for: defaultdict[str, list[EventRule]] = defaultdict(list)
    for clock in clocks:
        for start in clock.starts:
            clocks_from[start].append(clock)
    for charge in policy.charges:
        for start in charge.starts:
            charges_from[start].append(charge)
    for rule in policy.events:
        for kind in rule.kinds:
            rules_for[kind].append(rule)
    return Course(
        policy=policy,
        stages=ALWAYS | {stage.name: stage for stage in policy.stages},
        depths={stage.name: depth for depth, stage in enumerate(policy.stages)},
        first_lost=next(lost, RECYCLED),
        recycled=next(recycled, RECYCLED),
        clocks_from={start: tuple(found) for start, found in clocks_from.items()},
        charges_from={start: tuple(found) for start, found in charges_from.items()},
        rules_for={kind: tuple(found) for kind, found in rules_for.items()},
        floors=tuple(clock for clock in clocks if clock.below is not None),
        limits=tuple(clock for clock in clocks if clock.accumulates is not None),
        activate_by=tuple(clock for clock in clocks if clock.kind == "activate_by"),
        expiring=tuple(b for b in policy.balances.values() if b.expires is not None),
        queues=_queues(policy),
        bought=_bought(policy),
        staged=frozenset(c.id for c in clocks if _is_staged(c.starts)),
        tallied=frozenset(_tallied(policy)),
        plain=_is_plain(policy),
    )


def _extensions(policy: Policy) -> Iterator[Extension]:
    for rule in policy.events:
        yield from rule.extends
    for charge in policy.charges:
        yield from charge.extends


def _queues(policy: Policy) -> dict[str, Cap]:
    return {
        extension.clock: extension.cap
        for extension in _extensions(policy)
        if extension.cap is not None and extension.cap.excess == "queue"
    }


def _bought(policy: Policy) -> tuple[Clock, ...]:
    """Find the clocks that a bought term moves; where none does, those that end the first stage."""
    moved = {e.clock for e in _extensions(policy) if isinstance(e.term, Bought)}
    first = policy.stages[0].until if policy.stages else None
    names = moved or set(_named(first))
    clocks = (policy.clocks[name] for name in policy.clocks if name in names)
    return tuple(c for c in clocks if "activation" in c.starts and c.accumulates is None)


def _named(until: Until | None) -> Iterator[str]:
    if until is None:
        return
    if until.clock is not None:
        yield until.clock
    for part in until.parts:
        yield from _named(part)


def _tallied(policy: Policy) -> Iterator[str]:
    for rule in policy.events:
        for tally in (rule.sum, rule.count):
            if tally is not None and isinstance(tally.over, str) and tally.over[:6] == "clock:":
                yield tally.over[6:]


def _is_staged(starts: tuple[str, ...]) -> bool:
    return any(start.startswith("stage:") for start in starts)


def _is_plain(policy: Policy) -> bool:
    clocks = policy.clocks.values()
    limit = min((c.accumulates.limit_days for c in clocks if c.accumulates is not None), default=0)
    return not (
        any(b.expires for b in policy.balances.values())
        or any(c.below or c.kind == "activate_by" for c in clocks)
        or any(_is_staged(clock.starts) for clock in clocks)
        or any(_is_staged(charge.starts) for charge in policy.charges)
        or (limit and stretch_days(policy) > limit)
    )
