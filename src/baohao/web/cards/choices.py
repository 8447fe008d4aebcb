"""What a product's own rules suggest to whoever says what was done: amounts, packs, how to ask."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from baohao.core.money import format_minor
from baohao.core.policy.model import How, Policy
from baohao.core.policy.terms import PerUnit, Tiers
from baohao.core.upkeep.means import Means, options

#: An act that nobody remembers: what the operator says is enough.
NOBODY_KNOWS = "unknown"
UNKNOWN = gettext_lazy("I do not remember: I know what the operator says")
#: So many amounts are offered.
MOST = 8
#: What an operator is asked by.
ASKS = frozenset({"balance", "read", "number"})


def usual(policy: Policy) -> list[str]:
    """Return the amounts that a product's rules and ways to pay name, as people type them."""
    found = {each.amount_minor for each in options(policy, Means()).known if each.amount_minor}
    return [format_minor(minor, policy.currency) for minor in sorted(found)[:MOST]]


def skus(policy: Policy) -> list[str]:
    """Return what may be bought by name."""
    return sorted({sku for rule in policy.events for sku in rule.skus or ()})


def hangs_on_credit(policy: Policy) -> bool:
    """Whether what is in its balance may move a product's date."""
    terms = (extension.term for rule in policy.events for extension in rule.extends)
    return bool(
        policy.charges
        or any(clock.below for clock in policy.clocks.values())
        or any(isinstance(term, Tiers) and term.by != "amount" for term in terms)
    )


def looks_at_amount(policy: Policy, kind: str) -> bool:
    """Whether a product's rules ask for how much an act was."""
    if hangs_on_credit(policy):
        return True
    rules = [rule for rule in policy.events if kind in rule.kinds]
    bounds = [(r.min_minor, r.above_minor, r.max_minor, r.below_minor, r.sum) for r in rules]
    terms = (extension.term for rule in rules for extension in rule.extends)
    return any(each is not None for bound in bounds for each in bound) or any(
        isinstance(term, Tiers | PerUnit) for term in terms
    )


def asking(policy: Policy) -> list[How]:
    """Return how the operator is asked until when a card is good."""
    return [how for how in policy.how if how.act in ASKS]
