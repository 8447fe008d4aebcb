"""
Listing: the cards that keepers watch over, as they stand, with what is said of each.

Any number of cards, and of keepers, costs the same few trips to the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from baohao.app.glance import Glance, glance
from baohao.app.kept import about
from baohao.app.kept.about import Noted
from baohao.app.ports import Vault
from baohao.core.asks import Terms
from baohao.core.civil import civil_day
from baohao.core.kept import keeper_of, number_of
from baohao.core.line.fold import policy_of
from baohao.core.line.state import LineState, Reading
from baohao.core.policy.ending import service_clock
from baohao.core.policy.freshness import checked_on, is_stale
from baohao.core.policy.model import Policy
from baohao.core.refusals import Refusal
from baohao.store import clock
from baohao.store import kept as store
from baohao.store.sql import Connection

#: Intervals are half-open: the last good moment is the one before.
_MOMENT = timedelta(microseconds=1)


class CardUnknown(Refusal):
    """There is no such card of yours."""

    code = "kept.unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card that somebody watches over."""

    #: Its key: number and keeper.
    subject: str
    #: E.164.
    number: str
    keeper: str
    glance: Glance
    policy: Policy
    state: LineState
    noted: Noted
    #: The operator's own reading of the clock that ends the service; `None`: nobody asked.
    reading: Reading | None
    #: The last day to act, by the earlier of what is computed and what the operator says, in the
    #: policy's zone; `None`: no end in sight, or the card is gone.
    due: date | None
    #: When the product's rules were last read, and whether that is more than a year ago.
    checked: date | None
    is_stale: bool
    #: Let go, or lost.
    is_over: bool

    @property
    def name(self) -> str:
        """What its keeper calls it; empty: they gave it no name."""
        return self.noted.about.name


def of_keepers(conn: Connection, terms: Terms, vault: Vault, keepers: Sequence[str]) -> list[Card]:
    """Return the cards of keepers: the one that is due first comes first, those gone last."""
    now = clock.now(conn)
    found = [_card(terms, vault, kept, now) for kept in store.of_keepers(conn, keepers)]
    return sorted(found, key=lambda each: (each.is_over, each.due or date.max, each.number))


def one(conn: Connection, terms: Terms, vault: Vault, subject: str) -> Card:
    """Return one card; raises `CardUnknown` and `PolicyMissing`."""
    now = clock.now(conn)
    for kept in store.of_keepers(conn, [keeper_of(subject)]):
        if kept.state.number == subject:
            return _card(terms, vault, kept, now)
    raise CardUnknown()


def _card(terms: Terms, vault: Vault, kept: store.Kept, now: datetime) -> Card:
    state = kept.state
    policy, seen = policy_of(terms.rules, state.pin), glance(terms, state, now)
    keeper = keeper_of(state.number)
    is_over = bool(state.standing.ended) or seen.kind not in ("stock", "live", "grace", "suspended")
    reading = next((r for r in state.readings if r.name == service_clock(policy)), None)
    return Card(
        subject=state.number,
        number=number_of(state.number),
        keeper=keeper,
        glance=seen,
        policy=policy,
        state=state,
        noted=about.opened(vault, keeper, kept),
        reading=reading,
        due=None if is_over else _due(policy, seen, reading),
        checked=checked_on(policy),
        is_stale=is_stale(policy, civil_day(now, policy.zone)),
        is_over=is_over,
    )


def last_day(policy: Policy, until: datetime | None) -> date | None:
    """Return the last good day before an instant, in a policy's zone."""
    return None if until is None else civil_day(until - _MOMENT, policy.zone)


def _due(policy: Policy, seen: Glance, reading: Reading | None) -> date | None:
    """Return the last day on which acting is in time, as reminders have it."""
    days = [seen.paid_until, seen.earliest]
    if reading is not None:
        days.append(last_day(policy, reading.until))
    return min(filter(None, days), default=None)
