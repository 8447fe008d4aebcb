"""
Listing: the cards that keepers watch over, as they stand, with what is said of each.

Any number of cards, and of keepers, costs the same few trips to the database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from baohao.core.line.prospect import Prospect, prospect, together
from baohao.core.line.state import LineState, Reading
from baohao.core.newer import by_newest
from baohao.core.observed import fresh
from baohao.core.policy.ending import service_clock
from baohao.core.policy.freshness import checked_on, is_stale
from baohao.core.policy.model import KEEPING, Policy
from baohao.core.refusals import Refusal
from baohao.store import clock
from baohao.store import kept as store
from baohao.store.sql import Connection

#: How long a look at a card is good for a list, as long as nothing happens to it, and how many are
#: kept: working one out takes most of the time of a long list.
SLOT_S, KNOWN_MAX = 600, 10_000
#: Intervals are half-open: the last good moment is the one before.
_MOMENT = timedelta(microseconds=1)


class CardNotKept(Refusal):
    """There is no such card of yours."""

    code = "kept.unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What the rules say of a card at an instant."""

    glance: Glance
    computed: date | None
    by_newest: date | None


#: card -> when and of what it was looked at last, and what was seen.
_known: dict[str, tuple[tuple[int, int, LineState], _Look]] = {}


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
    #: The operator's own readings of the clock that ends the service, the earliest date first;
    #: several where its sources contradict each other. Empty: nobody asked, or something has moved
    #: it since.
    readings: tuple[Reading, ...]
    #: The last day to act by the rules alone, in the policy's zone; `None`: no end in sight.
    computed: date | None
    #: The last day of service if the rules of today had held from its beginning, where that is
    #: another one than is computed.
    by_newest: date | None
    #: When the product's rules were last read, and whether that is more than a year ago.
    checked: date | None
    is_stale: bool
    #: Let go, or lost.
    is_over: bool

    @property
    def due(self) -> date | None:
        """
        The last day to act, by the earliest of what is computed and what the operator says, in the
        policy's zone; `None`: no end in sight, or the card is gone.
        """
        if self.is_over:
            return None
        return min(filter(None, (self.computed, self.by_newest, self.read)), default=None)

    @property
    def reading(self) -> Reading | None:
        """The reading that reminders go by; `None`: there is none."""
        return self.readings[0] if self.readings else None

    @property
    def read(self) -> date | None:
        """The last good day as the operator says; `None`: nobody asked."""
        if self.reading is None or self.reading.until is None:
            return None
        return civil_day(self.reading.until - _MOMENT, self.policy.zone)

    @property
    def name(self) -> str:
        """What its keeper calls it; empty: they gave it no name."""
        return self.noted.about.name


def of_keepers(conn: Connection, terms: Terms, vault: Vault, keepers: Sequence[str]) -> list[Card]:
    """Return the cards of keepers: the one that is due first comes first, those gone last."""
    now = clock.now(conn)
    found = [
        _card(terms, vault, kept, now, _remembered) for kept in store.of_keepers(conn, keepers)
    ]
    return sorted(found, key=lambda each: (each.is_over, each.due or date.max, each.number))


def one(conn: Connection, terms: Terms, vault: Vault, subject: str) -> Card:
    """Return one card; raises `CardNotKept` and `PolicyMissing`."""
    now = clock.now(conn)
    for kept in store.of_keepers(conn, [keeper_of(subject)]):
        if kept.state.number == subject:
            return _card(terms, vault, kept, now, _look)
    raise CardNotKept()


def _card(
    terms: Terms,
    vault: Vault,
    kept: store.Kept,
    now: datetime,
    look: Callable[[Terms, LineState, datetime], _Look],
) -> Card:
    state = kept.state
    policy, seen = policy_of(terms.rules, state.pin), look(terms, state, now)
    keeper = keeper_of(state.number)
    is_over = bool(state.standing.ended) or seen.glance.kind not in KEEPING
    return Card(
        subject=state.number,
        number=number_of(state.number),
        keeper=keeper,
        glance=seen.glance,
        policy=policy,
        state=state,
        noted=about.opened(vault, keeper, kept),
        readings=_readings(state, service_clock(policy)),
        computed=seen.computed,
        by_newest=seen.by_newest,
        is_over=is_over,
        checked=checked_on(policy),
        is_stale=is_stale(policy, civil_day(now, policy.zone)),
    )


def _look(terms: Terms, state: LineState, now: datetime) -> _Look:
    """Work out what the rules say of a card."""
    ahead = prospect(state, terms.rules, max(now, state.standing.at or now))
    ends = (ahead.service_until.earliest, ahead.safe_until.earliest)
    return _Look(
        glance=glance(terms, state, now),
        computed=min((end.last_day for end in ends if end is not None), default=None),
        by_newest=_by_newest(terms, state, ahead),
    )


def _remembered(terms: Terms, state: LineState, now: datetime) -> _Look:
    """Return a look, or the one of minutes ago where nothing has happened since."""
    of = (int(now.timestamp() // SLOT_S), id(terms.rules), state)
    known = _known.get(state.number)
    if known is not None and known[0] == of:
        return known[1]
    while len(_known) >= KNOWN_MAX:
        _known.pop(next(iter(_known)), None)
    seen = _look(terms, state, now)
    _known[state.number] = (of, seen)
    return seen


def _readings(state: LineState, name: str) -> tuple[Reading, ...]:
    found = [each for each in fresh(state) if each.name == name and each.until is not None]
    return tuple(sorted(found, key=lambda each: each.until or each.at))


def _by_newest(terms: Terms, state: LineState, ahead: Prospect) -> date | None:
    """Return the last good day by the rules of today alone, where that is not what is computed."""
    views = by_newest(terms.rules, state, ahead.at)
    if not views:
        return None
    other = together(views).service_until.earliest
    if other is None or other == ahead.service_until.earliest:
        return None
    return other.last_day
