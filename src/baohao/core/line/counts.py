"""Whether an act counts under an event rule, and what time it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from baohao.core.civil import Span, before, civil_day
from baohao.core.line.acts import Act
from baohao.core.line.extend import Grant, last_before
from baohao.core.policy.model import Clock, EventRule, Policy, Stage, Tally
from baohao.core.policy.terms import (
    Bought,
    BySku,
    CalendarEnd,
    Fixed,
    PerUnit,
    Term,
    Tiers,
    UntilDate,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstance:
    """What a rule may look at beside the act."""

    policy: Policy
    stage: Stage
    #: Every act up to this one, in order.
    history: Sequence[Act]
    #: clock -> when it last moved, for sums "since the clock last moved".
    moved: dict[str, datetime]


def why_not(rule: EventRule, act: Act, here: Circumstance) -> str | None:
    """Return why `act` does not count under `rule`, as a short stable word; `None`: it counts."""
    stage = here.stage
    if rule.stages is None:
        if stage.kind != "live":
            return "stage"
    elif stage.name not in rule.stages:
        return "stage"
    if rule.channels is not None and act.channel and act.channel not in rule.channels:
        return "channel"
    if rule.actors is not None and act.actor and act.actor not in rule.actors:
        return "actor"
    if rule.skus is not None and act.sku not in rule.skus:
        return "sku"
    if (rule.not_tags and rule.not_tags & act.tags) or not rule.tags <= act.tags:
        return "tags"
    return _why_not_amount(rule, act, stage) or _why_not_tally(rule, act, here)


def _why_not_amount(rule: EventRule, act: Act, stage: Stage) -> str | None:
    amount = act.measured(rule.measure)
    if stage.kind != "live" and stage.restore is not None:
        restore = stage.restore
        if rule.id not in restore.by:
            return "stage"
        if restore.channels is not None and act.channel and act.channel not in restore.channels:
            return "channel"
        if restore.min_minor and (amount or 0) < restore.min_minor:
            return "amount"
    if amount is None:
        wanted = rule.min_minor is not None or rule.above_minor is not None
        return "amount" if wanted else None
    low = (rule.min_minor is not None and amount < rule.min_minor) or (
        rule.above_minor is not None and amount <= rule.above_minor
    )
    high = (rule.max_minor is not None and amount > rule.max_minor) or (
        rule.below_minor is not None and amount >= rule.below_minor
    )
    return "amount" if low or high else None


def _why_not_tally(rule: EventRule, act: Act, here: Circumstance) -> str | None:
    if rule.sum is None and rule.count is None:
        return None
    alike = [a for a in here.history if a.kind in rule.kinds and _tagged(rule, a)]
    for tally, amounts in ((rule.sum, True), (rule.count, False)):
        if tally is None:
            continue
        since = _window_start(tally, act, here)
        inside = [a for a in alike if since is None or a.at > since or a is act]
        total = sum((a.measured(rule.measure) or 0) if amounts else 1 for a in inside)
        if total < tally.at_least or (tally.strict and total == tally.at_least):
            return "sum" if amounts else "count"
    return None


def _tagged(rule: EventRule, act: Act) -> bool:
    return not (rule.not_tags & act.tags) and rule.tags <= act.tags


def _window_start(tally: Tally, act: Act, here: Circumstance) -> datetime | None:
    """Return the instant after which acts are in the window; `None`: all of them."""
    zone = here.policy.zone
    if isinstance(tally.over, Span):
        return before(act.at, tally.over, zone)
    if tally.over.startswith("clock:"):
        return here.moved.get(tally.over.removeprefix("clock:"))
    today = civil_day(act.at, zone)
    same = {"day": 3, "month": 2, "year": 1}[tally.over]
    outside = [
        a.at
        for a in here.history
        if civil_day(a.at, zone).timetuple()[:same] != today.timetuple()[:same] and a.at < act.at
    ]
    return max(outside, default=None)


def grants_of(
    term: Term, act: Act, *, amount_minor: int, balance_minor: int, clock: Clock
) -> tuple[Grant, ...]:
    """
    Return the time that an act is worth to a clock: paid time first, then its bonus.

    `balance_minor` is the balance before the act's own credit.
    """
    if act.cut is not None:
        return (("paid", UntilDate(last_before(clock, act.cut))),)
    span = _worth(term, act, amount_minor, balance_minor)
    if span is None:
        return ()
    return (("paid", span), *(("bonus", bonus) for bonus in act.bonus))


def _worth(
    term: Term, act: Act, amount_minor: int, balance_minor: int
) -> Span | UntilDate | CalendarEnd | None:
    match term:
        case Fixed(span):
            return span
        case Bought():
            return act.term
        case UntilDate() | CalendarEnd():
            return term
        case PerUnit(unit_minor, gives):
            return _per_unit(unit_minor, gives, amount_minor)
        case BySku(spans):
            return dict(spans).get(act.sku)
        case Tiers(steps, by):
            measured = {
                "amount": amount_minor,
                "remaining_balance": balance_minor,
                "resulting_balance": balance_minor + act.credit_minor,
            }[by]
            reached = [worth for least, worth in steps if least <= measured]
            if not reached:
                return None
            worth = reached[-1]
            if isinstance(worth, PerUnit):
                return _per_unit(worth.unit_minor, worth.gives, measured)
            return worth


def _per_unit(unit_minor: int, gives: Span, amount_minor: int) -> Span | None:
    units = amount_minor // unit_minor
    return Span(units * gives.count, gives.unit) if units > 0 else None
