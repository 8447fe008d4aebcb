"""Refuse what points at nothing, and names that are given twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from baohao.core.policy.findings import Finding, Place, PolicyFault
from baohao.core.policy.model import Policy, Until
from baohao.core.policy.terms import Extension


class ReferenceUnknown(PolicyFault):
    """There is no {what} {name!r} in this policy; there is: {known}."""

    code = "policy.reference"


class NameTwice(PolicyFault):
    """The {what} {name!r} is given twice."""

    code = "policy.twice"


@dataclass(frozen=True, slots=True)
class _Reference:
    """A place that names something, and what it names."""

    place: Place
    what: str
    name: str


def references(policy: Policy) -> Iterator[Finding]:
    """Refuse every name that nothing has."""
    known = _known(policy)
    for reference in _references(policy):
        names = known[reference.what]
        if reference.name not in names:
            listed = ", ".join(names) or "none"
            refusal = ReferenceUnknown(what=reference.what, name=reference.name, known=listed)
            yield Finding(place=reference.place, refusal=refusal)


def repetitions(policy: Policy) -> Iterator[Finding]:
    """Refuse names that are given twice."""
    lists: tuple[tuple[str, str, Iterable[str]], ...] = (
        ("events", "id", (event.id for event in policy.events)),
        ("charges", "id", (charge.id for charge in policy.charges)),
        ("stages", "name", (stage.name for stage in policy.stages)),
    )
    for key, label, names in lists:
        first: dict[str, int] = {}
        for index, name in enumerate(names):
            if name in first:
                yield Finding(
                    place=(key, index, label),
                    refusal=NameTwice(what=key.removesuffix("s"), name=name),
                    against=(key, first[name], label),
                )
            first.setdefault(name, index)


def _known(policy: Policy) -> Mapping[str, Collection[str]]:
    return {
        "clock": tuple(policy.clocks),
        "event": tuple(event.id for event in policy.events),
        "stage": tuple(stage.name for stage in policy.stages),
        "kind of stage": tuple(dict.fromkeys(stage.kind for stage in policy.stages)),
        # Every line has a main balance, with or without rules of its own.
        "balance": tuple({"main": None, **policy.balances}),
        "charge": tuple(charge.id for charge in policy.charges),
        "class of quarantine": tuple(policy.quarantine.classes),
    }


def _references(policy: Policy) -> Iterator[_Reference]:
    yield from _of_clocks(policy)
    yield from _of_events(policy)
    yield from _of_money(policy)
    yield from _of_stages(policy)
    yield from _of_people(policy)


def _of_clocks(policy: Policy) -> Iterator[_Reference]:
    for name, clock in policy.clocks.items():
        here = ("clocks", name)
        yield from _starts(clock.starts, (*here, "starts"))
        if clock.below is not None:
            yield _Reference((*here, "starts", "balance"), "balance", clock.below.balance)
        if clock.unless is not None:
            yield _Reference((*here, "unless", "clock"), "clock", clock.unless.clock)


def _starts(starts: tuple[str, ...], place: Place) -> Iterator[_Reference]:
    what = {"event": "event", "charge_failed": "charge", "stage": "stage"}
    for start in starts:
        prefix, colon, name = start.partition(":")
        if colon:
            yield _Reference(place, what[prefix], name)


def _of_events(policy: Policy) -> Iterator[_Reference]:
    for index, event in enumerate(policy.events):
        here = ("events", index)
        yield from _each((*here, "stages"), "stage", event.stages)
        if event.credit not in ("", "none"):
            yield _Reference((*here, "credit"), "balance", event.credit)
        for key, tally in (("sum", event.sum), ("count", event.count)):
            if tally is not None and isinstance(tally.over, str):
                _, colon, clock = tally.over.partition(":")
                if colon:
                    yield _Reference((*here, key, "over"), "clock", clock)
        yield from _extensions(event.extends, here)


def _extensions(extends: tuple[Extension, ...], place: Place) -> Iterator[_Reference]:
    for index, extension in enumerate(extends):
        here = (*place, "extend", index)
        yield _Reference((*here, "clock"), "clock", extension.clock)
        if extension.product is not None:
            yield _Reference((*here, "product"), "clock", extension.product)


def _of_money(policy: Policy) -> Iterator[_Reference]:
    for name, balance in policy.balances.items():
        if balance.expires is not None:
            yield _Reference(("balances", name, "expires"), "clock", balance.expires)
    for index, charge in enumerate(policy.charges):
        here = ("charges", index)
        yield _Reference((*here, "balance"), "balance", charge.balance)
        yield from _starts(charge.starts, (*here, "starts"))
        yield from _each((*here, "stages"), "stage", charge.stages)
        yield from _extensions(charge.extends, here)


def _of_stages(policy: Policy) -> Iterator[_Reference]:
    for index, stage in enumerate(policy.stages):
        here = ("stages", index)
        if stage.until is not None:
            for clock in clocks_of(stage.until):
                yield _Reference((*here, "until"), "clock", clock)
        if stage.origin is not None:
            yield _Reference((*here, "from"), "clock", stage.origin)
        if stage.restore is not None:
            for event in stage.restore.by:
                yield _Reference((*here, "restore", "by"), "event", event)
        if stage.number_class:
            yield _Reference((*here, "class"), "class of quarantine", stage.number_class)
    for kind in policy.late_payment:
        yield _Reference(("late_payment", kind), "kind of stage", kind)


def clocks_of(until: Until) -> Iterator[str]:
    """Yield the clocks that an end of a stage names."""
    if until.clock is not None:
        yield until.clock
    for part in until.parts:
        yield from clocks_of(part)


def _of_people(policy: Policy) -> Iterator[_Reference]:
    for verb, permission in policy.permissions.items():
        yield from _each(("permissions", verb, "stages"), "stage", permission.stages)
    for index, reminder in enumerate(policy.reminders):
        here = ("reminders", index)
        if reminder.clock is not None:
            yield _Reference((*here, "clock"), "clock", reminder.clock)
        if reminder.stage is not None:
            yield _Reference((*here, "stage"), "stage", reminder.stage)
    for index, (clock, _) in enumerate(policy.operator_notices):
        yield _Reference(("operator_notice", index, "clock"), "clock", clock)


def _each(place: Place, what: str, names: frozenset[str] | None) -> Iterator[_Reference]:
    for name in sorted(names or ()):
        yield _Reference(place, what, name)
