"""
The least price of a day: what no plan can stay under, however it mixes the acts.

A clock moves by what an act gives it, and by the charges that a balance pays; a stage that ends at
the earliest of several clocks needs all of them paid for, one that ends at the latest only one.
"""

from __future__ import annotations

from collections.abc import Sequence

from baohao.core.civil import Span
from baohao.core.policy.model import Policy, Until
from baohao.core.policy.terms import Base, Bought, BySku, Fixed, PerUnit, Term, Tiers
from baohao.core.upkeep.means import Option


def day_price(policy: Policy, known: Sequence[Option]) -> float:
    """Return minor units that a day costs at least; 0.0: an act may give any number of them."""
    if any(clock.unless or clock.below for clock in policy.clocks.values()):
        return 0.0
    untils = [stage.until for stage in policy.stages if stage.kind == "live"]
    return min((_of_until(policy, known, until) for until in untils if until), default=0.0)


def _of_until(policy: Policy, known: Sequence[Option], until: Until) -> float:
    if until.clock is None:
        parts = [_of_until(policy, known, part) for part in until.parts]
        return max(parts) if until.how == "earliest_of" else min(parts)
    prices = []
    for option in known:
        days = _given(policy, option, until.clock)
        if days is None:
            return 0.0
        if days:
            prices.append(option.cost_minor / days)
    return min(prices, default=0.0)


def _given(policy: Policy, option: Option, clock: str) -> float | None:
    """Return by how many days an option moves a clock, at most; `None`: nothing bounds them."""
    drawn = _drawn(policy, clock)
    if drawn is None:
        return None
    most = 0.0
    for extension in option.rule.extends:
        if extension.clock != clock:
            continue
        days = _longest(extension.term, option)
        if extension.base is Base.AFTER_PRODUCT and extension.product is not None:
            # Counted from the end of a product, it comes on top of the product's own time.
            product = _given(policy, option, extension.product)
            days = None if days is None or product is None else days + product
        if days is None:
            return None
        most = max(most, days)
    return most * option.times + drawn * option.cost_minor


def _longest(term: Term, option: Option) -> float | None:
    amount = option.amount_minor or 0
    match term:
        case Tiers(steps, by):
            reached = [worth for least, worth in steps if least <= amount][-1:]
            worths = reached if by == "amount" else [worth for _, worth in steps]
            spans = [_worth(worth, amount) for worth in worths]
        case PerUnit():
            spans = [_worth(term, amount)]
        case BySku(of):
            spans = [span for sku, span in of if sku == option.sku]
        case Bought():
            spans = [option.term] if option.term else []
        case Fixed(span):
            spans = [span]
        case _:
            return None
    return max((span.longest_days() for span in spans), default=0)


def _worth(worth: Span | PerUnit, amount_minor: int) -> Span:
    if isinstance(worth, Span):
        return worth
    return Span(max(1, amount_minor // worth.unit_minor) * worth.gives.count, worth.gives.unit)


def _drawn(policy: Policy, clock: str) -> float | None:
    """Return how many days a minor unit in a balance pays for; `None`: nothing bounds them."""
    most = 0.0
    for charge in policy.charges:
        spans = [charge.every]
        mine = [extension for extension in charge.extends if extension.clock == clock]
        # A clock that begins when a charge fails is kept from beginning by every one that is paid.
        if not mine and f"charge_failed:{charge.id}" not in policy.clocks[clock].starts:
            continue
        for extension in mine:
            if not isinstance(extension.term, Fixed):
                return None
            spans.append(extension.term.span)
        if charge.amount_minor <= 0:
            return None
        most = max(most, max(span.longest_days() for span in spans) / charge.amount_minor)
    return most
