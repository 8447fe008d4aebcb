"""Refuse events that no act can match, and charges that lack the rule of their kind."""

from __future__ import annotations

from collections.abc import Iterator

from baohao.core.policy.findings import Finding, Place, PolicyFault
from baohao.core.policy.model import Charge, EventRule, Policy


class AmountsContradict(PolicyFault):
    """No amount is {least} and {most} at once."""

    code = "policy.event.amounts"


class ThresholdOfNothing(PolicyFault):
    """The threshold {key!r} is 0: everything passes it."""

    code = "policy.event.threshold"


class EventHidden(PolicyFault):
    """The event {name!r} never matches: {before!r} before it takes every act that it would."""

    code = "policy.event.hidden"


class FloorOfNothing(PolicyFault):
    """No balance is below 0, so the clock {name!r} never runs; `at_most` says an empty one."""

    code = "policy.clock.floor"


class ChargeIncomplete(PolicyFault):
    """The charge {name!r} of kind {kind} needs {key!r}: {why}."""

    code = "policy.charge.incomplete"


class ChargeForEver(PolicyFault):
    """The charge {name!r} is due every {every}: it would never end."""

    code = "policy.charge.every"


class ChargeWithoutPark(PolicyFault):
    """The charge {name!r} runs only while a line is parked, and this policy has no `park`."""

    code = "policy.charge.park"


class ChargeOfNothing(PolicyFault):
    """The charge {name!r} takes 0."""

    code = "policy.charge.amount"


def events(policy: Policy) -> Iterator[Finding]:
    """Refuse events that no act can match."""
    for index, event in enumerate(policy.events):
        here: Place = ("events", index)
        yield from _amounts(event, here)
        for key, tally in (("sum", event.sum), ("count", event.count)):
            if tally is not None and tally.at_least == 0 and not tally.strict:
                place = (*here, key, "at_least")
                yield Finding(place=place, refusal=ThresholdOfNothing(key="at_least"))
        for earlier in range(index):
            if _hides(policy, policy.events[earlier], event):
                refusal = EventHidden(name=event.id, before=policy.events[earlier].id)
                against: Place = ("events", earlier, "id")
                yield Finding(place=(*here, "id"), refusal=refusal, against=against)
                break


def _amounts(event: EventRule, here: Place) -> Iterator[Finding]:
    least = _least(event)
    most = event.max_minor
    if event.below_minor is not None:
        most = event.below_minor - 1
    if least is not None and most is not None and least > most:
        low = "min" if event.min_minor is not None else "above"
        high = "max" if event.max_minor is not None else "below"
        refusal = AmountsContradict(least=f"`{low}`", most=f"`{high}`")
        yield Finding(place=(*here, low), refusal=refusal, against=(*here, high))


def _least(event: EventRule) -> int | None:
    return event.min_minor if event.above_minor is None else event.above_minor + 1


def _hides(policy: Policy, first: EventRule, second: EventRule) -> bool:
    """Whether `first` takes every act that `second` would match, and lets no rule after it try."""
    if first.also or first.sum is not None or first.count is not None:
        return False
    if first.max_minor is not None or first.below_minor is not None:
        return False
    least = _least(first)
    if least and (first.measure != second.measure or least > (_least(second) or 0)):
        return False
    return (
        first.kinds >= second.kinds
        and _stages(policy, first) >= _stages(policy, second)
        and _wider(first.channels, second.channels)
        and _wider(first.actors, second.actors)
        and _wider(first.skus, second.skus)
        and first.tags <= second.tags
        and first.not_tags <= second.not_tags
    )


def _stages(policy: Policy, event: EventRule) -> frozenset[str]:
    if event.stages is not None:
        return event.stages
    return frozenset(stage.name for stage in policy.stages if stage.kind == "live")


def _wider(first: frozenset[str] | None, second: frozenset[str] | None) -> bool:
    return first is None or (second is not None and first >= second)


def money(policy: Policy) -> Iterator[Finding]:
    """Refuse charges that lack the rule which their kind needs, and floors under nothing."""
    for name, clock in policy.clocks.items():
        if clock.below is not None and clock.below.floor_minor == 0 and not clock.below.at_most:
            place = ("clocks", name, "starts")
            yield Finding(place=place, refusal=FloorOfNothing(name=name))
    for index, charge in enumerate(policy.charges):
        yield from _charge(policy, charge, ("charges", index))


def _charge(policy: Policy, charge: Charge, here: Place) -> Iterator[Finding]:
    if charge.every.count == 0:
        refusal = ChargeForEver(name=charge.id, every=str(charge.every))
        yield Finding(place=(*here, "every"), refusal=refusal)
    if charge.kind == "pause" and policy.park is None:
        yield Finding(place=(*here, "kind"), refusal=ChargeWithoutPark(name=charge.id))
    if charge.kind != "shortfall" and charge.amount_minor == 0:
        yield Finding(place=(*here, "amount"), refusal=ChargeOfNothing(name=charge.id))
    lacks = {
        "inactivity": ("unless_activity", not charge.unless_kinds, "what spares the line"),
        "shortfall": ("minimum_spend", not charge.minimum_spend_minor, "the least spend"),
        "validity": ("extend", not charge.extends, "what a success extends"),
    }
    key, is_lacking, why = lacks.get(charge.kind, ("", False, ""))
    if is_lacking:
        incomplete = ChargeIncomplete(name=charge.id, kind=charge.kind, key=key, why=why)
        yield Finding(place=(*here, "kind"), refusal=incomplete)
