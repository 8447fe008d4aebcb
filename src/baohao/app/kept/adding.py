"""Adding: a card comes under watch, from what somebody knows of it by heart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from baohao.core.civil import at_wall, civil_day, midnight
from baohao.core.line.acts import COUNTING
from baohao.core.line.fold import Rules
from baohao.core.money import parse_minor
from baohao.core.policy.ending import service_clock
from baohao.core.policy.model import Policy
from baohao.core.policy.versions import Member, VersionMissing, version_for
from baohao.core.refusals import Refusal

#: When on a day something was done of which only the day is known.
NOON = time(12)


class ProductUnknown(Refusal):
    """There is no product {product}: choose one of the list."""

    code = "kept.product_unknown"


class ProductGone(Refusal):
    """
    The rules of {product} ended on {since}: say what the card is of now, or what was done before.
    """

    code = "kept.product_gone"


class DayAhead(Refusal):
    """{day} lies ahead: say when it was last done, not when it is due."""

    code = "kept.day_ahead"


class ActOther(Refusal):
    """{kind} does nothing for {product}; what counts is {counts}."""

    code = "kept.act_other"


class CreditNeeded(Refusal):
    """{product} takes money by itself: say how much credit is on the card now."""

    code = "kept.credit_needed"


class NothingKnown(Refusal):
    """
    Say when something was last done with the card, or until when its operator says it is good.
    """

    code = "kept.nothing_known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody knows of a card that they want to watch over."""

    #: A policy's name: the version is that of the day.
    product: str
    #: The last act: "activate", or what counts; empty: nobody remembers.
    act: str = ""
    on: date | None = None
    #: As people write it, in the policy's currency.
    amount: str = ""
    sku: str = ""
    #: What the operator says now: the last good day, and the credit.
    until: date | None = None
    balance: str = ""


def products(rules: Rules, on: date) -> list[Policy]:
    """Return what a card may be of, one version of each, sorted by name; those gone too."""
    best: dict[str, Policy] = {}
    for policy in rules.values():
        known = best.get(policy.name)
        if known is None or _rank(policy, on) > _rank(known, on):
            best[policy.name] = policy
    return [best[name] for name in sorted(best)]


def _rank(policy: Policy, on: date) -> tuple[bool, date]:
    return policy.effective_from <= on, policy.effective_from


def counts(policy: Policy) -> tuple[str, ...]:
    """Return the acts that count for a product, in the order of its rules."""
    kinds = [kind for rule in policy.events for kind in sorted(rule.kinds) if kind in COUNTING]
    return tuple(dict.fromkeys(kinds))


def product(rules: Rules, name: str, on: date) -> Policy:
    """
    Return the rules of a product on a day: what was done then was done under those of then.

    Raises `ProductUnknown` and `ProductGone`.
    """
    versions = [policy for policy in rules.values() if policy.name == name]
    if not versions:
        raise ProductUnknown(product=name[:80])
    try:
        return version_for(versions, name, on, Member())
    except VersionMissing:
        latest = max(versions, key=lambda each: each.effective_from)
        if latest.effective_to is not None and on >= latest.effective_to:
            since = latest.effective_to.isoformat()
            raise ProductGone(product=latest.title, since=since) from None
        # Older than what anybody wrote down: the oldest rules that are known.
        return min(versions, key=lambda each: each.effective_from)


def asked(rules: Rules, wanted: Wanted, keeper: str, now: datetime) -> dict[str, Any]:
    """
    Return the payload of the `keep` ask.

    Raises `ProductUnknown`, `ProductGone`, `DayAhead`, `ActOther`, `CreditNeeded`, `NothingKnown`
    and `MoneyMalformed`.
    """
    day = wanted.on or now.date()
    policy = product(rules, wanted.product, day)
    if wanted.on is None and wanted.until is None:
        raise NothingKnown()
    if wanted.on is not None and wanted.on > civil_day(now, policy.zone):
        raise DayAhead(day=wanted.on.isoformat())
    if policy.charges and not wanted.balance:
        raise CreditNeeded(product=policy.title)
    said: dict[str, Any] = {
        "operator": policy.operator,
        "plan": policy.name.rsplit(".", 1)[-1],
        "pin": policy.pin,
        "holder": keeper,
    }
    if wanted.on is not None:
        said["last"] = last(policy, wanted.act or "activate", wanted.on, wanted, now)
    if wanted.until is not None and (clock := service_clock(policy)):
        said |= {"clock": clock, "until": end_of(policy, wanted.until).isoformat()}
    if wanted.balance:
        said["balance_minor"] = parse_minor(wanted.balance, policy.currency)
    return said


def last(policy: Policy, kind: str, on: date, said: Wanted, now: datetime) -> dict[str, Any]:
    """Return an act as `record` takes it; raises `ActOther` and `MoneyMalformed`."""
    known = counts(policy)
    if kind != "activate" and kind not in known:
        raise ActOther(kind=kind, product=policy.title, counts=", ".join(known) or "nothing")
    at = at_wall(on, NOON, policy.zone)
    act: dict[str, Any] = {"kind": kind}
    if at <= now:
        act["at"] = at.isoformat()
    # Else it is of this morning, and was done by now: said so, a second tap says the same.
    if said.amount:
        act["amount_minor"] = parse_minor(said.amount, policy.currency)
    if said.sku:
        act["sku"] = said.sku
    return act


def end_of(policy: Policy, day: date) -> datetime:
    """Return the instant after the last good day that an operator says."""
    return midnight(day + timedelta(days=1), policy.zone)
