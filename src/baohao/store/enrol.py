"""
Enrol: the rows of thousands of new lines of one kind, copied in.

What is written for one of them is collected as for any decision; the others differ in their number,
card and ask, and in the hashes that follow from these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from psycopg import sql

from baohao.core.bucket import bucket_of
from baohao.core.line.event import Event
from baohao.store import journal
from baohao.store.journal import Asker, Recorded
from baohao.store.sql import Connection, Row, call, trip
from baohao.store.stamps import (
    HEADER,
    TRAILER,
    Bytes,
    Columns,
    columns,
    hashed,
    items,
    rows_of,
    stamped,
    written,
)
from baohao.store.writes import DATED, Writes

#: Where the rows of each statement go; a new line has no others.
COPIED: Mapping[str, Columns] = {
    "insert_lines": columns(
        "lines",
        "bucket int2 number text operator text plan text pin text custody text epoch int4"
        " holder text iccid text version int4 head bytea recorded_at timestamptz"
        " safe_until timestamptz due_at timestamptz state json",
    ),
    "insert_tenures": columns(
        "tenures", "bucket int2 number text epoch int4 holder text since timestamptz"
    ),
    "insert_cards": columns("cards", "bucket int2 identifier text kind text number text"),
    "insert_chips": columns("chips", "bucket int2 eid text number text"),
    "put_due": columns("due", "bucket int2 number text at timestamptz"),
    "insert_boundaries": columns(
        "boundaries", "bucket int2 number text ladder int8 starts timestamptz[]"
    ),
    "insert_benefits": columns(
        "benefits",
        "bucket int2 number text epoch int4 seq int4 n int2 act text clock text kind text"
        " starts_at timestamptz ends_at timestamptz",
    ),
    "insert_journal": columns(
        "journal",
        "recorded_at timestamptz bucket int2 subject text seq int4 effective_at timestamptz"
        " kind text ask uuid principal text channel text payload json prev bytea hash bytea",
    ),
    "insert_entries": columns(
        "entries",
        "recorded_at timestamptz bucket int2 id uuid subject text seq int4 kind text currency text"
        " transfer uuid payer text reason text accounts text[] amounts int8[]",
    ),
}
#: Named once, not for each line.
LADDERS = "insert_ladders"
#: How much is handed over at a time.
AT_ONCE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A number and its card, as they stand in the row that was written."""

    number: str
    iccid: str = ""
    imsi: str = ""
    eid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """Numbers and cards of equal length: one column for each part that they have."""

    number: list[str]
    iccid: list[str]
    imsi: list[str]
    eid: list[str]
    #: The asks that they are put in by, 16 bytes each; the last byte is zero.
    asks: Bytes

    def __len__(self) -> int:
        return len(self.number)


class Enrolled:
    """Collects rows, and copies them in."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._copied: defaultdict[str, list[bytes]] = defaultdict(list)
        self._ladders: set[Row] = set()

    def add(self, writes: Writes, first: Card, ask: UUID, cards: Cards) -> None:
        """
        Add rows for `cards`: `writes` has those for `first`, put in by `ask`.

        What stands for the first in them stands nowhere else. Raises ValueError for a statement
        that new lines have no use for.
        """
        tokens = _tokens(first, ask, cards)
        tokens |= self._hashes(writes, ask, tokens, len(cards))
        buckets = {
            getattr(first, part): _buckets(getattr(cards, part))
            for part in ("number", "iccid", "imsi", "eid")
            if getattr(first, part)
        }
        for name, rows in writes.rows.items():
            if name == LADDERS:
                self._ladders.update(rows)
                continue
            if name not in COPIED:
                raise ValueError(f"a new line has no use for {name}")
            for row in rows:
                # Cards and chips are in the bucket of their own key, all else in the number's.
                owner = row[1] if row[1] in buckets else first.number
                self._copied[name].append(self._stamped(name, row, ask, tokens, buckets[owner]))

    def _stamped(
        self, name: str, row: Row, ask: UUID, tokens: Mapping[bytes, Bytes], buckets: Bytes
    ) -> bytes:
        place = COPIED[name]
        if name == "insert_entries":
            tokens = {**tokens, row[1].bytes: _following(tokens[ask.bytes], row[1].int ^ ask.int)}
        template = place.row((self._now, *row) if name in DATED else row)
        made = stamped(template, tokens, len(buckets))
        made[:, place.bucket_at : place.bucket_at + 2] = buckets
        return made.tobytes()

    def _hashes(
        self, writes: Writes, ask: UUID, tokens: Mapping[bytes, Bytes], count: int
    ) -> dict[bytes, Bytes]:
        """Return each line's own hashes, by those that were written for the first."""
        found: dict[bytes, Bytes] = {}
        booked = _booked(writes)
        for (
            _,
            subject,
            seq,
            effective_at,
            kind,
            by,
            principal,
            channel,
            payload,
            prev,
            head,
        ) in writes.rows["insert_journal"]:
            recorded = Recorded(
                subject=subject,
                seq=seq,
                recorded_at=self._now,
                asker=Asker(ask=by, principal=principal, channel=channel),
                event=Event(kind=kind, effective_at=effective_at),
            )
            covered = journal.covered(prev, recorded, payload.encode(), booked.get(seq, b""))
            found[head] = hashed(stamped(covered, {**tokens, **found}, count))
        return found

    def send(self, conn: Connection) -> None:
        """Copy everything in; raises what psycopg raises."""
        if self._ladders:
            trip(conn, [call(LADDERS, sorted(self._ladders))])
        for name, place in COPIED.items():
            if name not in self._copied:
                continue
            into = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
                sql.Identifier(place.table), sql.SQL(", ").join(map(sql.Identifier, place.types))
            )
            with conn.cursor() as cursor, cursor.copy(into) as copy:
                whole = memoryview(b"".join((HEADER, *self._copied.pop(name), TRAILER)))
                for at in range(0, len(whole), AT_ONCE_BYTES):
                    copy.write(whole[at : at + AT_ONCE_BYTES])


def _tokens(first: Card, ask: UUID, cards: Cards) -> dict[bytes, Bytes]:
    found = {
        token.encode(): rows_of("".join(values).encode(), len(cards))
        for token, values in (
            (first.number, cards.number),
            (first.iccid, cards.iccid),
            (first.imsi, cards.imsi),
            (first.eid, cards.eid),
        )
        if token
    }
    return {**found, ask.bytes: cards.asks, str(ask).encode(): written(cards.asks)}


def _buckets(subjects: list[str]) -> Bytes:
    found = np.array([bucket_of(subject) for subject in subjects], dtype=">i2")
    return found.view(np.uint8).reshape(len(subjects), 2)


def _following(asks: Bytes, changed: int) -> Bytes:
    """Return the ids that follow from asks by the bits in which one does (`core.ids`)."""
    return asks ^ np.frombuffer(changed.to_bytes(16, "big"), dtype=np.uint8)


def _booked(writes: Writes) -> dict[int, bytes]:
    """Return what hashes cover of the entries, by the event that they go with."""
    lines: defaultdict[int, list[list[object]]] = defaultdict(list)
    for _, _, _, seq, kind, currency, transfer, payer, reason, accounts, amounts in writes.rows.get(
        "insert_entries", ()
    ):
        via = None if transfer is None else str(transfer)
        postings = [items(accounts), [int(amount) for amount in items(amounts)]]
        lines[seq].append([kind, currency, via, payer, reason, *postings])
    return {seq: journal.covered_entries(booked) for seq, booked in lines.items()}
