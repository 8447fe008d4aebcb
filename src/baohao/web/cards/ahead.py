"""What lies ahead of all cards: one calendar of everything due, and what a year costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from baohao.app.kept import plan
from baohao.app.kept.listing import Card
from baohao.app.kept.plan import Plan
from baohao.core.money import NO_CURRENCY
from baohao.core.policy.model import Policy
from baohao.core.upkeep.plan import Step
from baohao.web.accounts.doors import holders
from baohao.web.cards import add
from baohao.web.cards.own import own_cards

#: For so long a page plans (seconds); what is not planned by then comes when it asks again.
PATIENCE_S = 2.5
#: How far the calendar goes.
AHEAD = timedelta(days=366)
#: So many cheaper products are named.
CHEAPER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something that falls on a day."""

    day: date
    card: Card
    #: What is to be done; `None`: it is a last day.
    step: Step | None = None
    plan: Plan | None = None
    #: Of a last day: whether the operator says it, and not the rules.
    is_said: bool = False

    @property
    def is_last(self) -> bool:
        """Whether it is a last day, and nothing to do."""
        return self.step is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The things of one month."""

    first: date
    due: Sequence[Due]


@holders
def calendar(request: HttpRequest) -> HttpResponse:
    """Show everything that is due within a year, month by month."""
    found, now = own_cards(request)
    alive = [each for each in found if not each.is_over]
    plans, waiting = planned(alive, now)
    until = now.date() + AHEAD
    due = [each for card in alive for each in _due(card, plans.get(card.subject), until)]
    due.sort(key=lambda each: (each.day, each.is_last, each.card.number))
    page = {
        "months": _by_month(due),
        "waiting": waiting,
        "has_any": bool(alive),
        "today": now.date(),
        "partial": getattr(request, "htmx", False),
    }
    return render(request, "cards/calendar.html", page)


def _due(card: Card, made: Plan | None, until: date) -> Iterable[Due]:
    """Yield what is due of a card: each date of its own, and the steps that keep it."""
    if card.computed is not None and card.computed <= until:
        yield Due(day=card.computed, card=card)
    if card.read is not None and card.read <= until and card.read != card.computed:
        yield Due(day=card.read, card=card, is_said=True)
    for step in made.found.steps if made is not None and made.found is not None else ():
        day = plan.day_of(card.policy, step)
        if day <= until:
            yield Due(day=day, card=card, step=step, plan=made)


def _by_month(due: Sequence[Due]) -> list[Month]:
    months = dict.fromkeys(each.day.replace(day=1) for each in due)
    return [
        Month(first=first, due=[each for each in due if each.day.replace(day=1) == first])
        for first in months
    ]


def planned(cards: Sequence[Card], now: datetime) -> tuple[dict[str, Plan], int]:
    """
    Return the plans of cards by key, and how many are still to be made.

    What was planned once is kept, so that a page which asks again comes further each time.
    """
    begun, plans = monotonic(), dict[str, Plan]()
    for card in cards:
        if monotonic() - begun > PATIENCE_S:
            break
        plans[card.subject] = plan.of_card(card, now)
    return plans, len(cards) - len(plans)


# --- what it costs --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a card costs a year."""

    card: Card
    plan: Plan
    #: In minor units of its policy's currency; `None`: nobody knows.
    year_minor: int | None
    #: How often something is done.
    steps: int
    #: Products of the same country that cost less: (product, minor units a year).
    cheaper: Sequence[tuple[Policy, int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """The costs in one currency."""

    currency: str
    costs: Sequence[Cost]

    @property
    def is_priceless(self) -> bool:
        """Whether not even the currency is known, or nothing of any card's cost."""
        return self.currency == NO_CURRENCY or self.unknown == len(self.costs)

    @property
    def year_minor(self) -> int:
        """What all cards in this currency cost a year."""
        return sum(each.year_minor or 0 for each in self.costs)

    @property
    def unknown(self) -> int:
        """Of how many nobody knows what they cost."""
        return sum(each.year_minor is None for each in self.costs)


@holders
def cost(request: HttpRequest) -> HttpResponse:
    """Show what each card costs a year, the dearest first; each currency is a sum of its own."""
    found, now = own_cards(request)
    begun = monotonic()
    alive = [each for each in found if not each.is_over]
    plans, waiting = planned(alive, now)
    known = [each for each in alive if each.subject in plans]
    costs = [_cost(each, plans[each.subject]) for each in known]
    rest = PATIENCE_S - (monotonic() - begun)
    costs, is_cut = _with_cheaper(costs, now, rest)
    page = {
        "purses": _purses(costs),
        "waiting": waiting + is_cut,
        "has_any": bool(alive),
        "partial": getattr(request, "htmx", False),
    }
    return render(request, "cards/cost.html", page)


def _cost(card: Card, made: Plan) -> Cost:
    found = made.found
    minor = found.year_minor if found is not None and made.is_priced else None
    steps = len(found.steps) if found is not None else 0
    return Cost(card=card, plan=made, year_minor=minor, steps=steps)


def _purses(costs: Sequence[Cost]) -> list[Purse]:
    """Return costs by currency, those of most cards first; in each the dearest first."""
    by: dict[str, list[Cost]] = {}
    for each in costs:
        by.setdefault(each.card.policy.currency, []).append(each)
    purses = [
        Purse(currency=currency, costs=sorted(some, key=_dearest))
        for currency, some in sorted(by.items())
    ]
    return sorted(purses, key=lambda each: -len(each.costs))


def _dearest(cost: Cost) -> tuple[bool, int, str]:
    return cost.year_minor is None, -(cost.year_minor or 0), cost.card.number


def _with_cheaper(
    costs: Sequence[Cost], now: datetime, patience_s: float
) -> tuple[list[Cost], bool]:
    """Return costs with what would cost less, and whether time ran out before all was looked at."""
    begun, on, is_cut = monotonic(), now.date(), False
    products: Mapping[str, list[Policy]] = _by_country(on)
    yearly: dict[str, int | None] = {}
    for country in {each.card.policy.country for each in costs if each.year_minor}:
        for policy in products.get(country, ()):
            if monotonic() - begun > patience_s:
                is_cut = True
                break
            yearly[policy.name] = plan.of_product(policy, on)
    return [_compared(each, products, yearly) for each in costs], is_cut


def _by_country(on: date) -> dict[str, list[Policy]]:
    found: dict[str, list[Policy]] = {}
    for policy in add.offered(on):
        # Not those that only who has had them for long may have.
        is_sold = policy.effective_to is None or on < policy.effective_to
        if is_sold and policy.cohort.activated_to is None:
            found.setdefault(policy.country, []).append(policy)
    return found


def _compared(
    cost: Cost, products: Mapping[str, list[Policy]], yearly: Mapping[str, int | None]
) -> Cost:
    mine, policy = cost.year_minor, cost.card.policy
    if not mine:
        return cost
    less = [
        (each, minor)
        for each in products.get(policy.country, ())
        if each.currency == policy.currency
        and each.name != policy.name
        and (minor := yearly.get(each.name)) is not None
        and minor < mine
    ]
    less.sort(key=lambda each: each[1])
    return Cost(
        card=cost.card,
        plan=cost.plan,
        year_minor=mine,
        steps=cost.steps,
        cheaper=less[:CHEAPER],
    )
