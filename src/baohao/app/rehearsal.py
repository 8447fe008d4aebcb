"""
Rehearsal: sample lives under a policy, for whoever looks at it before it sells anything.

    left        activated, and left alone
    in_time     renewed ten days before the end
    grace       renewed on the fifth day of grace
    suspended   renewed on the fifth day of the suspension
    topped_up   topped up half-way, where the policy sells no terms

Only what the policy's stages and offers allow is played. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from baohao.app.brochure import morning
from baohao.app.timeline import Stay, stays
from baohao.core.line.acts import Act
from baohao.core.line.fold import fold
from baohao.core.line.life import life
from baohao.core.line.project import project
from baohao.core.money import format_minor
from baohao.core.policy.model import Offer, Policy
from baohao.core.policy.worlds import worlds_of

_BEFORE, _INTO = timedelta(days=10), timedelta(days=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One life that was played; of several readings of the policy, by the first."""

    name: str
    #: What was bought, as in "12 months" or "100.00"; empty: nothing.
    term: str
    #: When it was bought.
    at: datetime | None
    #: Stages from the beginning on, with their instants.
    stays: tuple[Stay, ...]
    #: The last day on which the number is the holder's; `None`: no end in sight.
    safe_until: date | None


def rehearsed(policy: Policy, begins: date) -> list[Sample]:
    """Return the sample lives of lines that are activated on a day."""
    start = morning(policy, begins)
    lived = life(policy, start)
    first = [Act(id=k, kind=k, at=start) for k in ("purchase", "identity", "activate", "first_use")]
    first += [] if lived.purchase is None else [lived.purchase]
    return [_played(policy, first, *each) for each in _wanted(policy, first, start)]


def _wanted(
    policy: Policy, first: list[Act], start: datetime
) -> Iterator[tuple[str, str, Act | None]]:
    yield "left", "", None
    left = _stays(policy, first, start)
    ends = {stay.kind: stay for stay in reversed(left)}
    live = ends.get("live")
    offer = _offer(policy, "renew")
    if offer is not None and live is not None and live.ends is not None:
        times = [("in_time", live.ends - _BEFORE)]
        times += [(k, ends[k].begins + _INTO) for k in ("grace", "suspended") if k in ends]
        for name, at in times:
            if at > start:
                yield name, str(offer.term), _bought(offer, "renewal", at)
    topped_up = _offer(policy, "top_up")
    if offer is None and topped_up is not None and live is not None and live.ends is not None:
        amount = format_minor(topped_up.price_minor, policy.currency)
        half_way = start + (live.ends - start) / 2
        yield "topped_up", f"{policy.currency} {amount}", _bought(topped_up, "topup", half_way)


def _offer(policy: Policy, verb: str) -> Offer | None:
    """Return the longest or dearest offer of a verb."""
    found = [offer for offer in policy.offers if offer.verb == verb]
    return max(found, key=lambda offer: offer.price_minor, default=None)


def _bought(offer: Offer, kind: str, at: datetime) -> Act:
    return Act(
        id="bought",
        kind=kind,
        at=at,
        amount_minor=offer.price_minor,
        paid_minor=offer.price_minor,
        term=offer.term,
        channel="counter",
    )


def _played(policy: Policy, first: list[Act], name: str, term: str, act: Act | None) -> Sample:
    acts = first if act is None else [*first, act]
    at = acts[-1].at
    found = _stays(policy, acts, at)
    lost = next((stay for stay in found if stay.kind in ("lost", "quarantined", "recycled")), None)
    last = None
    if lost is not None:
        last = (lost.begins - timedelta(microseconds=1)).astimezone(policy.zone).date()
    local = tuple(
        Stay(
            stay.stage,
            stay.kind,
            stay.begins.astimezone(policy.zone),
            None if stay.ends is None else stay.ends.astimezone(policy.zone),
        )
        for stay in found
    )
    when = None if act is None else act.at.astimezone(policy.zone)
    return Sample(name=name, term=term, at=when, stays=local, safe_until=last)


def _stays(policy: Policy, acts: list[Act], at: datetime) -> tuple[Stay, ...]:
    folded = fold({policy.pin: policy}, policy.pin, acts, until=at)[0]
    return stays(policy, folded, project(worlds_of(policy)[0], folded.standing, acts, at))
