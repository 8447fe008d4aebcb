"""
Upkeep: the cheapest way to keep a stored line, or any line of a policy, told as plain facts.

Nothing is locked and nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from baohao.app import show
from baohao.core.civil import civil_day, midnight
from baohao.core.line.fold import Rules, policy_of
from baohao.core.money import format_minor, parse_minor
from baohao.core.policy.model import How, Policy
from baohao.core.refusals import Refusal
from baohao.core.upkeep.means import Means
from baohao.core.upkeep.plan import MARGIN_DAYS, Stand, Step, Upkeep, begun, upkeep
from baohao.store import clock
from baohao.store.sql import Connection

Json = dict[str, Any]


class DayOver(Refusal):
    """{until} is over, or today: name a day to come until which the number is to be kept."""

    code = "upkeep.day_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a plan is asked for."""

    #: The last day that the number is to be safe, in the policy's zone.
    until: date
    kinds: frozenset[str] | None = None
    channels: frozenset[str] | None = None
    abroad: bool = False
    #: Act, or what is bought -> its price as people write it, in the policy's currency.
    prices: Mapping[str, str] = field(default_factory=dict)
    margin_days: int = MARGIN_DAYS


def of_line(conn: Connection, rules: Rules, number: str, wanted: Wanted) -> Upkeep:
    """
    Return the cheapest way to keep a stored line; raises `LineUnknown`, `PolicyMissing`,
    `DayOver`, `NothingKeeps`, `TooManyWays` and `MoneyMalformed`.
    """
    state, now = show.find(conn, number), clock.now(conn)
    policy = policy_of(rules, state.pin)
    # Never before what was settled, though somebody set the clock back.
    now = max([now, *(each.at for each in state.standings if each.at is not None)])
    return _planned(policy, Stand(standings=state.standings, acts=state.acts), now, wanted)


def of_policy(policy: Policy, now: datetime, wanted: Wanted) -> Upkeep:
    """
    Return the least that whoever activates a line of a policy now can pay for it; raises `DayOver`,
    `NothingKeeps`, `TooManyWays` and `MoneyMalformed`.
    """
    return _planned(policy, begun(policy, now), now, wanted)


def _planned(policy: Policy, stand: Stand, now: datetime, wanted: Wanted) -> Upkeep:
    if wanted.until <= civil_day(now, policy.zone):
        raise DayOver(until=wanted.until.isoformat())
    means = Means(
        kinds=wanted.kinds,
        channels=wanted.channels,
        abroad=wanted.abroad,
        prices={what: parse_minor(text, policy.currency) for what, text in wanted.prices.items()},
    )
    until = midnight(wanted.until + timedelta(days=1), policy.zone)
    return upkeep(policy, stand, now, until, means, wanted.margin_days)


def told(found: Upkeep) -> Json:
    """Return a plan as plain facts: amounts as text, days in the policy's zone."""
    policy = found.policy
    return {
        "policy": policy.pin,
        "currency": policy.currency,
        "cost": format_minor(found.cost_minor, policy.currency),
        "a_year": format_minor(found.year_minor, policy.currency),
        "safe_until": _last_day(policy, found.safe_until),
        "at_most_above_least_percent": found.excess_percent,
        "steps": [_step(policy, step) for step in found.steps],
        "unpriced": list(found.unpriced),
    }


def _step(policy: Policy, step: Step) -> Json:
    option, how = step.option, step.option.how
    return {
        "on": civil_day(step.at, policy.zone),
        "act": option.kind,
        "times": option.times,
        "of": str(option.term) if option.term else option.sku,
        "amount": format_minor(option.cost_minor, policy.currency),
        "channel": option.channel,
        "how": _how(how),
        "rule": option.rule.id,
        "without_it": _last_day(policy, step.before),
        "with_it": _last_day(policy, step.after),
        "paid_by_then": format_minor(step.spent_minor, policy.currency),
    }


def _how(how: How | None) -> str:
    """Say what a person does: what they dial, where they go, and the steps."""
    return "" if how is None else " · ".join(filter(None, (how.dial, *how.steps, how.page)))


def _last_day(policy: Policy, at: datetime | None) -> date | None:
    return None if at is None else civil_day(at - timedelta(microseconds=1), policy.zone)
