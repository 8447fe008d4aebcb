"""
The brochure: what the library has on offer, told to machines in whole minor units and plain values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from baohao.app.drawing import day_of
from baohao.core.civil import civil_day
from baohao.core.line.fold import Rules
from baohao.core.line.life import Between, Life, life
from baohao.core.policy.model import Offer, Policy, Stage, Until
from baohao.core.promotions.model import (
    AmountOff,
    CreditGift,
    ExtraTime,
    Give,
    PercentOff,
    Promotion,
)
from baohao.core.refusals import Refusal
from baohao.store import clock
from baohao.store.sql import Connection

Json = dict[str, Any]

#: Bought and activated in the morning: what starts on that day starts within it.
_MORNING = time(10)


class PolicyUnknown(Refusal):
    """There is no policy {pin} of an operator of yours."""

    code = "policy.unknown"


def plans(conn: Connection, rules: Rules, operators: Collection[str]) -> list[Json]:
    """Return what may be bought of some operators today, plan by plan."""
    now = clock.now(conn)
    found = []
    for policy in _of(rules, operators):
        if not (policy.sellable and policy.is_in_force(civil_day(now, policy.zone))):
            continue
        for plan in sorted({offer.plan for offer in policy.offers}):
            offers = [_offer(offer) for offer in policy.offers if offer.plan == plan]
            facts = {"plan": plan, "policy": policy.pin, "operator": policy.operator}
            found.append(facts | {"currency": policy.currency, "offers": offers})
    return found


def promotions(
    conn: Connection, known: Iterable[Promotion], operators: Collection[str]
) -> list[Json]:
    """Return the promotions of some operators that are not over; a code is not told."""
    now = clock.now(conn)
    return [
        _promotion(each)
        for each in sorted(known, key=lambda promotion: promotion.id)
        if each.operator in operators
        and (each.ends is None or civil_day(now, each.zone) < each.ends)
    ]


def policies(rules: Rules, operators: Collection[str]) -> list[Json]:
    """Return the policies of some operators, in every version, in short."""
    return [_summary(policy) for policy in _of(rules, operators)]


def policy(rules: Rules, operators: Collection[str], pin: str) -> Json:
    """Return one policy with the life under it; raises `PolicyUnknown`."""
    found = rules.get(pin)
    if found is None or found.operator not in operators:
        raise PolicyUnknown(pin=pin[:80])
    lived = life(found, morning(found, found.effective_from))
    return _summary(found) | {"life": life_of(found, lived)}


def morning(policy: Policy, day: date) -> datetime:
    """Return when a life that begins on a day begins."""
    return datetime.combine(day, _MORNING, policy.zone)


def _of(rules: Rules, operators: Collection[str]) -> list[Policy]:
    return [rules[pin] for pin in sorted(rules) if rules[pin].operator in operators]


def _offer(offer: Offer) -> Json:
    return {
        "verb": offer.verb,
        "title": offer.title,
        "term": str(offer.term) if offer.term else None,
        "price_minor": offer.price_minor,
        "allowances": dict(offer.allowances),
    }


def _promotion(promotion: Promotion) -> Json:
    return {
        "promotion": promotion.id,
        "title": promotion.title,
        "titles": dict(promotion.titles),
        "operator": promotion.operator,
        "currency": promotion.currency,
        "starts": promotion.starts,
        "ends": promotion.ends,
        "gives": [_give(give) for give in promotion.gives],
        "verbs": sorted(promotion.verbs),
        "plans": _sorted(promotion.plans),
        "terms": _sorted(promotion.terms),
        "channels": _sorted(promotion.channels),
        "min_price_minor": promotion.min_price_minor,
        "first_time": promotion.first_time,
        "per_number": promotion.per_number,
        "per_holder": promotion.per_holder,
        "needs_code": bool(promotion.code),
        "group": promotion.group,
        "exclusive": promotion.exclusive,
    }


def _give(give: Give) -> Json:
    match give:
        case ExtraTime(span):
            return {"what": "time", "time": str(span)}
        case AmountOff(amount_minor):
            return {"what": "amount_off", "minor": amount_minor}
        case PercentOff(basis_points):
            return {"what": "percent_off", "basis_points": basis_points}
        case CreditGift(amount_minor):
            return {"what": "credit", "minor": amount_minor}


def _sorted(values: Collection[object] | None) -> list[str] | None:
    return None if values is None else sorted(map(str, values))


def _summary(policy: Policy) -> Json:
    return {
        "policy": policy.pin,
        "name": policy.name,
        "version": policy.version,
        "title": policy.title,
        "titles": dict(policy.titles),
        "operator": policy.operator,
        "country": policy.country,
        "zone": policy.zone_name,
        "currency": policy.currency,
        "invented": policy.invented,
        "effective_from": policy.effective_from,
        "effective_to": policy.effective_to,
        "confidence": policy.confidence,
        "sellable": policy.sellable,
        "stages": [_stage(stage) for stage in policy.stages],
        "plans": sorted({offer.plan for offer in policy.offers}),
    }


def _stage(stage: Stage) -> Json:
    return {
        "stage": stage.name,
        "kind": stage.kind,
        "lasts": None if stage.lasts is None else str(stage.lasts),
        "until": None if stage.until is None else _until(stage.until),
        "services": _services(stage.services),
        "restored_by": list(stage.restore.by) if stage.restore else [],
        "restore_fee_minor": stage.restore.fee_minor if stage.restore else 0,
    }


def _until(until: Until) -> str:
    """Return the clock that ends a stage, or what becomes of several."""
    if until.clock is not None:
        return until.clock
    return f"{until.how}({', '.join(map(_until, until.parts))})"


def _services(services: Mapping[str, Collection[str]]) -> dict[str, Sequence[str]]:
    return {place: sorted(works) for place, works in services.items()}


# --- a life under a policy ------------------------------------------------------------------------


def life_of(policy: Policy, found: Life) -> Json:
    """Return a policy as a life under it, when nothing happens."""
    return {
        "policy": policy.name,
        "version": policy.version,
        "title": policy.title,
        "confidence": policy.confidence,
        "worlds": max(1, len(policy.worlds)),
        "sellable": policy.sellable,
        "begins": found.begins,
        "purchase": None if found.purchase is None else found.purchase.kind,
        "stages": [
            {
                "stage": stretch.stage.name,
                "kind": stretch.stage.kind,
                "sure": stretch.is_sure,
                "from": _between(policy, found, stretch.begins),
                "to": _between(policy, found, stretch.ends),
                "services": _services(stretch.stage.services),
            }
            for stretch in found.stretches
        ],
        "clocks": {mark.clock: _between(policy, found, mark.at) for mark in found.marks},
        "unknowns": [
            {"path": unknown.path, "alternatives": unknown.alternatives, "why": unknown.why}
            for unknown in policy.unknowns
        ],
    }


def _between(policy: Policy, found: Life, instants: Between | None) -> Any:
    """Say an instant with its day of the life; a range as its two ends, `None` for no end."""
    if instants is None:
        return None
    earliest = _instant(policy, found, instants.earliest)
    if instants.is_known:
        return earliest
    latest = None if instants.latest is None else _instant(policy, found, instants.latest)
    return {"earliest": earliest, "latest": latest}


def _instant(policy: Policy, found: Life, at: datetime) -> Json:
    return {"at": at.astimezone(policy.zone), "day": day_of(found, at)}
