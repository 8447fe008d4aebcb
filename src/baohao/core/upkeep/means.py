"""
Means: what somebody can do to keep a number, and what each way costs.

The ways are read off the policy's own event rules: of every rule the least act that counts, and of
every tier the least that reaches it. What costs nobody knows how much is left out, and named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from baohao.core.civil import Span
from baohao.core.line.acts import COUNTING
from baohao.core.policy.model import EventRule, How, Policy, Tally
from baohao.core.policy.terms import BySku, Extension, PerUnit, Tiers

#: Acts that are paid for with their own amount, the plainest first.
PAID = ("topup", "voucher", "pack", "validity_pack", "renewal", "gift")
#: What happens to a line without its holder: nobody can plan it.
_BEFALL = frozenset({"charge", "port_in"})
#: So many times the least amount are looked at where time is bought by the unit of money.
_UNITS = (1, 2, 3, 6, 12)
#: So many charges are paid ahead of, where a balance drains.
_AHEAD = (1, 2, 3, 6, 12, 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a holder would do."""

    #: Kinds of act, as in `core/line/acts.py`; `None`: any.
    kinds: frozenset[str] | None = None
    channels: frozenset[str] | None = None
    #: Whether only what is known to work from abroad is asked for.
    abroad: bool = False
    #: Kind of act, or what is bought -> its price in minor units, where the policy says none.
    prices: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One act that may keep the line, and its price."""

    rule: EventRule
    kind: str
    #: What is paid, in minor units.
    cost_minor: int
    #: Its face value; `None`: the act has none, as a call.
    amount_minor: int | None = None
    sku: str = ""
    term: Span | None = None
    channel: str = ""
    #: How often it must be done at once to count.
    times: int = 1
    #: What a person does for it, where the policy says so.
    how: How | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What may be done, the cheapest first."""

    known: tuple[Option, ...]
    #: Kinds and packs that would count, and whose price nobody has said.
    unpriced: tuple[str, ...]


def options(policy: Policy, means: Means) -> Options:
    """Return what a policy lets a holder with such means do."""
    known: dict[tuple[object, ...], Option] = {}
    unpriced: set[str] = set()
    for rule in policy.events:
        if not _matters(policy, rule):
            continue
        for kind in sorted(rule.kinds & COUNTING - _BEFALL, key=_rank):
            if means.kinds is not None and kind not in means.kinds:
                continue
            ways = _ways(policy, rule, kind, means)
            if not ways:
                continue
            for option in _of(policy, rule, kind, means, ways, unpriced):
                # Of two kinds that do the same for the same money the plainer one stands.
                same = (rule.id, option.cost_minor, option.amount_minor, option.sku, option.term)
                known.setdefault(same, option)
    priced = {option.sku or option.kind for option in known.values()}
    return Options(
        known=tuple(sorted(known.values(), key=lambda each: each.cost_minor)),
        unpriced=tuple(sorted(unpriced - priced)),
    )


def _rank(kind: str) -> tuple[int, str]:
    return (PAID.index(kind) if kind in PAID else len(PAID), kind)


def _matters(policy: Policy, rule: EventRule) -> bool:
    """Whether an act under a rule can move a deadline: by itself, or through a balance."""
    if rule.extends:
        return True
    drains = policy.charges or any(clock.below for clock in policy.clocks.values())
    return bool(drains) and rule.credit != "none" and bool(rule.kinds & {"topup", "voucher"})


def _ways(policy: Policy, rule: EventRule, kind: str, means: Means) -> tuple[How | None, ...]:
    """Return the ways to do an act that are open to the holder; `None`: it is not said how."""
    said = [how for how in policy.how if how.act == kind or (kind in PAID and how.act == rule.id)]
    open_ = [
        how
        for how in said
        if (rule.channels is None or how.channel in rule.channels)
        and (means.channels is None or how.channel in means.channels)
        and (how.abroad is True or not means.abroad)
    ]
    if open_ or said or means.abroad:
        return tuple(open_)
    if means.channels is None or rule.channels is None:
        return (None,)
    return (None,) if means.channels & rule.channels else ()


def _of(
    policy: Policy,
    rule: EventRule,
    kind: str,
    means: Means,
    ways: tuple[How | None, ...],
    unpriced: set[str],
) -> Iterator[Option]:
    """Yield the options of one kind of act under one rule."""
    times = _times(rule.count)
    skus = _skus(rule)
    if skus and kind in PAID:
        for sku in skus:
            if sku in means.prices:
                yield _option(rule, kind, ways, means.prices[sku], times, sku=sku)
            else:
                unpriced.add(sku)
        return
    if kind == "renewal" and policy.offers:
        for offer in policy.offers:
            if offer.verb == "renew":
                yield _option(rule, kind, ways, offer.price_minor, times, term=offer.term)
        return
    if kind in PAID:
        amounts = _amounts(policy, rule, kind, means, ways)
        if not amounts:
            unpriced.add(kind)
        for amount in amounts:
            yield _option(rule, kind, ways, amount, times, amount_minor=amount)
        return
    told = [how.price_minor for how in ways if how and how.price_minor is not None]
    price = means.prices.get(kind, min(told, default=None))
    if price is None:
        unpriced.add(kind)
        return
    least = _least(rule)
    yield _option(rule, kind, ways, max(price, least), times, amount_minor=least or None)


def _option(
    rule: EventRule,
    kind: str,
    ways: tuple[How | None, ...],
    cost_minor: int,
    times: int,
    *,
    amount_minor: int | None = None,
    sku: str = "",
    term: Span | None = None,
) -> Option:
    fits = [how for how in ways if how and (how.price_minor or 0) <= cost_minor]
    # What says its price is the more certain way.
    how = next((each for each in fits if each.price_minor is not None), next(iter(fits), None))
    channel = how.channel if how else next(iter(sorted(rule.channels or ())), "")
    return Option(
        rule=rule,
        kind=kind,
        cost_minor=cost_minor * times,
        amount_minor=cost_minor if kind in PAID and amount_minor is None else amount_minor,
        sku=sku,
        term=term,
        channel=channel,
        times=times,
        how=how,
    )


def _times(tally: Tally | None) -> int:
    return 1 if tally is None else max(1, tally.at_least + tally.strict)


def _skus(rule: EventRule) -> list[str]:
    named = set(rule.skus or ())
    for extension in rule.extends:
        if isinstance(extension.term, BySku):
            given = {sku for sku, _ in extension.term.spans}
            named = named & given if named else given
    return sorted(named)


def _least(rule: EventRule) -> int:
    """Return the least amount that counts, in minor units; 0: any does."""
    least = [rule.min_minor or 0]
    if rule.above_minor is not None:
        least.append(rule.above_minor + 1)
    if rule.sum is not None:
        least.append(rule.sum.at_least + rule.sum.strict)
    return max(least)


def _amounts(
    policy: Policy, rule: EventRule, kind: str, means: Means, ways: tuple[How | None, ...]
) -> list[int]:
    """Return the amounts worth paying: the least that counts, and the least of every tier."""
    prices = [how.price_minor for how in ways if how is not None and how.price_minor]
    least = _least(rule)
    restores = [s.restore.min_minor for s in policy.stages if s.restore and rule.id in s.restore.by]
    # Nobody sells less than one whole unit; what is sold is what the ways to pay say.
    sold = min(prices) if prices and len(prices) == len(ways) else 10**policy.exponent
    least = max(least, means.prices.get(kind, sold))
    is_said = bool(_least(rule) or prices or kind in means.prices or _has_steps(rule))
    found = {least} if is_said else set()
    found |= {*prices, *restores}
    for extension in rule.extends:
        found |= set(_steps(extension))
    found |= {charge.amount_minor * n for charge in policy.charges for n in _AHEAD}
    found |= {c.below.floor_minor + 1 for c in policy.clocks.values() if c.below is not None}
    most = min(
        (n for n in (rule.max_minor, (rule.below_minor or 0) - 1) if n is not None and n >= 0),
        default=None,
    )
    return sorted(n for n in found if n > 0 and n >= least and (most is None or n <= most))


def _has_steps(rule: EventRule) -> bool:
    return any(isinstance(extension.term, Tiers | PerUnit) for extension in rule.extends)


def _steps(extension: Extension) -> Iterator[int]:
    term = extension.term
    if isinstance(term, PerUnit):
        yield from (term.unit_minor * n for n in _UNITS)
    if isinstance(term, Tiers):
        for step, worth in term.steps:
            yield step
            if isinstance(worth, PerUnit):
                yield from (max(step, worth.unit_minor * n) for n in _UNITS)
        if term.by != "amount":
            # What is in the balance already counts too: smaller steps may be enough.
            yield from (high - low for (low, _), (high, _) in pairwise(term.steps))
