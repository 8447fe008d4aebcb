"""
Ways: where a line may be renewed now, at what price, when it is open, and whether from abroad.

What the operator offers comes from its fee schedule and the plan's permissions; what a person must
do comes from the policy (`how`), with the day on which somebody looked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from baohao.app import show
from baohao.core.asks import Terms
from baohao.core.fees import Fee
from baohao.core.line.fold import policy_of
from baohao.core.line.prospect import prospect
from baohao.core.line.state import LineState
from baohao.core.points import WEEK, Point
from baohao.core.policy.model import How, Offer, Permission, Policy
from baohao.store import clock, days
from baohao.store.sql import Connection

#: Ours, in the order in which they are told; others are told where the policy says how.
OURS = ("app", "wechat", "counter", "agent")
#: What keeps a number, as policies call it -> the verb that sells it.
ACTS: Mapping[str, str] = {
    "renewal": "renew",
    "topup": "top_up",
    "validity_pack": "renew",
    "voucher": "top_up",
    "reactivation": "renew",
    "restore": "restore",
}
#: Whoever reads this has it, wherever they are.
ANYWHERE = frozenset({"app", "wechat"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """A place where somebody stands, as it is told to people."""

    names: Mapping[str, str]
    addresses: Mapping[str, str]
    phone: str
    #: (day of the week, when it is open); empty: nobody has said.
    hours: tuple[tuple[str, tuple[str, ...]], ...]
    #: `None`: nobody has said.
    is_open: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to renew a line."""

    channel: str
    #: (term, what is paid in all), for what is sold by the term; the least first.
    prices: tuple[tuple[str, int], ...] = ()
    #: Of that, the fee of the channel and of the way back.
    fee_minor: int = 0
    currency: str
    dial: str = ""
    page: str = ""
    #: language -> what to do; "" is the usual one.
    steps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: `None`: nobody has said.
    is_abroad: bool | None = None
    checked: date | None = None
    halls: tuple[Hall, ...] = field(default=())

    @property
    def is_open(self) -> bool | None:
        """Whether it can be used at this hour; `None`: nobody has said."""
        if not self.halls:
            return self.channel in ANYWHERE or None
        known = [each.is_open for each in self.halls if each.is_open is not None]
        return any(known) if known else None


def ways(conn: Connection, terms: Terms, number: str) -> list[Way]:
    """Return the ways to renew a line, those that can be used now first; raises `LineUnknown`."""
    state, now = show.find(conn, number), clock.now(conn)
    policy, view = policy_of(terms.rules, state.pin), prospect(state, terms.rules, now).views[0]
    stage = next((each for each in policy.stages if each.name == view.stage), None)
    offers = show.on_offer(policy, state)
    way_back = None if stage is None or view.kind == "live" else stage.restore
    restoring = 0 if way_back is None else way_back.fee_minor
    halls = _halls(days.points(conn).values(), state.operator, now)
    found = []
    for channel in _channels(policy):
        how = _how(policy, channel)
        sold = [
            (offer, fee)
            for offer in offers
            if (fee := _fee(terms, policy, state, offer, channel, view.stage)) is not None
        ]
        if not sold and (how is None or channel in OURS):
            continue
        prices = [
            (_named(offer), offer.price_minor + fee + restoring * (offer.verb == "renew"))
            for offer, fee in sold
        ]
        if how is not None and not prices and how.price_minor is not None:
            prices = [("", how.price_minor)]
        found.append(
            Way(
                channel=channel,
                prices=tuple(sorted(prices, key=lambda each: each[1])),
                fee_minor=min((fee for _, fee in sold), default=0) + (restoring if sold else 0),
                currency=policy.currency,
                dial=how.dial if how else "",
                page=how.page if how else "",
                steps={"": how.steps, **how.steps_in} if how else {},
                is_abroad=_abroad(how, channel),
                checked=how.checked if how else None,
                halls=halls if channel == "counter" else (),
            )
        )
    # Of ways that are alike, ours first.
    return sorted(found, key=lambda each: each.is_open is False)


def _named(offer: Offer) -> str:
    return str(offer.term) if offer.term and offer.verb == "renew" else ""


def _channels(policy: Policy) -> list[str]:
    said = dict.fromkeys(each.channel for each in policy.how if each.act in ACTS)
    return [*OURS, *(channel for channel in said if channel not in OURS)]


def _how(policy: Policy, channel: str) -> How | None:
    return next((h for h in policy.how if h.channel == channel and h.act in ACTS), None)


def _abroad(how: How | None, channel: str) -> bool | None:
    if how is not None and how.abroad is not None:
        return how.abroad
    return True if channel in ANYWHERE else None


def _fee(
    terms: Terms, policy: Policy, state: LineState, offer: Offer, channel: str, stage: str
) -> int | None:
    """Return what the channel takes for selling an offer; `None`: it does not sell it now."""
    rule = policy.permissions.get(offer.verb, Permission())
    is_here = rule.channels is None or channel in rule.channels
    is_now = rule.stages is None or stage in rule.stages
    if channel not in OURS or not (rule.allowed and is_here and is_now):
        return None
    schedule = terms.fees.get(state.operator)
    fee = Fee() if schedule is None else schedule.fees.get((offer.verb, channel))
    return None if fee is None else fee.fee_minor + fee.government_minor


def _halls(points: Collection[Point], operator: str, now: datetime) -> tuple[Hall, ...]:
    """Return the operator's own halls that say where they are."""
    return tuple(
        Hall(
            names={"": each.name, **each.told.names},
            addresses=each.told.addresses,
            phone=each.told.phone,
            hours=tuple((day, each.told.hours.get(day, ())) for day in WEEK)
            if each.told.hours
            else (),
            is_open=_is_open(each, now),
        )
        for each in sorted(points, key=lambda point: point.key)
        if each.operator == operator and not each.told.company
    )


def _is_open(point: Point, now: datetime) -> bool | None:
    if not point.told.hours:
        return None
    there = now.astimezone(ZoneInfo(point.zone))
    hour = there.strftime("%H:%M")
    spans = point.told.hours.get(WEEK[there.weekday()], ())
    return any(since <= hour < until for since, _, until in (s.partition("-") for s in spans))
