"""
The journal: events in a chain of hashes for each subject.

An event's hash covers the one before it, its place, its two times, who asked, what became true, and
the entries that the decision posted with it (they go with the decision's last event). Whoever
changes, removes, inserts or reorders a row breaks the chain there; a cut tail shows against the
sealed roots (`store/seals.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from baohao.core.books.entry import Entry
from baohao.core.ids import text_of
from baohao.core.line.codec import decode_event, encode_event, micros
from baohao.core.line.event import Event
from baohao.store.sql import Connection, Row, rows

#: What the first event of a subject follows.
NOTHING = bytes(32)

#: The same bytes for the same value, before the database has seen it and after.
_canonical = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asked for an event; nobody for what fell due by itself."""

    ask: UUID | None = None
    principal: str = ""
    channel: str = ""


NOBODY = Asker()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event with its place."""

    subject: str
    seq: int
    recorded_at: datetime
    asker: Asker
    event: Event


def posted(entries: Iterable[Entry]) -> bytes:
    """Return what a hash covers of entries; of none, nothing."""
    lines = [
        [
            entry.kind,
            entry.currency,
            None if entry.transfer is None else text_of(entry.transfer),
            None if entry.payer is None else str(entry.payer),
            entry.reason,
            [str(posting.account) for posting in entry.postings],
            [posting.amount_minor for posting in entry.postings],
        ]
        for entry in entries
    ]
    return covered_entries(lines) if lines else b""


def covered_entries(lines: Sequence[Sequence[Any]]) -> bytes:
    """
    Return what a hash covers of entries: kind, currency, transfer, payer, reason, postings.

    They come in an order of their own: their ids have none.
    """
    return _canonical(sorted(lines, key=_canonical) if len(lines) > 1 else lines)


def link(prev: bytes, recorded: Recorded, payload: bytes, entries: bytes = b"") -> bytes:
    """Return the hash of an event that follows `prev`."""
    return sha256(covered(prev, recorded, payload, entries)).digest()


def covered(prev: bytes, recorded: Recorded, payload: bytes, entries: bytes = b"") -> bytes:
    """Return what the hash of an event covers."""
    asker, event = recorded.asker, recorded.event
    place = [
        recorded.subject,
        recorded.seq,
        micros(recorded.recorded_at),
        micros(event.effective_at),
        event.kind,
        None if asker.ask is None else text_of(asker.ask),
        asker.principal,
        asker.channel,
    ]
    return b"".join((prev, _canonical(place), payload, entries))


def row(bucket: int, prev: bytes, recorded: Recorded, entries: bytes = b"") -> Row:
    """Return the row of `insert_journal`; its last column is the new head of the chain."""
    payload = _canonical(encode_event(recorded.event))
    return (
        bucket,
        recorded.subject,
        recorded.seq,
        recorded.event.effective_at,
        recorded.event.kind,
        recorded.asker.ask,
        recorded.asker.principal,
        recorded.asker.channel,
        payload.decode(),
        prev,
        link(prev, recorded, payload, entries),
    )


# --- reading --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A row of the journal as it stands in the database."""

    recorded: Recorded
    payload: Mapping[str, Any]
    prev: bytes
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A place at which a chain does not hold."""

    subject: str
    seq: int
    #: gap, broken, edited or head.
    what: str


def of_subject(conn: Connection, bucket: int, subject: str) -> tuple[Kept, ...]:
    """Return the events of one subject, in order."""
    return tuple(map(_kept, rows(conn, "read_journal", bucket, subject)))


def at(conn: Connection, bucket: int, subject: str, seq: int) -> Kept:
    """Return the event at a place, which must be there."""
    [found] = rows(conn, "read_event", bucket, subject, seq)
    return _kept(found)


def of_buckets(conn: Connection, first: int, last: int) -> Iterator[tuple[str, list[Kept]]]:
    """Yield the subjects of the buckets from `first` to `last` with their events, in order."""
    subject, chain = "", list[Kept]()
    for kept in map(_kept, rows(conn, "read_journal_of_buckets", first, last)):
        if kept.recorded.subject != subject:
            if chain:
                yield subject, chain
            subject, chain = kept.recorded.subject, []
        chain.append(kept)
    if chain:
        yield subject, chain


def _kept(found: Row) -> Kept:
    subject, seq, recorded_at, effective_at, kind, ask, principal, channel, *rest = found
    payload, prev, hash_ = rest
    return Kept(
        recorded=Recorded(
            subject=subject,
            seq=seq,
            recorded_at=recorded_at,
            asker=Asker(ask=ask, principal=principal, channel=channel),
            event=decode_event(kind, effective_at, payload),
        ),
        payload=payload,
        prev=bytes(prev),
        hash=bytes(hash_),
    )


def entries_of_buckets(conn: Connection, first: int, last: int) -> Mapping[tuple[str, int], bytes]:
    """Return what hashes cover of the entries in buckets, by the place of their event."""
    found: dict[tuple[str, int], list[list[Any]]] = {}
    for subject, seq, kind, currency, transfer, *rest in rows(
        conn, "read_entries_of_buckets", first, last
    ):
        via = None if transfer is None else str(transfer)
        found.setdefault((subject, seq), []).append([kind, currency, via, *rest])
    return {place: covered_entries(lines) for place, lines in found.items()}


def faults(
    chain: Sequence[Kept], entries: Mapping[tuple[str, int], bytes], head: bytes | None
) -> Iterator[Fault]:
    """
    Yield where a subject's chain does not hold.

    `head` is what its row says is the hash of its last event; `None`: it has no row.
    """
    prev, expected = NOTHING, 1
    for kept in chain:
        recorded = kept.recorded
        subject, seq = recorded.subject, recorded.seq
        if seq != expected:
            yield Fault(subject=subject, seq=seq, what="gap")
        if kept.prev != prev:
            yield Fault(subject=subject, seq=seq, what="broken")
        payload, booked = _canonical(kept.payload), entries.get((subject, seq), b"")
        if link(kept.prev, recorded, payload, booked) != kept.hash:
            yield Fault(subject=subject, seq=seq, what="edited")
        prev, expected = kept.hash, seq + 1
    if head is not None and head != prev:
        yield Fault(subject=chain[-1].recorded.subject if chain else "", seq=expected, what="head")
