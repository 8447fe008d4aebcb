"""Refuse ladders that nobody can walk: stages that never come or end, ways that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from baohao.core.civil import Span
from baohao.core.policy.findings import Finding, Place, PolicyFault
from baohao.core.policy.lint_clocks import runs
from baohao.core.policy.model import STAGE_KINDS, EventRule, Policy, Stage, Until
from baohao.core.policy.spans import surely_longer


class UntilAfterFor(PolicyFault):
    """The stage {name!r} ends with a clock, but {before!r} before it ends after a span."""

    code = "policy.stage.until"


class StageUnreachable(PolicyFault):
    """The stage {name!r} is never reached: {before!r} before it {why}."""

    code = "policy.stage.unreachable"


class StageOrder(PolicyFault):
    """The stage {name!r} of kind {kind} cannot come after {before!r} of kind {before_kind}."""

    code = "policy.stage.order"


class FirstStageNotLive(PolicyFault):
    """The first stage, {name!r}, is where a line is after activation: live, not {kind}."""

    code = "policy.stage.first"


class LastStageEnds(PolicyFault):
    """The last stage, {name!r}, has an end, but nothing comes after it."""

    code = "policy.stage.last"


class NoWayBack(PolicyFault):
    """The event {event!r} counts in the stage {name!r}, which has no way back."""

    code = "policy.event.no_way_back"


class RestoreNotListed(PolicyFault):
    """The event {event!r} leads back from {name!r}, but does not list that stage in `stages`."""

    code = "policy.restore.stages"


class RestoreFromLive(PolicyFault):
    """The stage {name!r} is live: there is nothing to restore."""

    code = "policy.restore.live"


class RestoreImpossible(PolicyFault):
    """The event {event!r} can never lead back from {name!r}: {why}."""

    code = "policy.restore.impossible"


class LatePaymentContradicts(PolicyFault):
    """Late money is to restore a line that is {kind}, but no stage of that kind has a way back."""

    code = "policy.late_payment"


class QuarantineContradicts(PolicyFault):
    """The quarantine lasts {span}, but its {bound} is {limit}."""

    code = "policy.quarantine.stage"


class BoundsContradict(PolicyFault):
    """The minimum, {least}, is longer than the maximum, {most}."""

    code = "policy.bounds"


class QuarantineWithoutStage(PolicyFault):
    """There are details of a quarantine, but no stage of kind quarantined."""

    code = "policy.quarantine.missing"


def ladder(policy: Policy) -> Iterator[Finding]:
    """Refuse stages out of order, without end, or out of reach."""
    if policy.stages[0].kind != "live":
        stage = policy.stages[0]
        refusal = FirstStageNotLive(name=stage.name, kind=stage.kind)
        yield Finding(place=("stages", 0, "kind"), refusal=refusal)
    for index in range(1, len(policy.stages)):
        yield from _after(policy, index)
    last = len(policy.stages) - 1
    if not _lasts(policy.stages[last]):
        place = ("stages", last, _end_key(policy.stages[last]))
        yield Finding(place=place, refusal=LastStageEnds(name=policy.stages[last].name))


def _lasts(stage: Stage) -> bool:
    return stage.until is None and stage.lasts is None


def _end_key(stage: Stage) -> str:
    return "until" if stage.until is not None else "for"


def _after(policy: Policy, index: int) -> Iterator[Finding]:
    """Judge a stage against the ones before it."""
    stage, before = policy.stages[index], policy.stages[index - 1]
    here: Place = ("stages", index)
    if stage.until is not None:
        for earlier in range(index):
            if policy.stages[earlier].lasts is not None:
                refusal = UntilAfterFor(name=stage.name, before=policy.stages[earlier].name)
                yield Finding(
                    place=(*here, "until"), refusal=refusal, against=("stages", earlier, "for")
                )
    if STAGE_KINDS.index(stage.kind) < STAGE_KINDS.index(before.kind):
        order = StageOrder(
            name=stage.name, kind=stage.kind, before=before.name, before_kind=before.kind
        )
        yield Finding(place=(*here, "kind"), refusal=order, against=("stages", index - 1, "kind"))
    why = _never_ends(policy, before)
    if why:
        unreachable = StageUnreachable(name=stage.name, before=before.name, why=why)
        against: Place = ("stages", index - 1)
        if before.until is not None:
            against = (*against, "until")
        yield Finding(place=(*here, "name"), refusal=unreachable, against=against)


def _never_ends(policy: Policy, stage: Stage) -> str:
    """Say why a stage never ends, where it does not."""
    if _lasts(stage):
        return "lasts for ever"
    if stage.until is not None and not _can_end(policy, stage.until):
        return "ends with a clock that nothing ever sets"
    return ""


def _can_end(policy: Policy, until: Until) -> bool:
    if until.clock is not None:
        clock = policy.clocks.get(until.clock)
        # A clock that does not exist is a finding of its own.
        return clock is None or runs(policy, clock)
    able = [_can_end(policy, part) for part in until.parts]
    return all(able) if until.how == "latest_of" else any(able)


def ways_back(policy: Policy) -> Iterator[Finding]:
    """Refuse ways back that no act can take."""
    events = {event.id: (index, event) for index, event in enumerate(policy.events)}
    for index, stage in enumerate(policy.stages):
        if stage.restore is None:
            continue
        here: Place = ("stages", index, "restore")
        if stage.kind == "live":
            yield Finding(place=here, refusal=RestoreFromLive(name=stage.name))
        for name in stage.restore.by:
            if name in events:
                yield from _way_back(stage, (*here, "by"), *events[name])
    yield from _counts_without_way_back(policy)
    yield from _late_payment(policy)


def _way_back(stage: Stage, here: Place, number: int, event: EventRule) -> Iterator[Finding]:
    if stage.restore is None:
        return
    if event.stages is None or stage.name not in event.stages:
        refusal = RestoreNotListed(event=event.id, name=stage.name)
        key = "id" if event.stages is None else "stages"
        yield Finding(place=here, refusal=refusal, against=("events", number, key))
    channels = stage.restore.channels
    if channels is not None and event.channels is not None and not channels & event.channels:
        impossible = RestoreImpossible(
            event=event.id, name=stage.name, why="they have no channel in common"
        )
        yield Finding(place=here, refusal=impossible, against=("events", number, "channels"))
    if event.max_minor is not None and event.max_minor < stage.restore.min_minor:
        impossible = RestoreImpossible(
            event=event.id, name=stage.name, why="its greatest amount is below the least one"
        )
        yield Finding(place=here, refusal=impossible, against=("events", number, "max"))


def _counts_without_way_back(policy: Policy) -> Iterator[Finding]:
    stages = {stage.name: (index, stage) for index, stage in enumerate(policy.stages)}
    for number, event in enumerate(policy.events):
        for name in sorted(event.stages or ()):
            index, stage = stages.get(name, (0, None))
            if stage is None or stage.kind == "live" or stage.restore is not None:
                continue
            yield Finding(
                place=("events", number, "stages"),
                refusal=NoWayBack(event=event.id, name=name),
                against=("stages", index),
            )


def _late_payment(policy: Policy) -> Iterator[Finding]:
    for kind, answer in policy.late_payment.items():
        stages = [(i, stage) for i, stage in enumerate(policy.stages) if stage.kind == kind]
        if answer == "refund" or not stages:
            continue
        if kind != "live" and all(stage.restore is None for _, stage in stages):
            yield Finding(
                place=("late_payment", kind),
                refusal=LatePaymentContradicts(kind=kind),
                against=("stages", stages[0][0]),
            )


def quarantine(policy: Policy) -> Iterator[Finding]:
    """Refuse bounds that cross, and a stage outside them."""
    rules = policy.quarantine
    bounds: list[tuple[Place, Span | None, Span | None]] = [(("quarantine",), rules.min, rules.max)]
    for name, (least, most) in rules.classes.items():
        bounds.append((("quarantine", "classes", name), least, most))
    for place, least, most in bounds:
        if least is not None and most is not None and surely_longer(least, most):
            refusal = BoundsContradict(least=str(least), most=str(most))
            yield Finding(place=(*place, "min"), refusal=refusal, against=(*place, "max"))
    stages = [(i, stage) for i, stage in enumerate(policy.stages) if stage.kind == "quarantined"]
    if not stages and (rules.min or rules.max or rules.classes):
        yield Finding(place=("quarantine",), refusal=QuarantineWithoutStage())
    for index, stage in stages:
        if stage.lasts is not None:
            yield from _quarantined(policy, index, stage, stage.lasts)


def _quarantined(policy: Policy, index: int, stage: Stage, span: Span) -> Iterator[Finding]:
    least, most = policy.quarantine.min, policy.quarantine.max
    here: Place = ("stages", index, "for")
    place: Place = ("quarantine",)
    if stage.number_class in policy.quarantine.classes:
        least, most = policy.quarantine.classes[stage.number_class]
        place = ("quarantine", "classes", stage.number_class)
    if least is not None and surely_longer(least, span):
        refusal = QuarantineContradicts(span=str(span), bound="minimum", limit=str(least))
        yield Finding(place=here, refusal=refusal, against=(*place, "min"))
    if most is not None and surely_longer(span, most):
        refusal = QuarantineContradicts(span=str(span), bound="maximum", limit=str(most))
        yield Finding(place=here, refusal=refusal, against=(*place, "max"))
