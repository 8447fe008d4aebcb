"""What a batch writes: the rows of its decisions, and what is added up over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from baohao.app.known import Known
from baohao.app.wanted import quote_of
from baohao.core.asks import Ask, Decision, Effect, Terms
from baohao.core.books.chart import Account, AccountKind
from baohao.core.books.entry import Entry, EntryKind
from baohao.core.books.sale import batch_transfer
from baohao.core.bucket import bucket_of
from baohao.core.commissions import Earned, booked
from baohao.core.decide import ordering, telling
from baohao.core.line.event import Event
from baohao.core.line.outlook import outlook
from baohao.core.line.state import LineState
from baohao.store import (
    agent_sales,
    books,
    charges,
    effects,
    journal,
    lines,
    parked,
    receipts,
    shifts,
    standing_orders,
)
from baohao.store.journal import Asker, Recorded
from baohao.store.sql import Connection
from baohao.store.writes import Writes

#: What is stored of an answer, for ever.
ANSWER_MAX_BYTES = 200
#: Entries that are added up over a batch take their ids after all that its first ask's may need.
ADDED_UP_FROM = 1_000_000
#: What a settlement posts.
_BY_ITSELF = frozenset({EntryKind.CHARGE, EntryKind.BREAKAGE})
#: What a receipt is given for.
_PROVEN = frozenset({EntryKind.SALE, EntryKind.TOP_UP, EntryKind.REVERSAL})
_DEPOSITS = frozenset({"deposit", "undo_deposit"})

_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Where a decision's last event stands."""

    seq: int
    head: bytes


class Written:
    """Collects what the decisions of one batch write."""

    def __init__(self, known: Known, terms: Terms) -> None:
        self._known = known
        self._terms = terms
        self._writes = Writes(known.now)
        #: Entries that a guarded account in another bucket pays, and the ask that posted the first.
        self._paid: list[Entry] = []
        self._earned: list[Earned] = []
        self._parent = UUID(int=0)
        self._changes: dict[str, int] = {}
        self._chains: dict[str, Reached] = {}

    def add(
        self, ask: Ask, body: bytes, decision: Decision, changes: Mapping[Account, int]
    ) -> tuple[int, bytes]:
        """
        Add a decision; return the place of its last event and its answer as JSON.

        Raises ValueError for a decision that cannot be written, and adds nothing of it.
        """
        answer = _json(decision.answer)
        if len(answer) > ANSWER_MAX_BYTES:
            raise ValueError(f"an answer of {len(answer)} bytes")
        writes = Writes(self._known.now)
        place = self._journal(writes, ask, decision)
        self._line(writes, ask, decision, place)
        books.defer(writes, ask.subject, place.seq, decision.deferrals)
        self._quotes(writes, ask, decision)
        if decision.shift is not None:
            shifts.write(writes, ask.subject, self._known.shifts.get(ask.subject), decision.shift)
        epoch = self._epoch(ask, decision)
        effects.owe(writes, ask.subject, epoch, decision.effects, ask.id)
        agent_sales.add(writes, ask, epoch, decision.earned)
        charges.owe(writes, ask.subject, decision.effects)
        if ask.verb in _DEPOSITS or any(entry.kind in _PROVEN for entry in decision.entries):
            receipts.owe(writes, ask)
        self._alarms(writes, ask, changes, len(decision.effects))
        if ask.key:
            self._key(writes, ask, body, place.seq, answer)
        self._keep(writes, ask, decision, changes, place)
        return place.seq, answer

    def remind(self, ask: Ask) -> None:
        """Look at the ask's line again when something falls due, for nothing has yet."""
        line = self._known.lines[ask.subject]
        ahead = outlook(line.state, self._terms.rules, self._writes.now)
        lines.remind(self._writes, line, ahead)

    @property
    def writes(self) -> Writes:
        """The rows so far."""
        return self._writes

    def park(self, ask: Ask, reason: str) -> None:
        """Put an ask aside that a defect keeps from being decided."""
        parked.park(self._writes, ask, reason)

    def send(self, conn: Connection) -> None:
        """Add what is added up over the batch, and send trip 2."""
        writes = self._writes
        added_up = [(str(entry.payer), entry) for entry in batch_transfer(self._paid)]
        added_up += booked(self._earned)
        for n, (account, entry) in enumerate(added_up, start=ADDED_UP_FROM):
            books.post(writes, account, 0, [entry], self._parent, n)
        for account in sorted({*self._changes, *self._chains}):
            held, change = self._known.held.get(account), self._changes.get(account, 0)
            place = self._chains.get(account) or self._at(account)
            if change or account in self._chains:
                books.move(writes, account, change, held, version=place.seq, head=place.head)
        self._known.write(writes)
        writes.send(conn)

    # --- the parts of one decision ----------------------------------------------------------------

    def _at(self, subject: str) -> Reached:
        """Return where a subject's chain stands before the batch."""
        if (line := self._known.lines.get(subject)) is not None:
            return Reached(seq=line.state.version, head=line.head)
        if (held := self._known.held.get(subject)) is not None:
            return Reached(seq=held.version, head=held.head)
        return Reached(seq=0, head=journal.NOTHING)

    def _journal(self, writes: Writes, ask: Ask, decision: Decision) -> Reached:
        """Add the events and their entries; return the place of the last."""
        place, bucket = self._at(ask.subject), bucket_of(ask.subject)
        asker = Asker(ask=ask.id, principal=ask.principal, channel=ask.channel)
        posted = 0
        for event, entries in _with_entries(decision):
            recorded = Recorded(
                subject=ask.subject,
                seq=place.seq + 1,
                recorded_at=writes.now,
                asker=journal.NOBODY if event.settled is not None else asker,
                event=event,
            )
            row = journal.row(bucket, place.head, recorded, journal.posted(entries))
            writes.add("insert_journal", *row)
            books.post(writes, ask.subject, recorded.seq, entries, ask.id, posted)
            posted += len(entries)
            place = Reached(seq=recorded.seq, head=row[-1])
        return place

    def _line(self, writes: Writes, ask: Ask, decision: Decision, place: Reached) -> None:
        state, before = decision.state, self._known.lines.get(ask.subject)
        if state is None:
            return
        if state.version != place.seq:
            raise ValueError(f"a line at version {state.version} after event {place.seq}")
        if decision.events:
            ahead = outlook(state, self._terms.rules, writes.now)
            lines.write(writes, before, state, place.head, ahead)
            self._order(writes, before.state if before is not None else None, state)
            self._customers(writes, before.state if before is not None else None, state)

    def _order(self, writes: Writes, before: LineState | None, after: LineState) -> None:
        """Write what a line's standing order does next, from how the line stands now."""
        if after.order is not None or (before is not None and before.order is not None):
            following = ordering.next_of(after, self._terms.rules)
            standing_orders.write(writes, before, after, following)

    def _customers(self, writes: Writes, before: LineState | None, after: LineState) -> None:
        """Remember the agents that have sold to the tenure of a line."""
        if after.tenure is None or not after.sold:
            return
        known = {sold.act for sold in before.sold} if before is not None else set()
        payers = {sold.sale.payer for sold in after.sold if sold.act not in known}
        sellers = {payer.owner for payer in payers if payer.kind is AccountKind.FLOAT}
        for agent in sorted(sellers & self._terms.agents.keys()):
            who = (bucket_of(agent), agent, after.number)
            writes.add("put_customers", *who, after.epoch, writes.now)

    def _alarms(self, writes: Writes, ask: Ask, changes: Mapping[Account, int], first: int) -> None:
        """Owe it to agents to be told when a decision takes their float below its alarm."""
        for n, (account, change) in enumerate(changes.items(), start=first):
            agent, name = self._terms.agents.get(account.owner), str(account)
            if agent is None or agent.float_account != name:
                continue
            if agent.key not in self._terms.listeners:
                continue
            before = self._known.available.get(name, 0)
            if agent.is_low(before + change) and not agent.is_low(before):
                data = {
                    "listener": agent.key,
                    "type": telling.FLOAT_LOW,
                    "balance_minor": before + change,
                    "alarm_minor": agent.float_alarm_minor,
                }
                low = Effect(kind=telling.KIND, due_at=writes.now, data=data)
                effects.owe(writes, name, 0, [low], ask.id, n)

    def _quotes(self, writes: Writes, ask: Ask, decision: Decision) -> None:
        promise = decision.quote
        bucket = bucket_of(ask.subject)
        if promise is not None:
            uses = [[u.promotion, u.number, u.holder, u.cost_minor] for u in decision.uses]
            what = (promise.id, promise.number, promise.version, promise.now, promise.until)
            terms, kept = _json(promise.terms).decode(), _json(uses).decode()
            writes.add("insert_quotes", bucket, *what, terms, kept)
        elif self._known.quote(ask)[0] is not None:
            writes.add("delete_quotes", bucket, quote_of(ask))

    def _epoch(self, ask: Ask, decision: Decision) -> int:
        """Return the tenure that effects are owed to: of a line that was given up, the last."""
        before, after = self._known.state(ask.subject), decision.state
        if after is not None and after.epoch:
            return after.epoch
        return before.epoch if before is not None else 0

    def _key(self, writes: Writes, ask: Ask, body: bytes, seq: int, answer: bytes) -> None:
        subject = ask.subject
        place = (bucket_of(subject), ask.principal, ask.key)
        writes.add("insert_keys", *place, body, answer.decode(), subject, seq)

    def _keep(
        self,
        writes: Writes,
        ask: Ask,
        decision: Decision,
        changes: Mapping[Account, int],
        place: Reached,
    ) -> None:
        """Nothing can go wrong any more: take the decision over into the batch."""
        self._writes.take(writes)
        paid = [entry for entry in decision.entries if entry.transfer is not None]
        if paid and not self._paid:
            self._parent = ask.id
        self._paid += paid
        self._earned += decision.earned
        for account, change in changes.items():
            name = str(account)
            self._changes[name] = self._changes.get(name, 0) + change
        if decision.state is None:
            self._chains[ask.subject] = place
        self._known.move_on(ask, decision, changes)


def _with_entries(decision: Decision) -> Sequence[tuple[Event, tuple[Entry, ...]]]:
    """
    Return the events, each with the entries that go with it.

    What fell due by itself keeps its own, whoever came first and made it be taken down; what the
    ask posts goes with the last event.
    """
    events, entries = decision.events, list(decision.entries)
    if not events:
        if entries:
            raise ValueError("entries without an event")
        return ()
    due = next((n for n, event in enumerate(events) if event.settled is None), len(events))
    found: list[tuple[Event, tuple[Entry, ...]]] = []
    for event in events[:-1]:
        own: tuple[Entry, ...] = ()
        if len(found) < due and _books(event) and entries and entries[0].kind in _BY_ITSELF:
            own = (entries.pop(0),)
        found.append((event, own))
    return (*found, (events[-1], tuple(entries)))


def _books(event: Event) -> bool:
    """Whether a settlement posts something: a charge or a forfeit of credit."""
    settled = event.settled
    if settled is None or not settled.amount_minor:
        return False
    return settled.what in ("charged", "forfeited")
