"""
Plan: the cheapest way to keep a card, what it costs a year, and what comes next.

Looking for one may take seconds where an operator's rules are many; what was found is kept for as
long as the card and the day are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from baohao.app.kept.listing import Card
from baohao.core.civil import civil_day, midnight
from baohao.core.line.acts import Act
from baohao.core.line.fold import fold_on
from baohao.core.money import format_minor
from baohao.core.policy.ending import service_clock
from baohao.core.policy.model import Policy
from baohao.core.refusals import Refusal
from baohao.core.upkeep.means import PAID, Means, options
from baohao.core.upkeep.plan import MARGIN_DAYS, NothingKeeps, Stand, Step, Upkeep, begun, upkeep

#: How far a plan goes: a year, and what a product of a year needs to come round.
AHEAD = timedelta(days=400)
#: Plans that are kept; a household has a few dozen cards, an installation some thousand.
PLANS_KEPT = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The cheapest way to keep one card."""

    found: Upkeep | None
    #: Why there is none.
    refusal: Refusal | None = None
    #: What the plan does though nobody said what it costs; where it does any, no cost is true.
    unpriced: frozenset[str] = frozenset()

    @property
    def is_priced(self) -> bool:
        """Whether what it costs is known."""
        return self.found is not None and not self.unpriced

    def knows(self, step: Step) -> bool:
        """Whether the price of a step is known."""
        return not self.unpriced & {step.option.kind, step.option.sku}

    @property
    def next(self) -> Step | None:
        """What is to be done first; `None`: nothing."""
        return self.found.steps[0] if self.found is not None and self.found.steps else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What a keeper would do for a card."""

    abroad: bool = False
    margin_days: int = MARGIN_DAYS


def of_card(card: Card, now: datetime, ways: Ways | None = None) -> Plan:
    """Return the cheapest way to keep a card for a year from now; of one that is gone, none."""
    if card.is_over:
        return Plan(found=None)
    return _planned(_Key(card, card.state.version), _hour(now), ways or Ways())


class _Key:
    """A card as it stands: the same one while nothing has happened to it."""

    __slots__ = ("card", "version")

    def __init__(self, card: Card, version: int) -> None:
        self.card, self.version = card, version

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._place == other._place

    def __hash__(self) -> int:
        return hash(self._place)

    @property
    def _place(self) -> tuple[str, int, str]:
        return self.card.subject, self.version, self.card.policy.pin


def _hour(now: datetime) -> datetime:
    # Begun an hour: a plan speaks of days, and may as well be kept that long.
    return now.replace(minute=0, second=0, microsecond=0)


@lru_cache(maxsize=PLANS_KEPT)
def _planned(key: _Key, now: datetime, ways: Ways) -> Plan:
    state, policy = key.card.state, key.card.policy
    # Never before what was settled.
    at = max([now, *(each.at for each in state.standings if each.at is not None)])
    until = midnight(civil_day(at, policy.zone) + AHEAD, policy.zone)
    stand = _stand(key.card, at)
    means = Means(abroad=ways.abroad)
    try:
        return Plan(found=upkeep(policy, stand, at, until, means, ways.margin_days))
    except NothingKeeps as refusal:
        # What is to be done is worth knowing, though nobody wrote down what it costs.
        prices = _guessed(policy, means)
        try:
            found = upkeep(
                policy, stand, at, until, replace(means, prices=prices), ways.margin_days
            )
        except Refusal:
            return Plan(found=None, refusal=refusal)
        return Plan(found=found, unpriced=frozenset(prices))
    except Refusal as refusal:
        return Plan(found=None, refusal=refusal)


def _stand(card: Card, at: datetime) -> Stand:
    """Return where a card stands, by the earliest of its rules and what its operator says."""
    state, policy = card.state, card.policy
    stand = Stand(standings=state.standings, acts=state.acts)
    clock, due = service_clock(policy), card.due
    if not clock or due is None or due == card.computed:
        return stand
    until = midnight(due + timedelta(days=1), policy.zone)
    if until <= at:
        return stand
    # It is put right in what is planned, and nowhere else.
    nearer = Act(id="said", kind="adjust", at=at, clock=clock, until=until)
    acts = (*state.acts, nearer)
    rules = {state.pin: policy}
    folded = fold_on(rules, state.pin, state.standings, acts, (nearer,), until=at)
    return Stand(standings=tuple(each.standing for each in folded), acts=acts)


def _guessed(policy: Policy, means: Means) -> dict[str, int]:
    """Return what would count and has no price, as if it had the least that it can have."""
    unit = 10**policy.exponent
    # A message is the least of all that counts.
    least = {"sms_out": 0}
    unpriced = options(policy, means).unpriced
    return {each: least.get(each, unit if each in PAID else 1) for each in unpriced}


def of_product(policy: Policy, on: date) -> int | None:
    """
    Return what keeping a new card of a product costs a year, in minor units; `None`: nobody knows.
    """
    return _of_product(_Pinned(policy), on)


class _Pinned:
    """A policy: the same one while its pin is."""

    __slots__ = ("policy",)

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Pinned) and self.policy.pin == other.policy.pin

    def __hash__(self) -> int:
        return hash(self.policy.pin)


@lru_cache(maxsize=PLANS_KEPT)
def _of_product(pinned: _Pinned, on: date) -> int | None:
    policy = pinned.policy
    at = midnight(on, policy.zone)
    until = midnight(on + AHEAD, policy.zone)
    try:
        found = upkeep(policy, begun(policy, at), at, until, Means())
    except Refusal:
        return None
    # A product that needs nothing within the time costs what nobody knows: its rules are silent.
    return found.year_minor if found.steps else None


def year_cost(found: Upkeep) -> str:
    """Return what a plan costs a year, as people write it, with its currency's name behind."""
    return f"{format_minor(found.year_minor, found.policy.currency)} {found.policy.currency}"


def day_of(policy: Policy, step: Step) -> date:
    """Return the day that a step is for, in the policy's zone."""
    return civil_day(step.at, policy.zone)


def done(step: Step, at: datetime) -> Iterator[dict[str, Any]]:
    """Yield what to record of a step that was done at an instant, once for each time."""
    option = step.option
    said: dict[str, Any] = {"kind": option.kind, "at": at.isoformat()}
    if option.amount_minor is not None:
        said["amount_minor"] = option.amount_minor
    if option.term is not None:
        said["term"] = str(option.term)
    said |= {"sku": option.sku, "where": option.channel, "tags": sorted(option.rule.tags)}
    said["actor"] = min(option.rule.actors or (), default="")
    for _ in range(option.times):
        yield said
