"""What a batch knows: found and locked in trip 1, and moved on by each decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from baohao.app.wanted import Wanted, holder_of, quote_of
from baohao.core.asks import Ask, Decision, Facts, Quote, Terms
from baohao.core.books.chart import Account
from baohao.core.books.entry import guarded_changes, totals
from baohao.core.books.sale import owed
from baohao.core.bucket import bucket_of
from baohao.core.commissions import booked
from baohao.core.decide.selling import MoneyShort
from baohao.core.line.codec import use_of
from baohao.core.line.state import Card, LineState
from baohao.core.promotions.apply import consume, release
from baohao.core.promotions.model import PromotionFacts, Use
from baohao.core.refusals import Refusal
from baohao.core.shifts import Shift, TillShort
from baohao.store import books, keys, lines, promotions, shifts
from baohao.store.quotes import Ended, read_ended
from baohao.store.quotes import release as release_quotes
from baohao.store.sql import Call, Connection, Cursor, Row, trip
from baohao.store.writes import Writes


class CardTaken(Refusal):
    """The card {identifier} is on another line."""

    code = "card.taken"


@dataclass(slots=True, kw_only=True)
class Known:
    """What trip 1 found, as the asks so far left it."""

    #: One for the batch: the database's clock after the locks, never before a subject's last event.
    now: datetime
    is_open: bool
    used: dict[keys.Place, keys.Used]
    lines: Mapping[str, lines.Line]
    quotes: Mapping[UUID, tuple[Quote, tuple[Use, ...]]]
    held: Mapping[str, books.Held]
    #: (holder, operator) -> lines, as locked; and by how much the batch changes it.
    holdings: Mapping[tuple[str, str], int]
    #: Whose holdings were locked, if there were any.
    holders: frozenset[str] = frozenset()
    held_more: dict[tuple[str, str], int] = field(default_factory=dict)
    #: identifier -> number.
    cards: dict[str, str]
    #: Quotes that have ended, and keep nothing any more from this batch on.
    ended: tuple[Ended, ...] = ()
    given: promotions.Given
    promotions: PromotionFacts
    #: Account -> minor units.
    available: dict[str, int]
    #: Account of what is owed -> minor units, a claim below zero; of those the batch may move.
    owed: dict[str, int] = field(default_factory=dict)
    #: Till -> its last shift.
    shifts: dict[str, Shift] = field(default_factory=dict)

    def state(self, subject: str) -> LineState | None:
        """Return the line as it was locked."""
        line = self.lines.get(subject)
        return None if line is None else line.state

    def facts(self, ask: Ask) -> Facts:
        """Return what lies outside the ask's line."""
        quote, reserved = self.quote(ask)
        return Facts(
            available=self.available,
            owed=self.owed,
            shifts=self.shifts,
            # What a quote keeps is there for whoever comes with the quote.
            promotions=release(self.promotions, reserved) if reserved else self.promotions,
            quote=quote,
            holder_cards=self._cards_of(ask),
        )

    def quote(self, ask: Ask) -> tuple[Quote | None, tuple[Use, ...]]:
        """Return the quote of this line that an ask refers to, with the uses that it keeps."""
        id_ = quote_of(ask)
        found = None if id_ is None else self.quotes.get(id_)
        if found is None or found[0].number != ask.subject:
            return None, ()
        # One that has ended keeps nothing any more.
        return found if self.now < found[0].until else (found[0], ())

    def _cards_of(self, ask: Ask) -> int:
        holder, state = holder_of(ask), self.state(ask.subject)
        if not holder or state is None:
            return 0
        mine = (holder, state.operator)
        return self.holdings.get(mine, 0) + self.held_more.get(mine, 0)

    # --- after a decision -------------------------------------------------------------------------

    def changes(self, decision: Decision) -> Mapping[Account, int]:
        """
        Return how a decision changes guarded accounts.

        Raises `MoneyShort` where one would be overspent (a till in its shift does not tell by how
        much: `TillShort`), `CardTaken` for a card of another line.
        """
        entries = decision.entries
        changes = dict(guarded_changes(entries))
        for (payer, _), total in owed(entries).items():
            if payer.guarded and total:
                changes[payer] = changes.get(payer, 0) + payer.balance(total)
        for account, change in changes.items():
            available = self.available.get(str(account), 0)
            if available + change < 0:
                if account.text in self.shifts:
                    raise TillShort(till=account.text)
                short = {"available_minor": available, "needed_minor": -change}
                raise MoneyShort(account=str(account), **short)
        if self.cards and decision.state is not None:
            number = decision.state.number
            for identifier in lines.identifiers(decision.state.card):
                if self.cards.get(identifier, number) != number:
                    raise CardTaken(identifier=identifier)
        return changes

    def move_on(self, ask: Ask, decision: Decision, changes: Mapping[Account, int]) -> None:
        """Let the asks that follow see what a decision took and gave."""
        for account, change in changes.items():
            name = str(account)
            self.available[name] = self.available.get(name, 0) + change
        if self.owed:
            self._owe(decision)
        if decision.shift is not None:
            self.shifts[ask.subject] = decision.shift
        _, reserved = self.quote(ask)
        back = (*decision.released, *reserved)
        if decision.uses or back:
            self.promotions = consume(release(self.promotions, back), decision.uses)
            self.given.count(decision.uses, 1)
            self.given.count(back, -1)
        before, after = self.state(ask.subject), decision.state
        if after is None or before is after:
            return
        if before is None or before.card != after.card:
            for identifier in lines.identifiers(Card() if before is None else before.card):
                self.cards.pop(identifier, None)
            self.cards |= dict.fromkeys(lines.identifiers(after.card), after.number)
        for state, sign in ((before, -1), (after, 1)):
            if state is not None and state.tenure is not None and state.tenure.holder:
                mine = (state.tenure.holder, state.operator)
                self.held_more[mine] = self.held_more.get(mine, 0) + sign

    def _owe(self, decision: Decision) -> None:
        """Count what a decision earned agents, and what it paid out to them."""
        entries = [entry for _, entry in booked(decision.earned)]
        for account, total in totals([*entries, *decision.entries]).items():
            if str(account) in self.owed:
                self.owed[str(account)] -= total

    def write(self, writes: Writes) -> None:
        """Add the rows of what the batch counted: holdings, and uses of promotions."""
        for (holder, operator), change in sorted(self.held_more.items()):
            if change:
                place = (bucket_of(holder), holder, operator)
                writes.add(self._counting(holder, operator, change), *place, change)
        release_quotes(writes, self.ended, self.given)
        self.given.write(writes)

    def _counting(self, holder: str, operator: str, change: int) -> str:
        """Return the statement that counts: whoever loses a line has been counted before."""
        if change < 0 or (holder, operator) in self.holdings:
            return "update_holdings"
        return "insert_holdings" if holder in self.holders else "add_holdings"


def find(conn: Connection, asks: Sequence[Ask], terms: Terms) -> Known:
    """Send trip 1: find and lock all that the asks of one batch may need."""
    wanted = Wanted(asks, terms)
    calls = wanted.of_asks()
    found: dict[str, Cursor] = {}
    locked: Mapping[str, lines.Line] = {}
    if wanted.looks_into_lines:
        found = _sent(conn, calls)
        locked = lines.read(found.pop("lock_lines")) if "lock_lines" in found else {}
        calls = []
    found |= _sent(conn, [*calls, *wanted.of_lines(locked)])
    if "lock_lines" in found:
        locked = lines.read(found["lock_lines"])
    return _known(wanted, found, locked)


def _sent(conn: Connection, calls: Sequence[Call]) -> dict[str, Cursor]:
    return dict(zip((each.name for each in calls), trip(conn, calls), strict=True))


def _known(wanted: Wanted, found: Mapping[str, Cursor], locked: Mapping[str, lines.Line]) -> Known:
    held = books.read(found["lock_accounts"]) if "lock_accounts" in found else {}
    given = promotions.Given.read(
        wanted.promotions, found.get("lock_promotion_totals"), found.get("lock_promotion_uses")
    )
    ended = read_ended(found.get("lock_ended_quotes", ()))
    [(clock, is_open)] = found["read_clock"].fetchall()
    last = (*(x.recorded_at for x in locked.values()), *(x.recorded_at for x in held.values()))
    return Known(
        now=max((clock, *last)),
        is_open=is_open,
        used=dict(keys.read(found["find_keys"])) if "find_keys" in found else {},
        lines=locked,
        quotes=dict(map(_quote, found.get("lock_quotes", ()))),
        held=held,
        holders=frozenset(wanted.holders),
        holdings={(holder, operator): n for holder, operator, n in found.get("lock_holdings", ())},
        cards=dict(found["find_cards"].fetchall()) if "find_cards" in found else {},
        ended=ended,
        given=given,
        promotions=release(given.facts(), [use for quote in ended for use in quote.uses]),
        available={account: each.balance_minor for account, each in held.items()},
        owed=dict(found["sum_owed"].fetchall()) if "sum_owed" in found else {},
        shifts=shifts.read(found["find_shifts"]) if "find_shifts" in found else {},
    )


def _quote(row: Row) -> tuple[UUID, tuple[Quote, tuple[Use, ...]]]:
    id_, number, version, made_at, until, terms, uses = row
    quote = Quote(id=id_, number=number, version=version, now=made_at, until=until, terms=terms)
    return id_, (quote, tuple(map(use_of, uses)))
