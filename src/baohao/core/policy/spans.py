"""Spans held against each other: what is surely longer, and the least that a term can give."""

from __future__ import annotations

from baohao.core.civil import Span
from baohao.core.policy.model import Policy
from baohao.core.policy.terms import Bought, BySku, Fixed, PerUnit, Term, Tiers


def shortest_days(span: Span) -> int:
    """Return the fewest days that a span can last; exact for days and weeks, else a lower bound."""
    if span.months:
        # No run of months is more than two days shorter than the mean.
        return max(0, span.months * 365 // 12 - 2)
    return span.days + span.seconds // 86400


def surely_longer(one: Span, other: Span) -> bool:
    """Return whether `one` is longer than `other` on any day: neither 3 months nor 90 days are."""
    if one.unit is other.unit:
        return one.count > other.count
    if one.months and other.months:
        return one.months > other.months
    return shortest_days(one) > other.longest_days()


def shortest_term(policy: Policy, term: Term) -> Span | None:
    """Return the least that a term gives; `None` where it can be next to nothing."""
    spans = [span for span in _spans(policy, term) if span is not None and span.count]
    return min(spans, key=shortest_days) if spans else None


def _spans(policy: Policy, term: Term) -> list[Span | None]:
    if isinstance(term, Fixed):
        return [term.span]
    if isinstance(term, PerUnit):
        return [term.gives]
    if isinstance(term, Tiers):
        return [_step(least, gives) for least, gives in term.steps]
    if isinstance(term, BySku):
        return [span for _, span in term.spans]
    if isinstance(term, Bought):
        return [offer.term for offer in policy.offers if offer.verb == "renew"]
    return []


def _step(least_minor: int, gives: Span | PerUnit) -> Span:
    if isinstance(gives, Span):
        return gives
    return Span(
        gives.gives.count * max(1, least_minor // max(1, gives.unit_minor)), gives.gives.unit
    )
