"""Effects: work that is owed outside the database, claimed by a lease and forgotten when done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from baohao.core.asks import Effect
from baohao.core.bucket import bucket_of
from baohao.core.ids import following
from baohao.store.sql import Connection, Row, call, rows, trip
from baohao.store.writes import Writes

_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An effect that was claimed; nobody else has it until the lease ends."""

    bucket: int
    id: UUID
    subject: str
    #: The tenure that it is owed to; whoever does it looks whether that is still the open one.
    epoch: int
    kind: str
    due_at: datetime
    #: How often it was claimed, this time included: whose claim it is.
    tries: int
    data: Mapping[str, Any]


def owe(writes: Writes, subject: str, epoch: int, effects: Sequence[Effect], parent: UUID) -> None:
    """Add the rows of effects; their ids follow from `parent`."""
    bucket = bucket_of(subject)
    for n, effect in enumerate(effects):
        writes.add(
            "insert_effects",
            bucket,
            following(parent, n),
            subject,
            epoch,
            effect.kind,
            effect.due_at,
            _json(effect.data).decode(),
        )


def claim(conn: Connection, now: datetime, lease: datetime, limit: int) -> tuple[Owed, ...]:
    """Claim at most `limit` effects due at `now`, until `lease`; of a closed house, none."""
    return _claimed(rows(conn, "claim_effects", lease, now, now, limit))


def claim_charges(conn: Connection, now: datetime, lease: datetime, limit: int) -> tuple[Owed, ...]:
    """Claim as `claim` does, of the kind "charge" alone: of each number the first that is owed."""
    return _claimed(rows(conn, "claim_charges", lease, now, now, limit))


def _claimed(found: Iterable[Row]) -> tuple[Owed, ...]:
    return tuple(
        Owed(
            bucket=bucket,
            id=id_,
            subject=subject,
            epoch=epoch,
            kind=kind,
            due_at=due_at,
            tries=tries,
            data=data,
        )
        for bucket, id_, subject, epoch, kind, due_at, tries, data in found
    )


def finish(conn: Connection, done: Sequence[Owed]) -> int:
    """Forget effects that are done; return how many were still ours to finish."""
    if not done:
        return 0
    (cursor,) = trip(conn, [call("finish_effects", [(e.bucket, e.id, e.tries) for e in done])])
    return cursor.rowcount


def postpone(conn: Connection, failed: Sequence[tuple[Owed, datetime]]) -> int:
    """Put effects off until the instant given with each; return how many were still ours."""
    if not failed:
        return 0
    columns = [(e.bucket, e.id, e.tries, due_at) for e, due_at in failed]
    (cursor,) = trip(conn, [call("postpone_effects", columns)])
    return cursor.rowcount
