"""
Commission schedules: what an operator's agents earn by a sale, and the most they may add to it.

Commission is ours to pay and stands in the books. A **service fee** is the agent's own money: what
it asks of its customer on top, under the operator's limit; it is shown and kept with the sale, and
never booked. Of several rates the most specific counts: docs/rules/commission.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from itertools import product
from uuid import UUID

from baohao.core.books import income
from baohao.core.books.chart import AccountKind, account
from baohao.core.books.entry import Entry
from baohao.core.policy.findings import Finding, PolicyFault
from baohao.core.policy.parse_head import read_currency, read_effective
from baohao.core.policy.table import Reading, Table
from baohao.core.promotions.parse import read_percent

#: What an agent can sell.
VERBS = ("renew", "top_up", "activate", "restore")


class RatesTie(PolicyFault):
    """
    Two rates fit "{verb}" of {plan} by {tier} equally well: write one for just that plan and tier.
    """

    code = "commission.tie"


class EarnsNothing(PolicyFault):
    """The rate says nothing: write "percent", "amount" or both; an amount of zero is one."""

    code = "commission.nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What some sales earn."""

    verbs: frozenset[str]
    #: `None`: whatever the plan is.
    plans: frozenset[str] | None = None
    #: `None`: whatever the agent's tier is.
    tiers: frozenset[str] | None = None
    #: Of what is paid for time or credit.
    basis_points: int = 0
    #: For each sale, on top of that.
    amount_minor: int = 0

    def is_for(self, verb: str, plan: str, tier: str) -> bool:
        """Say whether it fits a sale."""
        return (
            verb in self.verbs
            and (self.plans is None or plan in self.plans)
            and (self.tiers is None or tier in self.tiers)
        )

    @property
    def specific(self) -> int:
        """How closely it says what it is for."""
        return (self.plans is not None) + (self.tiers is not None)

    def commission(self, paid_minor: int) -> int:
        """Return the commission on what was paid; never more than that."""
        share = income.commission_of(paid_minor, self.basis_points)
        return min(paid_minor, share + self.amount_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionSchedule:
    """What one operator's agents earn, from a day on."""

    operator: str
    currency: str
    #: Half-open civil days in the operator's zone.
    effective_from: date
    effective_to: date | None = None
    #: No two of them fit one sale equally well.
    rates: tuple[Rate, ...]
    #: The most that an agent may ask of its customer on top.
    service_fee_max_minor: int = 0

    def commission(self, verb: str, plan: str, tier: str, paid_minor: int) -> int:
        """Return what an agent of a tier earns by a sale; 0 where no rate fits."""
        fitting = [rate for rate in self.rates if rate.is_for(verb, plan, tier)]
        if not fitting:
            return 0
        return max(fitting, key=lambda rate: rate.specific).commission(paid_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """What one act moved for an agent: a sale, or the clawback of one."""

    agent: str
    #: What was sold, or what took it back.
    verb: str
    plan: str
    currency: str
    #: What its float paid; negative: what it got back.
    total_minor: int
    #: Negative: lost again.
    commission_minor: int = 0
    #: Its own money, for information.
    service_fee_minor: int = 0
    #: The ask whose sale was taken back.
    of: UUID | None = None


def booked(earned: Iterable[Earned]) -> list[tuple[str, Entry]]:
    """
    Return the entries of a batch, each with the agent's account: for each agent and currency one of
    what was earned, and one of what was lost.
    """
    sums: dict[tuple[str, str, bool], int] = {}
    for each in earned:
        place = (each.agent, each.currency, each.commission_minor < 0)
        sums[place] = sums.get(place, 0) + each.commission_minor
    return [
        (account(AccountKind.COMMISSION_OWED, agent, currency).text, entry)
        for (agent, currency, _), minor in sorted(sums.items())
        for entry in income.commission(agent, currency, minor)
    ]


# --- reading --------------------------------------------------------------------------------------


def parse_commissions(
    document: Mapping[str, object], zone_of: Callable[[str], tzinfo]
) -> tuple[CommissionSchedule | None, tuple[Finding, ...]]:
    """Read a document: the schedule, or what is wrong with it."""
    reading = Reading(zone_of, "the commission schedule")
    schedule = _schedule(reading.open(document, ()))
    reading.close()
    found = tuple(reading.findings)
    return (None if found else schedule), found


def _schedule(table: Table) -> CommissionSchedule:
    # First: all money in the document is written in it.
    currency = read_currency(table)
    effective_from, effective_to = read_effective(table)
    return CommissionSchedule(
        operator=table.name("operator"),
        currency=currency,
        effective_from=effective_from,
        effective_to=effective_to,
        rates=_rates(table),
        service_fee_max_minor=table.money("service_fee_max") or 0,
    )


def _rates(table: Table) -> tuple[Rate, ...]:
    if "rates" not in table:
        table.missing("rates", "at least one [[rates]]")
    rates = tuple(_rate(each) for each in table.tables("rates"))
    for first, second, tie in _ties(rates):
        table.reading.refuse((*table.at("rates"), second), tie, (*table.at("rates"), first))
    return rates


def _rate(table: Table) -> Rate:
    if "verbs" not in table:
        table.missing("verbs", "a list of texts")
    if "percent" not in table and "amount" not in table:
        table.reading.refuse(table.place, EarnsNothing())
    return Rate(
        verbs=table.word_set("verbs", VERBS) or frozenset(),
        plans=table.word_set("plans"),
        tiers=table.word_set("tiers"),
        basis_points=read_percent(table) if "percent" in table else 0,
        amount_minor=table.money("amount") or 0,
    )


def _ties(rates: Sequence[Rate]) -> Iterator[tuple[int, int, RatesTie]]:
    """Yield two rates that fit a sale equally well while none fits better; each two once."""
    # "" stands for every plan and tier that no rate names.
    plans = ("", *sorted({plan for rate in rates for plan in rate.plans or ()}))
    tiers = ("", *sorted({tier for rate in rates for tier in rate.tiers or ()}))
    told: set[tuple[int, int]] = set()
    for verb, plan, tier in product(VERBS, plans, tiers):
        fitting = [(n, rate) for n, rate in enumerate(rates) if rate.is_for(verb, plan, tier)]
        best = max((rate.specific for _, rate in fitting), default=0)
        first, *others = [n for n, rate in fitting if rate.specific == best] or [0]
        for second in others:
            if (first, second) not in told:
                told.add((first, second))
                facts = {"plan": plan or "any plan", "tier": tier or "any tier"}
                yield first, second, RatesTie(verb=verb, **facts)
