"""
Quote: price, promotions, bonus time and the exact new deadline, before anything is paid.

The same function prices a renewal when it is sold; a binding quote is its answer, kept until it
ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from baohao.core.civil import Span, civil_day
from baohao.core.decide.case import Case, shorter_days
from baohao.core.line.acts import Act
from baohao.core.line.course import course_of
from baohao.core.line.evolve import acted
from baohao.core.line.fold import Folded
from baohao.core.line.standing import Warning_
from baohao.core.line.state import LineState
from baohao.core.policy.model import Offer, Policy
from baohao.core.promotions.apply import apply
from baohao.core.promotions.model import Applied, Candidate
from baohao.core.refusals import Refusal


class NotOffered(Refusal):
    """{plan} cannot be bought for {wanted}; on offer: {offered}."""

    code = "offer.unknown"


class NotSellable(Refusal):
    """What {plan} promises is not known well enough to be sold; the line can only be watched."""

    code = "offer.unknown_rules"


class NothingGained(Refusal):
    """A line that is {stage} gains nothing by this: its {why} does not fit the product's rules."""

    code = "offer.nothing_gained"


class RefusedByCap(Refusal):
    """The product's limit leaves no room: {days} days would be lost."""

    code = "offer.refused_by_cap"


class BalanceFull(Refusal):
    """The product's limit on the balance leaves no room: {lost_minor} minor units would be lost."""

    code = "offer.balance_full"


#: What each verb brings about.
_KINDS = {"renew": "renewal", "activate": "activate", "top_up": "topup", "restore": "restore"}
#: The verbs that sell another's offers: who has a number again buys time for it.
_SELLS = {"restore": "renew"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What an act would cost and bring."""

    offer: Offer
    act: Act
    applied: Applied
    fee_minor: int
    government_minor: int
    before: datetime | None
    #: The deadline after it.
    until: datetime | None
    lost_days: int
    #: By how many days it would bring some deadline nearer.
    shortened_days: int
    #: The line as it would be.
    state: LineState
    folded: tuple[Folded, ...]

    @property
    def total_minor(self) -> int:
        """What the payer pays."""
        return self.applied.price_minor + self.fee_minor + self.government_minor


def offer_for(
    policy: Policy, plan: str, verb: str, term: Span | None, amount_minor: int | None
) -> Offer:
    """
    Return what is on offer for a term or an amount; a year and twelve months are the same.

    Raises `NotSellable` and `NotOffered`.
    """
    if not policy.sellable:
        raise NotSellable(plan=plan)
    verb = _SELLS.get(verb, verb)
    offers = [o for o in policy.offers if o.plan == plan and o.verb == verb]
    for offer in offers:
        if term is None and amount_minor is None and len(offers) == 1:
            return offer
        if offer.term is not None and term is not None and _same(offer.term, term):
            return offer
        if offer.price_minor == amount_minor:
            return offer
    wanted = str(term) if term is not None else f"{amount_minor} minor units"
    by_price = verb == "top_up"
    known = ", ".join(
        f"{o.price_minor} minor units" if by_price or o.term is None else str(o.term)
        for o in offers
    )
    raise NotOffered(plan=plan, wanted=wanted, offered=known or "nothing")


def _same(one: Span, other: Span) -> bool:
    return (one.months, one.days, one.seconds) == (other.months, other.days, other.seconds)


def quoted(case: Case, verb: str, offer: Offer, *, codes: frozenset[str], at: datetime) -> Offered:
    """
    Price an act on a line as at `at`, and fold it in on a copy.

    Raises `NothingGained`, `RefusedByCap`, `BalanceFull`, `VerbNotOffered`.
    """
    policy, line = case.policy, case.state
    candidate = _candidate(case, policy, offer, codes, at)
    applied = apply(case.terms.promotions, candidate, case.facts.promotions)
    act = Act(
        id=case.id,
        kind=_KINDS[verb],
        at=at,
        amount_minor=applied.price_minor,
        credited_minor=(offer.price_minor if verb == "top_up" else 0) + applied.credit_minor,
        term=offer.term,
        bonus=tuple(bonus.span for bonus in applied.bonuses),
        gives=tuple(sorted(offer.allowances.items())),
        channel=case.ask.channel,
    )
    state, folded = acted(line, act, case.terms.rules)
    lost = _hold_against(case, act, folded)
    if verb == "renew" and all(
        was.clocks == will.standing.clocks and was.stage == will.standing.stage
        for was, will in zip(line.standings, folded, strict=True)
    ):
        raise NothingGained(stage=case.stage.name, why="no_time")
    fee = case.fee(verb)
    before, after = line.standing.clocks, folded[0].standing.clocks
    return Offered(
        offer=offer,
        act=act,
        applied=applied,
        fee_minor=fee.fee_minor + _restoring_minor(case, verb),
        government_minor=fee.government_minor,
        before=max((c.deadline for c in before.values()), default=None),
        until=max((c.deadline for c in after.values()), default=None),
        lost_days=lost,
        shortened_days=shorter_days(line, folded),
        state=state,
        folded=folded,
    )


def _restoring_minor(case: Case, verb: str) -> int:
    """
    Return the fee of the way back; a top-up pays it out of its own credit, by the policy's rule.
    """
    if verb == "restore":
        return case.policy.quarantine.former_holder_fee_minor or 0
    way_back = case.stage.restore
    if way_back is None or verb != "renew" or case.stage.kind == "live":
        return 0
    return way_back.fee_minor


def _candidate(
    case: Case, policy: Policy, offer: Offer, codes: frozenset[str], at: datetime
) -> Candidate:
    line = case.state
    activated = line.standing.begun.get("activation")
    return Candidate(
        operator=line.operator,
        currency=policy.currency,
        verb=offer.verb,
        plan=offer.plan,
        term=offer.term,
        price_minor=offer.price_minor,
        channel=case.ask.channel,
        at=at,
        number=line.number,
        holder=line.tenure.holder if line.tenure and line.tenure.holder else None,
        activated=civil_day(activated, policy.zone) if activated else None,
        batch=line.batch,
        identity=line.tenure.identity if line.tenure else "",
        first_time=not line.sold,
        codes=codes,
    )


def _hold_against(case: Case, act: Act, folded: tuple[Folded, ...]) -> int:
    """Return the days that a cap would take; refuse what would bring nothing."""
    if act.kind == "restore" and not _keeps(case, folded):
        raise NothingGained(stage=case.stage.name, why="stage")
    warnings: list[Warning_] = [w for f in folded for w in f.warnings if w.act == act.id]
    for warning in warnings:
        if warning.code == "did_not_count" and not _is_credit(case, act):
            raise NothingGained(stage=case.stage.name, why=warning.why)
        if warning.code == "refused_by_cap":
            raise RefusedByCap(days=warning.days)
        if warning.code == "balance_capped":
            raise BalanceFull(lost_minor=warning.amount_minor)
    return max((w.days for w in warnings if w.code == "days_lost_to_cap"), default=0)


def _is_credit(case: Case, act: Act) -> bool:
    """Say whether an act brings credit at least: on a live line money counts for itself."""
    return act.kind == "topup" and case.stage.kind == "live"


def _keeps(case: Case, folded: tuple[Folded, ...]) -> bool:
    stages = course_of(case.policy).stages
    return all(stages[f.standing.stage].keeping for f in folded)
