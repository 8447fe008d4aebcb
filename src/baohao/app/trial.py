"""What a promotion would make of prices, tried on a first renewal of everything that is sold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from baohao.app.catalogue import OnSale, on_sale
from baohao.app.library import Library
from baohao.core.fees import CHANNELS
from baohao.core.promotions.apply import apply
from baohao.core.promotions.model import Candidate, Promotion, PromotionFacts, Reason

#: Where people buy.
SHOWN = CHANNELS[:4]
#: It is for other plans, terms or places.
_FOR_OTHERS = frozenset({Reason.VERB, Reason.PLAN, Reason.TERM, Reason.CHANNEL, Reason.PRICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One offer in one channel, as it would be with the promotion."""

    plan: str
    title: str
    term: str
    channel: str
    list_minor: int
    price_minor: int
    currency: str
    #: Extra time, as in "6 months".
    bonus: tuple[str, ...]
    #: Why the promotion is not given; empty: it is.
    reason: str


def tried(library: Library, promotion: Promotion, at: datetime) -> list[Tried]:
    """Return what renewals would cost and give at an instant, where the promotion may matter."""
    operator = library.operators[promotion.operator]
    return [
        each
        for sold in on_sale(library.policies.values(), operator, at)
        for channel in SHOWN
        if (each := _one(library, promotion, sold, channel, at)).reason not in _FOR_OTHERS
    ]


def _one(library: Library, promotion: Promotion, sold: OnSale, channel: str, at: datetime) -> Tried:
    offer = sold.offer
    candidate = Candidate(
        operator=promotion.operator,
        currency=sold.currency,
        verb=offer.verb,
        plan=offer.plan,
        term=offer.term,
        price_minor=offer.price_minor,
        channel=channel,
        at=at,
        number="",
        holder="somebody",
        first_time=True,
        codes=frozenset({promotion.code} - {""}),
    )
    found = apply(library.promotions, candidate, PromotionFacts.unused(library.promotions))
    reasons = {each.promotion: each.reason for each in found.explanations}
    reason = reasons.get(promotion.id)
    return Tried(
        plan=offer.plan,
        title=offer.title,
        term=str(offer.term or ""),
        channel=channel,
        list_minor=offer.price_minor,
        price_minor=found.price_minor,
        currency=sold.currency,
        bonus=tuple(str(each.span) for each in found.bonuses),
        reason="" if reason is None else reason.value,
    )
