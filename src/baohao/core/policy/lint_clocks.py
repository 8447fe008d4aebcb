"""Refuse clocks that cannot run or wait for each other, and extensions that add nothing."""

from __future__ import annotations

from collections.abc import Iterator

from baohao.core.civil import Span
from baohao.core.policy.findings import Finding, Place, PolicyFault
from baohao.core.policy.model import Clock, Policy
from baohao.core.policy.terms import Base, Extension, Fixed, PerUnit, Tiers


class ClockNeverSet(PolicyFault):
    """Nothing ever sets the clock {name!r}: it has no term of its own and no event extends it."""

    code = "policy.clock.never"


class ClocksWait(PolicyFault):
    """The clocks {names} wait for each other: none would ever run."""

    code = "policy.clock.circle"


class CountsNothing(PolicyFault):
    """The clock {name!r} counts barred days, but no stage is barred and a line cannot be parked."""

    code = "policy.clock.barred"


class CounterMisused(PolicyFault):
    """The clock {name!r} counts barred days: it has no {key!r} of its own."""

    code = "policy.clock.counter"


class CounterExtended(PolicyFault):
    """The clock {name!r} counts barred days: no act extends it."""

    code = "policy.extend.counter"


class CounterKind(PolicyFault):
    """The clock {name!r} is of kind {kind}: {why}."""

    code = "policy.clock.kind"


class ProductMissing(PolicyFault):
    """The base AFTER_PRODUCT needs `product`, the clock that is the product."""

    code = "policy.extend.product"


class ProductUnused(PolicyFault):
    """Only the base AFTER_PRODUCT has a `product`; this one is {base}."""

    code = "policy.extend.product_unused"


class CapOfNothing(PolicyFault):
    """The cap {key!r} is 0: no act could ever add anything."""

    code = "policy.extend.cap"


class TermOfNothing(PolicyFault):
    """The term is 0: the act would add nothing."""

    code = "policy.extend.term"


class TiersNotAscending(PolicyFault):
    """The tiers must rise: {amount} stands after {before} (in minor units)."""

    code = "policy.extend.tiers"


class UnitOfNothing(PolicyFault):
    """A term for each 0 of money has no end."""

    code = "policy.extend.unit"


class WindowShut(PolicyFault):
    """The window opens {earliest} before the deadline and shuts {latest} before it: never."""

    code = "policy.extend.window"


def clocks(policy: Policy) -> Iterator[Finding]:
    """Refuse clocks that nothing sets, that wait in a circle, or that count nothing."""
    barred = policy.park is not None or any(stage.barred for stage in policy.stages)
    for name, clock in policy.clocks.items():
        here: Place = ("clocks", name)
        if clock.accumulates is not None:
            if not barred:
                place = (*here, "accumulates")
                yield Finding(place=place, refusal=CountsNothing(name=name))
            yield from _counter(clock, here)
        elif clock.kind == "deactivated":
            kind = CounterKind(name=name, kind=clock.kind, why="write what it `accumulates`")
            yield Finding(place=(*here, "kind"), refusal=kind)
        elif not runs(policy, clock) and clock.kind != "document":
            yield Finding(place=here, refusal=ClockNeverSet(name=name))
    yield from _circles(policy)


def runs(policy: Policy, clock: Clock) -> bool:
    """Whether something can set the clock: its term and start, an act, or a holder's papers."""
    if clock.accumulates is not None or clock.kind == "document":
        return True
    starts = clock.below is not None or any(start != "never" for start in clock.starts)
    return (clock.term is not None and starts) or clock.id in _extended(policy)


def _extended(policy: Policy) -> frozenset[str]:
    return frozenset(extension.clock for _, extension in every_extension(policy))


def _counter(clock: Clock, here: Place) -> Iterator[Finding]:
    odd = {
        "starts": bool(clock.starts) or clock.below is not None,
        "term": clock.term is not None,
        "unless": clock.unless is not None,
        "ends": clock.ends != "end_of_day",
    }
    for key, is_odd in odd.items():
        if is_odd:
            refusal = CounterMisused(name=clock.id, key=key)
            yield Finding(place=(*here, key), refusal=refusal, against=(*here, "accumulates"))
    if clock.kind != "deactivated":
        why = "a clock that accumulates barred days is of kind deactivated"
        kind = CounterKind(name=clock.id, kind=clock.kind, why=why)
        yield Finding(place=(*here, "kind"), refusal=kind, against=(*here, "accumulates"))


def _circles(policy: Policy) -> Iterator[Finding]:
    """Refuse `unless` that leads back to where it started; each circle once."""
    told: set[frozenset[str]] = set()
    for name in policy.clocks:
        way = [name]
        while (clock := policy.clocks.get(way[-1])) is not None and clock.unless is not None:
            following = clock.unless.clock
            if following in way:
                circle = way[way.index(following) :]
                if frozenset(circle) not in told:
                    told.add(frozenset(circle))
                    yield Finding(
                        place=("clocks", circle[0], "unless"),
                        refusal=ClocksWait(names=", ".join(circle)),
                        against=("clocks", circle[-1], "unless"),
                    )
                break
            way.append(following)


# --- extensions ----------------------------------------------------------------------------------


def every_extension(policy: Policy) -> Iterator[tuple[Place, Extension]]:
    """Yield all extensions of events and charges, each with its place."""
    for index, event in enumerate(policy.events):
        for number, extension in enumerate(event.extends):
            yield ("events", index, "extend", number), extension
    for index, charge in enumerate(policy.charges):
        for number, extension in enumerate(charge.extends):
            yield ("charges", index, "extend", number), extension


def extensions(policy: Policy) -> Iterator[Finding]:
    """Refuse extensions that contradict themselves or could never add anything."""
    for here, extension in every_extension(policy):
        if extension.base is Base.AFTER_PRODUCT and extension.product is None:
            yield Finding(place=(*here, "base"), refusal=ProductMissing())
        if extension.base is not Base.AFTER_PRODUCT and extension.product is not None:
            unused = ProductUnused(base=str(extension.base))
            yield Finding(place=(*here, "product"), refusal=unused, against=(*here, "base"))
        clock = policy.clocks.get(extension.clock)
        if clock is not None and clock.accumulates is not None:
            refusal = CounterExtended(name=clock.id)
            against: Place = ("clocks", clock.id, "accumulates")
            yield Finding(place=(*here, "clock"), refusal=refusal, against=against)
        yield from _limits(extension, here)
        yield from _term(policy, extension, here)


def _limits(extension: Extension, here: Place) -> Iterator[Finding]:
    cap, window = extension.cap, extension.window
    if cap is not None:
        for key, span in (("max", cap.max), ("per_event", cap.per_event)):
            if span is not None and span.count == 0:
                yield Finding(place=(*here, "cap", key), refusal=CapOfNothing(key=key))
    if window is None or window.earliest is None or window.latest is None:
        return
    if not _longer(window.earliest, window.latest):
        refusal = WindowShut(earliest=str(window.earliest), latest=str(window.latest))
        place = (*here, "window", "earliest")
        yield Finding(place=place, refusal=refusal, against=(*here, "window", "latest"))


def _longer(one: Span, other: Span) -> bool:
    if one.unit is other.unit:
        return one.count > other.count
    return one.about_days > other.about_days


def _term(policy: Policy, extension: Extension, here: Place) -> Iterator[Finding]:
    term = extension.term
    # After a product, 0 days are the day on which the product ends; where an extension is unknown,
    # "nothing" may be one of the alternatives.
    is_nothing = isinstance(term, Fixed) and term.span.count == 0
    if is_nothing and extension.base is not Base.AFTER_PRODUCT and policy.sellable:
        yield Finding(place=(*here, "term"), refusal=TermOfNothing())
    if isinstance(term, PerUnit) and term.unit_minor == 0:
        yield Finding(place=(*here, "term", "per"), refusal=UnitOfNothing())
    if isinstance(term, Tiers):
        yield from _tiers(term, (*here, "term", "tiers"))


def _tiers(term: Tiers, here: Place) -> Iterator[Finding]:
    for index, (least, gives) in enumerate(term.steps):
        if isinstance(gives, PerUnit) and gives.unit_minor == 0:
            yield Finding(place=(*here, index), refusal=UnitOfNothing())
        if index and least <= term.steps[index - 1][0]:
            refusal = TiersNotAscending(amount=least, before=term.steps[index - 1][0])
            yield Finding(place=(*here, index), refusal=refusal, against=(*here, index - 1))
