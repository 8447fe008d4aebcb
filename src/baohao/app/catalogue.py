"""
The catalogue: what operators sell, with which promotions, fees, commissions and rates, on a day.

They are files of the library's folders `promotions`, `fees`, `commissions` and `exchange`, and what
was published beside them (`app/publishing.py`), checked against the operators and the policies: one
for something that nobody sells is a mistake, and is told as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from baohao.app.policies import Located, Source, read_toml, zone_of
from baohao.core.charging import NAMED, Products, parse_products
from baohao.core.civil import Span, civil_day
from baohao.core.commissions import CommissionSchedule, parse_commissions
from baohao.core.exchange import RateSchedule, parse_rates
from baohao.core.fees import Dated, FeeSchedule, in_force, parse_fees
from baohao.core.operators import Operator
from baohao.core.policy.findings import Finding, Place, PolicyFault
from baohao.core.policy.model import Offer, Policy
from baohao.core.promotions.apply import MOST_SETS, most_sets
from baohao.core.promotions.model import Promotion
from baohao.core.promotions.parse import parse_promotion


class PromotionTwice(PolicyFault):
    """The promotion {id!r} is in {file} too."""

    code = "catalogue.promotion.twice"


class PromotionForNothing(PolicyFault):
    """No policy of {operator!r} offers what the promotion {id!r} is for: {wanted}."""

    code = "catalogue.promotion.for_nothing"


class PromotionsTooMany(PolicyFault):
    """
    The promotions of {operator!r} can be combined in {sets} ways on one day, more than {most}: use
    fewer groups.
    """

    code = "catalogue.promotion.too_many"


class OperatorMissing(PolicyFault):
    """There is no operator {operator!r} in the library."""

    code = "catalogue.operator"


class CurrencyNotTheOperators(PolicyFault):
    """Money is in {currency} here, and in {own} at the operator {operator!r}."""

    code = "catalogue.currency"


class FeesTwice(PolicyFault):
    """The fees in {file} are in force for {operator!r} on the same days."""

    code = "catalogue.fees.twice"


class CommissionsTwice(PolicyFault):
    """The commissions in {file} are in force for {operator!r} on the same days."""

    code = "catalogue.commissions.twice"


class RatesTwice(PolicyFault):
    """The rates in {file} are in force for {operator!r} on the same days."""

    code = "catalogue.exchange.twice"


class CommissionForNothing(PolicyFault):
    """No policy of {operator!r} has the plan {plan!r}, so that nobody earns anything by it."""

    code = "catalogue.commissions.for_nothing"


class ProductsTwice(PolicyFault):
    """The products of {operator!r} are in {file} too."""

    code = "catalogue.products.twice"


class ProductUnnamed(PolicyFault):
    """
    The operator {operator!r} is master of its lines, and nothing says what its own system calls
    {plan} for {term} ("{verb}").
    """

    code = "catalogue.products.unnamed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSale:
    """An offer, and the policy that a line bought by it is pinned to."""

    pin: str
    offer: Offer
    currency: str


def on_sale(policies: Iterable[Policy], operator: Operator, now: datetime) -> tuple[OnSale, ...]:
    """Return what an operator sells at `now`, by its own day: plans, terms and prices."""
    day = civil_day(now, operator.zone)
    return tuple(
        OnSale(pin=policy.pin, offer=offer, currency=policy.currency)
        for policy in sorted(policies, key=lambda p: p.pin)
        if policy.operator == operator.key and policy.sellable
        if policy.effective_from <= day
        if policy.effective_to is None or day < policy.effective_to
        for offer in policy.offers
    )


def fees_at(
    fees: Iterable[FeeSchedule], operators: Mapping[str, Operator], now: datetime
) -> Mapping[str, FeeSchedule]:
    """
    Return the fee schedule of each operator that is in force at `now`, by the operator's own day.
    """
    return in_force(fees, _days(operators, now))


def commissions_at(
    commissions: Iterable[CommissionSchedule], operators: Mapping[str, Operator], now: datetime
) -> Mapping[str, CommissionSchedule]:
    """Return the commission schedule of each operator that is in force, as `fees_at` does."""
    return in_force(commissions, _days(operators, now))


def rates_at(
    rates: Iterable[RateSchedule], operators: Mapping[str, Operator], now: datetime
) -> Mapping[str, RateSchedule]:
    """Return the rates that each operator states at `now`, as `fees_at` does."""
    return in_force(rates, _days(operators, now))


def _days(operators: Mapping[str, Operator], now: datetime) -> Mapping[str, date]:
    return {key: civil_day(now, operator.zone) for key, operator in operators.items()}


def read_promotions(
    folder: Path,
    operators: Mapping[str, Operator],
    policies: Iterable[Policy],
    found: list[Located],
    beside: Sequence[Source] = (),
) -> tuple[Promotion, ...]:
    """
    Read the promotions of a folder; what is wrong is added to `found`.

    One that was published takes the place of the same operator's by its name.
    """
    read: dict[str, tuple[Promotion, Source]] = {}
    offered = tuple(policies)
    for source in (*toml_files(folder, found), *beside):
        parsed = parse_promotion(source.document, zone_of)
        found += [source.locate(fault) for fault in parsed.findings]
        promotion = parsed.promotion
        if promotion is None:
            continue
        found += _owned(source, promotion.operator, promotion.currency, operators)
        earlier = read.get(promotion.id)
        if earlier and source in beside and earlier[0].operator == promotion.operator:
            del read[promotion.id]
        if promotion.id in read:
            twice = PromotionTwice(id=promotion.id, file=read[promotion.id][1].file)
            found.append(_at(source, ("promotion",), twice))
        if not any(
            _is_for(promotion, policy, offer) for policy in offered for offer in policy.offers
        ):
            found.append(_at(source, ("promotion",), _for_nothing(promotion)))
        read.setdefault(promotion.id, (promotion, source))
    found += _crowded(tuple(read.values()))
    return tuple(promotion for promotion, _ in read.values())


def read_fees(
    folder: Path,
    operators: Mapping[str, Operator],
    found: list[Located],
    beside: Sequence[Source] = (),
) -> tuple[FeeSchedule, ...]:
    """
    Read the fee schedules of a folder; what is wrong is added to `found`.

    One that was published ends what was in force on the day on which it begins.
    """
    read: list[tuple[FeeSchedule, Source]] = []
    for source in (*toml_files(folder, found), *beside):
        schedule, faults = parse_fees(source.document, zone_of)
        found += [source.locate(fault) for fault in faults]
        if schedule is None:
            continue
        found += _owned(source, schedule.operator, schedule.currency, operators)
        if source in beside:
            read = [(_ended(earlier, schedule), its) for earlier, its in read]
        for other, its_source in read:
            if _overlap(schedule, other):
                twice = FeesTwice(operator=schedule.operator, file=its_source.file)
                found.append(_at(source, ("effective",), twice))
        read.append((schedule, source))
    return tuple(schedule for schedule, _ in read)


def _ended(earlier: FeeSchedule, new: FeeSchedule) -> FeeSchedule:
    """Return a schedule as a later one of its operator leaves it."""
    if not _overlap(earlier, new) or earlier.effective_from >= new.effective_from:
        return earlier
    return replace(earlier, effective_to=new.effective_from)


def read_rates(
    folder: Path, operators: Mapping[str, Operator], found: list[Located]
) -> tuple[RateSchedule, ...]:
    """Read the rates of exchange of a folder; what is wrong is added to `found`."""
    read: list[tuple[RateSchedule, Source]] = []
    for source in toml_files(folder, found):
        schedule, faults = parse_rates(source.document, zone_of)
        found += [source.locate(fault) for fault in faults]
        if schedule is None:
            continue
        found += _owned(source, schedule.operator, schedule.currency, operators)
        for other, its_source in read:
            if _overlap(schedule, other):
                twice = RatesTwice(operator=schedule.operator, file=its_source.file)
                found.append(_at(source, ("effective",), twice))
        read.append((schedule, source))
    return tuple(schedule for schedule, _ in read)


def read_commissions(
    folder: Path,
    operators: Mapping[str, Operator],
    policies: Iterable[Policy],
    found: list[Located],
) -> tuple[CommissionSchedule, ...]:
    """Read the commission schedules of a folder; what is wrong is added to `found`."""
    read: list[tuple[CommissionSchedule, Source]] = []
    plans = {(policy.operator, offer.plan) for policy in policies for offer in policy.offers}
    for source in toml_files(folder, found):
        schedule, faults = parse_commissions(source.document, zone_of)
        found += [source.locate(fault) for fault in faults]
        if schedule is None:
            continue
        operator = schedule.operator
        found += _owned(source, operator, schedule.currency, operators)
        for n, rate in enumerate(schedule.rates):
            for plan in sorted(rate.plans or ()):
                if (operator, plan) not in plans:
                    nothing = CommissionForNothing(operator=operator, plan=plan)
                    found.append(_at(source, ("rates", n, "plans"), nothing))
        for other, its_source in read:
            if _overlap(schedule, other):
                twice = CommissionsTwice(operator=operator, file=its_source.file)
                found.append(_at(source, ("effective",), twice))
        read.append((schedule, source))
    return tuple(schedule for schedule, _ in read)


def read_products(
    folder: Path,
    operators: Mapping[str, Operator],
    policies: Iterable[Policy],
    found: list[Located],
) -> Mapping[str, Products]:
    """Read how operators call what is sold here; what is wrong or missing is added to `found`."""
    read: dict[str, tuple[Products, Source]] = {}
    for source in toml_files(folder, found):
        products, faults = parse_products(source.document, zone_of)
        found += [source.locate(fault) for fault in faults]
        if products is None:
            continue
        if products.operator not in operators:
            found.append(_at(source, ("operator",), OperatorMissing(operator=products.operator)))
        if products.operator in read:
            file = read[products.operator][1].file
            twice = ProductsTwice(operator=products.operator, file=file)
            found.append(_at(source, ("operator",), twice))
        read.setdefault(products.operator, (products, source))
    for policy in policies:
        if policy.operator in read:
            products, source = read[policy.operator]
            found += _unnamed(products, source, policy)
    return {operator: products for operator, (products, _) in read.items()}


def _unnamed(products: Products, source: Source, policy: Policy) -> Iterator[Located]:
    for offer in policy.offers:
        what = {"plan": offer.plan, "verb": offer.verb}
        if offer.verb in NAMED and products.name(**what, term=offer.term) is None:
            term = str(offer.term or "no term")
            missing = ProductUnnamed(operator=policy.operator, term=term, **what)
            yield _at(source, ("products",), missing)


def toml_files(folder: Path, found: list[Located]) -> Iterator[Source]:
    """Yield the TOML files of a folder that can be read; the others are added to `found`."""
    for path in sorted(folder.glob("*.toml")):
        source, fault = read_toml(path)
        if fault is None:
            yield source
        else:
            found.append(fault)


def _owned(
    source: Source, key: str, currency: str, operators: Mapping[str, Operator]
) -> Iterator[Located]:
    """Hold a document against the operator that it names."""
    operator = operators.get(key)
    if operator is None:
        if operators:
            yield _at(source, ("operator",), OperatorMissing(operator=key))
    elif operator.currency != currency:
        other = CurrencyNotTheOperators(currency=currency, own=operator.currency, operator=key)
        yield _at(source, ("currency",), other)


def _is_for(promotion: Promotion, policy: Policy, offer: Offer) -> bool:
    return (
        policy.operator == promotion.operator
        and offer.verb in promotion.verbs
        and (promotion.plans is None or offer.plan in promotion.plans)
        and (promotion.terms is None or _length(offer.term) in map(_length, promotion.terms))
        and offer.price_minor >= promotion.min_price_minor
    )


def _length(span: Span | None) -> tuple[int, int, int] | None:
    return None if span is None else (span.months, span.days, span.seconds)


def _for_nothing(promotion: Promotion) -> PromotionForNothing:
    wanted = [f"verbs {', '.join(sorted(promotion.verbs))}"]
    if promotion.plans is not None:
        wanted.append(f"plans {', '.join(sorted(promotion.plans))}")
    if promotion.terms is not None:
        wanted.append(f"terms {', '.join(sorted(map(str, promotion.terms)))}")
    return PromotionForNothing(
        operator=promotion.operator, id=promotion.id, wanted="; ".join(wanted)
    )


def _crowded(read: tuple[tuple[Promotion, Source], ...]) -> Iterator[Located]:
    """Refuse an operator's promotions where choosing the best set of them would take too long."""
    for operator in sorted({promotion.operator for promotion, _ in read}):
        ours = [(promotion, source) for promotion, source in read if promotion.operator == operator]
        sets = most_sets(promotion for promotion, _ in ours)
        if sets > MOST_SETS:
            refusal = PromotionsTooMany(operator=operator, sets=sets, most=MOST_SETS)
            yield _at(ours[-1][1], ("promotion",), refusal)


def _overlap(one: Dated, other: Dated) -> bool:
    """Tell whether there is a day on which both are in force."""
    if one.operator != other.operator:
        return False
    ends_before = one.effective_to is not None and one.effective_to <= other.effective_from
    begins_after = other.effective_to is not None and other.effective_to <= one.effective_from
    return not (ends_before or begins_after)


def _at(source: Source, place: Place, refusal: PolicyFault) -> Located:
    return source.locate(Finding(place=place, refusal=refusal))
