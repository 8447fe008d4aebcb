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
from baohao.core.line.state import LineState, Reading
from baohao.core.policy.ending import service_clock
from baohao.core.policy.freshness import checked_on, is_stale
from baohao.core.policy.model import Policy
from baohao.core.refusals import Refusal
from baohao.store import clock
from baohao.store import kept as store
from baohao.store.sql import Connection

#: How long a look at a card is good for a list, as long as nothing happens to it, and how many are
#: kept: working a look out takes most of the time of a long list.
SLOT_S, KNOWN_MAX = 600, 10_000
_known: dict[str, tuple[int, LineState, Glance]] = {}
Look = Callable[[Terms, LineState, datetime], Glance]
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
    #: When the product's rules were last read, and whether that is more than a year ago.
    checked: date | None
    is_stale: bool
    #: Let go, or lost.
    is_over: bool

    @property
    def due(self) -> date | None:
        """
        The last day to act, by the earlier of what is computed and what the operator says, in the
        policy's zone; `None`: no end in sight, or the card is gone.
        """
        if self.is_over:
            return None
        return min(filter(None, (self.computed, self.read)), default=None)

    @property
    def computed(self) -> date | None:
        """The last day to act by the rules alone; `None`: no end in sight."""
        return min(filter(None, (self.glance.paid_until, self.glance.earliest)), default=None)

    @property
    def read(self) -> date | None:
        """The last good day as the operator said last; `None`: nobody asked."""
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
    found = [_card(terms, vault, kept, now, _seen) for kept in store.of_keepers(conn, keepers)]
    return sorted(found, key=lambda each: (each.is_over, each.due or date.max, each.number))


def one(conn: Connection, terms: Terms, vault: Vault, subject: str) -> Card:
    """Return one card; raises `CardUnknown` and `PolicyMissing`."""
    now = clock.now(conn)
    for kept in store.of_keepers(conn, [keeper_of(subject)]):
        if kept.state.number == subject:
            return _card(terms, vault, kept, now)
    raise CardUnknown()


def _card(terms: Terms, vault: Vault, kept: store.Kept, now: datetime, look: Look = glance) -> Card:
    state = kept.state
    policy, seen = policy_of(terms.rules, state.pin), look(terms, state, now)
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
        is_over=is_over,
        checked=checked_on(policy),
        is_stale=is_stale(policy, civil_day(now, policy.zone)),
    )


def _seen(terms: Terms, state: LineState, now: datetime) -> Glance:
    """Return what is seen of a line, or was minutes ago where nothing has happened since."""
    slot = int(now.timestamp() // SLOT_S)
    known = _known.get(state.number)
    if known is not None and known[0] == slot and known[1] == state:
        return known[2]
    while len(_known) >= KNOWN_MAX:
        _known.pop(next(iter(_known)), None)
    seen = glance(terms, state, now)
    _known[state.number] = (slot, state, seen)
    return seen
