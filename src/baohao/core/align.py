"""
Align: how near to one another the dates of several lines come, when each is renewed once.

Time is sold by whole terms, so a date is not chosen, it is reached: what can be reached is told,
and of that the terms that bring the dates nearest together, the cheapest of those alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from baohao.core.civil import Span
from baohao.core.decide.case import safe_until
from baohao.core.line.acts import Act
from baohao.core.line.evolve import acted
from baohao.core.line.fold import Rules, policy_of
from baohao.core.line.state import LineState
from baohao.core.policy.model import Offer
from baohao.core.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A date that a line comes to by one renewal, without what promotions add."""

    term: Span
    price_minor: int
    #: The last day that is paid for then, in the operator's zone.
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """Terms that bring the dates of several lines together."""

    #: number -> what it is renewed for, and what it comes to.
    lines: Mapping[str, Reached]
    #: Between the earliest of these dates and the latest; 0: they are one.
    apart_days: int


def reached(
    line: LineState, offers: Sequence[Offer], rules: Rules, now: datetime
) -> tuple[Reached, ...]:
    """Return the dates that a line comes to by each term on offer, the earliest first."""
    zone = policy_of(rules, line.pin).zone
    found = []
    for offer in offers:
        if offer.verb != "renew" or offer.term is None:
            continue
        act = Act(
            id="align",
            kind="renewal",
            at=now,
            amount_minor=offer.price_minor,
            term=offer.term,
            gives=tuple(sorted(offer.allowances.items())),
            channel="app",
        )
        try:
            state, _ = acted(line, act, rules)
        except Refusal:
            continue
        until, before = safe_until(state), safe_until(line)
        if until is None or (before is not None and until <= before):
            continue
        day = (until - timedelta(microseconds=1)).astimezone(zone).date()
        found.append(Reached(term=offer.term, price_minor=offer.price_minor, day=day))
    return tuple(sorted(found, key=lambda each: (each.day, each.price_minor)))


def align(lines: Mapping[str, Sequence[Reached]]) -> Aligned | None:
    """
    Return the terms that bring the dates of lines nearest together; `None`: of fewer than two.

    Lines that nothing can be bought for are left out.
    """
    can = {number: list(found) for number, found in lines.items() if found}
    if len(can) < 2:
        return None
    best: tuple[int, int, Mapping[str, Reached]] | None = None
    # One of the dates is the earliest: with it, each line comes to its first date from there on.
    for first in sorted({each.day for found in can.values() for each in found}):
        days = [
            min((e.day for e in found if e.day >= first), default=None) for found in can.values()
        ]
        if None in days:
            break
        last = max(day for day in days if day is not None)
        chosen = {number: _cheapest(found, first, last) for number, found in can.items()}
        apart, price = (last - first).days, sum(each.price_minor for each in chosen.values())
        if best is None or (apart, price) < best[:2]:
            best = apart, price, chosen
    assert best is not None  # noqa: S101 - the first of all dates is one
    return Aligned(lines=best[2], apart_days=best[0])


def _cheapest(found: Sequence[Reached], first: date, last: date) -> Reached:
    within = [each for each in found if first <= each.day <= last]
    return min(within, key=lambda each: (each.price_minor, each.day))
