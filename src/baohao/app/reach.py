"""Reach: the dates that lines come to by a renewal, and the plans that a line may move to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from baohao.app import show
from baohao.core.align import Reached, reached
from baohao.core.asks import Terms
from baohao.core.civil import civil_day
from baohao.core.decide.case import safe_until
from baohao.core.fees import Fee
from baohao.core.line.acts import Act
from baohao.core.line.evolve import acted, settle
from baohao.core.line.fold import Rules, policy_of
from baohao.core.line.state import LineState
from baohao.core.policy.model import Permission, Policy
from baohao.core.refusals import Refusal
from baohao.core.repin_preview import preview
from baohao.store import clock, lines
from baohao.store.sql import Connection

#: The last moment before a deadline is of the day before.
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Another plan of the same operator, and what moving a line there would do."""

    plan: str
    pin: str
    #: language -> what it is called; "" is the usual.
    titles: Mapping[str, str]
    #: What it costs from then on: (term, price), the least first.
    prices: tuple[tuple[str, int], ...]
    currency: str
    #: What the move itself costs.
    fee_minor: int
    #: The last day that is paid for, then.
    paid_until: date | None
    #: The last day on which the number is still theirs, now and then; `None`: no end in sight.
    now: date | None
    then: date | None
    #: No day that was paid for is lost.
    is_possible: bool


def dates(
    conn: Connection, terms: Terms, numbers: Sequence[str]
) -> Mapping[str, tuple[Reached, ...]]:
    """Return, by line, the dates that it comes to by each term on offer, without promotions."""
    now, found = clock.now(conn), {}
    for state in lines.find_all(conn, numbers):
        line, _ = settle(state, terms.rules, max(now, state.standing.at or now))
        offers = show.on_offer(policy_of(terms.rules, line.pin), line)
        found[line.number] = reached(line, offers, terms.rules, now)
    return found


def plans(conn: Connection, terms: Terms, number: str) -> list[Other]:
    """Return the other plans that a holder may move a line to in the app; raises `LineUnknown`."""
    state, now = show.find(conn, number), clock.now(conn)
    line, _ = settle(state, terms.rules, max(now, state.standing.at or now))
    policy = policy_of(terms.rules, line.pin)
    fee = _fee(terms, policy, line.operator, line.standing.stage)
    if fee is None or line.custody != "issued":
        return []
    day, found = civil_day(now, policy.zone), []
    for pin in sorted(terms.rules):
        other = terms.rules[pin]
        sold = sorted({offer.plan for offer in other.offers if offer.verb != "activate"})
        is_alike = (other.operator, other.currency) == (policy.operator, policy.currency)
        if not (is_alike and other.sellable and other.is_in_force(day)) or line.plan in sold:
            continue
        [moved] = preview([line], pin, terms.rules, now)
        is_possible, paid_until = _kept(terms.rules, line, pin, now)
        found += [
            Other(
                plan=plan,
                pin=pin,
                titles={"": other.title, **other.titles},
                prices=_prices(other, plan),
                currency=other.currency,
                fee_minor=fee.fee_minor + fee.government_minor,
                paid_until=None
                if paid_until is None
                else (paid_until - _MOMENT).astimezone(other.zone).date(),
                now=moved.now,
                then=moved.then,
                is_possible=is_possible,
            )
            for plan in sold
        ]
    return found


def _kept(rules: Rules, line: LineState, pin: str, now: datetime) -> tuple[bool, datetime | None]:
    """Say whether no time that is paid for is lost by a move, as the door does, and its new end."""
    try:
        moved, _ = acted(line, Act(id="reach", kind="repin", at=now, pin=pin), rules)
    except Refusal:
        return False, None
    before, later = safe_until(line), safe_until(moved)
    is_lost = before is not None and before > now and (later is None or later < before)
    return not is_lost, later


def _fee(terms: Terms, policy: Policy, operator: str, stage: str) -> Fee | None:
    """Return what a change of plan costs in the app; `None`: it is not offered there now."""
    rule = policy.permissions.get("change_plan", Permission())
    is_here = rule.channels is None or "app" in rule.channels
    is_now = rule.stages is None or stage in rule.stages
    if not (rule.allowed and is_here and is_now) or rule.second_person or rule.causes:
        return None
    schedule = terms.fees.get(operator)
    return Fee() if schedule is None else schedule.fees.get(("change_plan", "app"))


def _prices(policy: Policy, plan: str) -> tuple[tuple[str, int], ...]:
    found = [
        (str(offer.term) if offer.term and offer.verb == "renew" else "", offer.price_minor)
        for offer in policy.offers
        if offer.plan == plan and offer.verb != "activate"
    ]
    return tuple(sorted(found, key=lambda each: each[1]))
