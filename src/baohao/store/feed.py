"""The feed: what each listener is told, numbered without gaps; and who listens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, Row, call, rows, run, trip

_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that a listener is told."""

    listener: str
    #: The same however often it is sent.
    id: UUID
    at: datetime
    type: str
    data: Mapping[str, Any]
    #: Its place in the listener's feed; 0: it has none yet.
    seq: int = 0


def listeners(conn: Connection) -> frozenset[str]:
    """Return all who listen."""
    return frozenset(listener for (listener,) in rows(conn, "read_listeners"))


def listen(conn: Connection, listener: str) -> None:
    """Listen from now on; whoever does already goes on."""
    run(conn, "insert_listener", bucket_of(listener), listener)


def last_seq(conn: Connection, listener: str) -> int | None:
    """Return how far a feed has come; `None`: nobody listens."""
    found = rows(conn, "read_listener", bucket_of(listener), listener)
    return int(found[0][0]) if found else None


def lock(conn: Connection, listener: str) -> int:
    """Return how far the feed of somebody who listens has come; it comes no further meanwhile."""
    bucket = bucket_of(listener)
    [(_, last)] = rows(conn, "lock_listeners", [bucket], [listener])
    return int(last)


def is_due(conn: Connection) -> bool:
    """Whether there is something to be told or sent."""
    [(found,)] = rows(conn, "has_to_tell")
    return bool(found)


def take(conn: Connection, now: datetime, limit: int) -> tuple[Event, ...]:
    """
    Take events off what is owed, in the order in which they came to be.

    They are gone once the transaction commits, so write them in this very one.
    """
    found = [_owed(row) for row in rows(conn, "take_events", now, limit)]
    return tuple(sorted(found, key=lambda e: (e.at, e.data.get("version", 0), e.id)))


def write(conn: Connection, events: Sequence[Event]) -> int:
    """Write events at the end of their feeds; one that is there already is not written again."""
    if not events:
        return 0
    names = sorted({event.listener for event in events})
    keys = [(bucket_of(e.listener), e.listener, e.id) for e in events]
    buckets = [(bucket_of(name), name) for name in names]
    locked, known = trip(conn, [call("lock_listeners", buckets), call("find_told", keys)])
    last: dict[str, int] = dict(locked.fetchall())
    there = set(known.fetchall())
    written: list[Row] = []
    for event, (bucket, listener, id_) in zip(events, keys, strict=True):
        if (listener, id_) in there:
            continue
        there.add((listener, id_))
        last[listener] += 1
        place = (bucket, listener, last[listener], id_)
        written.append((*place, event.at, event.type, _json(event.data).decode()))
    if written:
        moved = [(bucket, name, last[name]) for bucket, name in buckets]
        trip(
            conn,
            [
                call("insert_feed", written),
                call("update_listeners", moved, meets=len(moved)),
            ],
        )
    return len(written)


def read(
    conn: Connection, listener: str, after: int, until: int, types: Sequence[str], limit: int
) -> tuple[Event, ...]:
    """Return at most `limit` events behind `after`, up to `until`; no types: of all."""
    wanted = list(types)
    place = (bucket_of(listener), listener, after, until)
    return tuple(
        Event(listener=listener, seq=seq, id=id_, at=at, type=type_, data=data)
        for seq, id_, at, type_, data in rows(conn, "read_feed", *place, wanted, wanted, limit)
    )


def _owed(row: Row) -> Event:
    id_, number, at, data = row
    facts = {name: value for name, value in data.items() if name not in ("listener", "type")}
    return Event(
        listener=data["listener"],
        id=id_,
        at=at,
        type=data["type"],
        # Of a float it is the account, of anything else the number.
        data={"account" if ":" in number else "number": number, **facts},
    )
