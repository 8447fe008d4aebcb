"""
Which promotions apply, and what they make of a price.

Whether one applies is a question about it and the candidate alone (`eligible`). Which of those that
may not stand together are taken is the operator's `Choice`. Taken ones are applied by priority,
each to the price left by the one before. The same input gives the same answer, in whatever order
promotions come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product

from baohao.core.civil import Span, civil_day
from baohao.core.promotions.model import (
    WHOLE_BASIS_POINTS,
    AmountOff,
    Applied,
    Bonus,
    Candidate,
    Choice,
    CreditGift,
    Explanation,
    ExtraTime,
    PercentOff,
    Promotion,
    PromotionFacts,
    Reason,
    Use,
)

#: How many ways of combining promotions an operator may have on one day; the catalogue is held to
#: it.
MOST_SETS = 1024

# For comparing spans of different units only: a month is 30.4375 days, 487 sixteenths of a day.
_SIXTEENTHS_A_DAY, _SIXTEENTHS_A_MONTH = 16, 487


def eligible(promotion: Promotion, candidate: Candidate, facts: PromotionFacts) -> Reason | None:
    """
    Return why `promotion` does not apply to `candidate`, or None when it may.

    What it would cost is not asked here: a budget that is used up is, one that is too small for
    this price shows in `apply`.
    """
    return (
        _what(promotion, candidate)
        or _when_and_who(promotion, candidate)
        or _how_often(promotion, candidate, facts)
    )


def apply(
    promotions: Iterable[Promotion],
    candidate: Candidate,
    facts: PromotionFacts,
    choice: Choice = Choice.BEST,
) -> Applied:
    """
    Return the price, the extra time and the credit that promotions make of `candidate`.

    `explanations` has one line for each promotion of its operator, in order of priority, and one
    for each code that nobody knows.
    """
    ours = sorted([p for p in promotions if p.operator == candidate.operator], key=_rank)
    if not ours and not candidate.codes:
        return _without(candidate)
    reasons = {p.id: eligible(p, candidate, facts) for p in ours}
    able = [p for p in ours if reasons[p.id] is None]
    for promotion in able:
        reasons[promotion.id] = _alone(promotion, candidate, facts)
    able = [p for p in able if reasons[p.id] is None]
    taken = (
        _best(able, candidate, facts) if choice is Choice.BEST else _first(able, candidate, facts)
    )
    chosen = {use.promotion for use in taken.uses}
    explanations = [
        Explanation(
            promotion=p.id,
            reason=reasons[p.id] or (None if p.id in chosen else Reason.OUTDONE),
        )
        for p in ours
    ]
    known = {_code(p.code) for p in ours if p.code}
    explanations += [
        Explanation(promotion="", reason=Reason.CODE_UNKNOWN, code=code)
        for code in sorted(candidate.codes)
        if _code(code) not in known
    ]
    return replace(taken, explanations=tuple(explanations))


def consume(facts: PromotionFacts, uses: Iterable[Use]) -> PromotionFacts:
    """Return the facts that the next ask of a batch sees."""
    return _count(facts, tuple(uses), 1)


def release(facts: PromotionFacts, uses: Iterable[Use]) -> PromotionFacts:
    """Return the facts after uses were given back: a quote that ended, a sale undone in full."""
    return _count(facts, tuple(uses), -1)


def most_sets(promotions: Iterable[Promotion]) -> int:
    """
    Return in how many ways the promotions of one operator can be combined on their fullest day.
    """
    listed = tuple(promotions)
    most = 1
    for first in listed:
        day = first.starts
        open_then = [p for p in listed if p.starts <= day and (p.ends is None or day < p.ends)]
        ways = 1
        for members in _groups(open_then).values():
            ways *= len(members) + 1
        most = max(most, ways + sum(p.exclusive for p in open_then))
    return most


# --- eligibility ----------------------------------------------------------------------------------


def _what(promotion: Promotion, candidate: Candidate) -> Reason | None:
    reason = None
    if promotion.operator != candidate.operator:
        reason = Reason.OPERATOR
    elif promotion.currency != candidate.currency:
        reason = Reason.CURRENCY
    elif candidate.verb not in promotion.verbs:
        reason = Reason.VERB
    elif promotion.plans is not None and candidate.plan not in promotion.plans:
        reason = Reason.PLAN
    elif promotion.terms is not None and not _among(candidate.term, promotion.terms):
        reason = Reason.TERM
    elif promotion.channels is not None and candidate.channel not in promotion.channels:
        reason = Reason.CHANNEL
    elif candidate.price_minor < promotion.min_price_minor:
        reason = Reason.PRICE
    return reason


def _when_and_who(promotion: Promotion, candidate: Candidate) -> Reason | None:
    day = civil_day(candidate.at, promotion.zone)
    if day < promotion.starts:
        return Reason.NOT_YET
    if promotion.ends is not None and day >= promotion.ends:
        return Reason.OVER
    if not _in_cohort(promotion, candidate):
        return Reason.COHORT
    if promotion.first_time and not candidate.first_time:
        return Reason.NOT_FIRST
    if promotion.code and _code(promotion.code) not in map(_code, candidate.codes):
        return Reason.CODE
    return None


def _in_cohort(promotion: Promotion, candidate: Candidate) -> bool:
    cohort, activated = promotion.cohort, candidate.activated
    if cohort.activated_from and (activated is None or activated < cohort.activated_from):
        return False
    if cohort.activated_to and (activated is None or activated >= cohort.activated_to):
        return False
    return (
        (not cohort.plans or candidate.plan in cohort.plans)
        and (not cohort.batches or candidate.batch in cohort.batches)
        and (not cohort.identity or candidate.identity in cohort.identity)
    )


def _how_often(promotion: Promotion, candidate: Candidate, facts: PromotionFacts) -> Reason | None:
    name = promotion.id
    if promotion.per_number is not None:
        used = facts.by_number.get((name, candidate.number), 0)
        if used >= promotion.per_number:
            return Reason.NUMBER_LIMIT
    if promotion.per_holder is not None:
        if candidate.holder is None:
            return Reason.HOLDER_UNKNOWN
        if facts.by_holder.get((name, candidate.holder), 0) >= promotion.per_holder:
            return Reason.HOLDER_LIMIT
    if promotion.uses is not None and facts.uses_left.get(name, 0) <= 0:
        return Reason.USED_UP
    if promotion.budget_minor is not None and facts.budget_left_minor.get(name, 0) <= 0:
        return Reason.BUDGET
    return None


def _among(term: Span | None, terms: Iterable[Span]) -> bool:
    return term is not None and _length(term) in map(_length, terms)


def _length(span: Span) -> tuple[int, int, int]:
    return span.months, span.days, span.seconds


def _code(text: str) -> str:
    return text.strip().casefold()


# --- the choice -----------------------------------------------------------------------------------


def _rank(promotion: Promotion) -> tuple[int, str]:
    return -promotion.priority, promotion.id


def _groups(promotions: Iterable[Promotion]) -> Mapping[str, list[Promotion]]:
    groups: defaultdict[str, list[Promotion]] = defaultdict(list)
    for promotion in promotions:
        if not promotion.exclusive:
            groups[promotion.group].append(promotion)
    return groups


def _first(able: Collection[Promotion], candidate: Candidate, facts: PromotionFacts) -> Applied:
    taken: tuple[Promotion, ...] = ()
    result = _without(candidate)
    for promotion in able:
        beside = not taken or not (promotion.exclusive or any(p.exclusive for p in taken))
        if beside and promotion.group not in {p.group for p in taken}:
            tried = _together((*taken, promotion), candidate, facts)
            if isinstance(tried, Applied):
                taken, result = (*taken, promotion), tried
    return result


def _best(able: Collection[Promotion], candidate: Candidate, facts: PromotionFacts) -> Applied:
    # Worth first; of equals the fewest promotions, so that none is used up for nothing.
    best, best_key = _without(candidate), (0, 0, 0, _ranks(()))
    for chosen in _sets(able):
        tried = _together(chosen, candidate, facts)
        if isinstance(tried, Applied):
            key = (*_loss(tried, candidate), len(chosen), _ranks(chosen))
            if key < best_key:
                best, best_key = tried, key
    return best


def _sets(able: Collection[Promotion]) -> Iterator[tuple[Promotion, ...]]:
    """Yield every set that may stand together, each in order of priority."""
    for promotion in able:
        if promotion.exclusive:
            yield (promotion,)
    options: list[list[Promotion | None]] = [[None, *group] for group in _groups(able).values()]
    for picked in product(*options):
        yield tuple(sorted((p for p in picked if p is not None), key=_rank))


def _loss(applied: Applied, candidate: Candidate) -> tuple[int, int]:
    """
    Return what the holder gains, negated so that less is better: minor units, then sixteenths of a
    day.

    Time is worth what it costs by the list price; where nothing has a price, more time is better
    still.
    """
    extra = sum(_sixteenths(bonus.span) for bonus in applied.bonuses)
    bought = 0 if candidate.term is None else _sixteenths(candidate.term)
    time_worth = candidate.price_minor * extra // bought if bought else 0
    return -(applied.off_minor + applied.credit_minor + time_worth), -extra


def _ranks(promotions: Iterable[Promotion]) -> tuple[tuple[int, str], ...]:
    return tuple(map(_rank, promotions))


def _sixteenths(span: Span) -> int:
    return span.months * _SIXTEENTHS_A_MONTH + span.days * _SIXTEENTHS_A_DAY


# --- what a set gives -----------------------------------------------------------------------------


def _without(candidate: Candidate) -> Applied:
    """Return what it is without any promotion."""
    return Applied(list_minor=candidate.price_minor, price_minor=candidate.price_minor)


def _alone(promotion: Promotion, candidate: Candidate, facts: PromotionFacts) -> Reason | None:
    """Return why it would not apply even if it were the only one."""
    tried = _together((promotion,), candidate, facts)
    return tried if isinstance(tried, Reason) else None


def _together(
    chosen: tuple[Promotion, ...], candidate: Candidate, facts: PromotionFacts
) -> Applied | Reason:
    """
    Apply promotions in order; return the reason when one costs more than its budget or gives
    nothing.
    """
    left_minor = candidate.price_minor
    discounts: list[tuple[str, int]] = []
    bonuses: list[Bonus] = []
    gifts: list[tuple[str, int]] = []
    uses: list[Use] = []
    for promotion in chosen:
        off, credit, spans = _gives(promotion, left_minor)
        if not (off or credit or spans):
            return Reason.NOTHING
        budget_minor = facts.budget_left_minor.get(promotion.id, 0)
        if promotion.budget_minor is not None and off + credit > budget_minor:
            return Reason.BUDGET
        left_minor -= off
        discounts += [(promotion.id, off)] if off else []
        gifts += [(promotion.id, credit)] if credit else []
        bonuses += [Bonus(promotion=promotion.id, span=span) for span in spans]
        uses.append(
            Use(
                promotion=promotion.id,
                number=candidate.number,
                holder=candidate.holder,
                cost_minor=off + credit,
            )
        )
    return Applied(
        list_minor=candidate.price_minor,
        price_minor=left_minor,
        discounts=tuple(discounts),
        bonuses=tuple(bonuses),
        gifts=tuple(gifts),
        uses=tuple(uses),
    )


def _gives(promotion: Promotion, price_minor: int) -> tuple[int, int, list[Span]]:
    """Return what one promotion takes off a price, its credit, and its extra time."""
    off_minor = credit_minor = 0
    spans: list[Span] = []
    for give in promotion.gives:
        left_minor = price_minor - off_minor
        match give:
            case AmountOff(amount_minor):
                off_minor += min(amount_minor, left_minor)
            case PercentOff(basis_points):
                off_minor += left_minor * basis_points // WHOLE_BASIS_POINTS
            case CreditGift(amount_minor):
                credit_minor += amount_minor
            case ExtraTime(span):
                spans.append(span)
    return off_minor, credit_minor, spans


def _count(facts: PromotionFacts, uses: Iterable[Use], sign: int) -> PromotionFacts:
    uses_left, budget = dict(facts.uses_left), dict(facts.budget_left_minor)
    by_number, by_holder = dict(facts.by_number), dict(facts.by_holder)
    for use in uses:
        if use.promotion in uses_left:
            uses_left[use.promotion] -= sign
        if use.promotion in budget:
            budget[use.promotion] -= sign * use.cost_minor
        number = (use.promotion, use.number)
        by_number[number] = by_number.get(number, 0) + sign
        if use.holder is not None:
            holder = (use.promotion, use.holder)
            by_holder[holder] = by_holder.get(holder, 0) + sign
    return PromotionFacts(
        uses_left=uses_left, budget_left_minor=budget, by_number=by_number, by_holder=by_holder
    )
