"""
A glance: what holders and clerks see of a line first. Many lines cost one trip to the database.

Nothing personal is in it, and nothing of what was paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from baohao.app import show
from baohao.core.asks import Terms
from baohao.core.decide.case import safe_until
from baohao.core.line.fold import policy_of
from baohao.core.line.project import Deadline
from baohao.core.line.prospect import prospect
from baohao.core.line.state import LineState
from baohao.core.policy.model import Policy
from baohao.store import clock, lines
from baohao.store.sql import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something that may be bought for a line now."""

    #: "renew", "top_up", "activate" or "restore".
    what: str
    title: str
    #: As in "12m"; empty: an amount.
    term: str
    price_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One line as it stands."""

    number: str
    operator: str
    plan: str
    #: The policy that it is under.
    pin: str
    #: language -> what the plan is called; "" is the usual.
    titles: Mapping[str, str]
    currency: str
    version: int
    epoch: int
    stage: str
    kind: str
    #: The last day that is paid for, in the operator's zone: what a renewal moves.
    paid_until: date | None
    #: The last day on which the number is still the holder's; two where the rules are not known
    #: well enough.
    earliest: date | None
    latest: date | None
    #: The instant after the earliest one, by the operator's zone.
    deadline: datetime | None
    #: Whole days that are paid for still.
    days_left: int | None
    #: place -> what works there.
    services: Mapping[str, frozenset[str]]
    #: (stage, kind, when it begins), by the operator's zone: what happens if nothing is done.
    ahead: tuple[tuple[str, str, datetime], ...]
    balances_minor: Mapping[str, int]
    offers: tuple[Offer, ...]
    agent: str
    iccid: str
    #: Since when the card is reported lost; `None`: it is not.
    lost_since: datetime | None


def one(conn: Connection, terms: Terms, number: str) -> Glance:
    """Return one line; raises `LineUnknown` and `PolicyMissing`."""
    return glance(terms, show.find(conn, number), clock.now(conn))


def many(conn: Connection, terms: Terms, numbers: Sequence[str]) -> list[Glance]:
    """Return lines in the order of their numbers; those that are not there are not."""
    now = clock.now(conn)
    return [glance(terms, state, now) for state in lines.find_all(conn, numbers)]


def glance(terms: Terms, state: LineState, now: datetime) -> Glance:
    """Return what is seen of a line at an instant."""
    # Never before what was settled, though somebody set the clock back.
    seen = prospect(state, terms.rules, now)
    policy, view = policy_of(terms.rules, state.pin), seen.views[0]
    return Glance(
        number=state.number,
        operator=state.operator,
        plan=state.plan,
        pin=state.pin,
        titles={"": policy.title, **policy.titles},
        currency=policy.currency,
        version=state.version,
        epoch=state.epoch,
        stage=view.stage,
        kind=view.kind,
        paid_until=_paid_until(policy, state),
        earliest=_day(seen.safe_until.earliest),
        latest=_day(seen.safe_until.latest),
        deadline=_at(policy, seen.safe_until.earliest),
        days_left=_days_left(state, now),
        services=seen.services,
        ahead=tuple((b.stage, b.kind, b.at.astimezone(policy.zone)) for b in view.ahead),
        balances_minor=view.balances,
        offers=tuple(
            Offer(
                what=each.verb,
                title=each.title,
                term=str(each.term) if each.term else "",
                price_minor=each.price_minor,
            )
            for each in show.on_offer(policy, state)
        ),
        agent=state.agent,
        iccid=state.card.iccid,
        lost_since=None if state.lost is None else state.lost.since.astimezone(policy.zone),
    )


def _paid_until(policy: Policy, state: LineState) -> date | None:
    at = safe_until(state)
    if at is None:
        return None
    return (at - timedelta(microseconds=1)).astimezone(policy.zone).date()


def _days_left(state: LineState, now: datetime) -> int | None:
    at = safe_until(state)
    return None if at is None else max(0, (at - now).days)


def _day(deadline: Deadline | None) -> date | None:
    return None if deadline is None else deadline.last_day


def _at(policy: Policy, deadline: Deadline | None) -> datetime | None:
    return None if deadline is None else deadline.at.astimezone(policy.zone)
