"""Exceptions: what waits for a person, with a clock on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, rows, run

_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class ForPerson:
    """One of them."""

    id: UUID
    kind: str
    #: A payment's id, or an order number that is none of ours.
    subject: str
    said: Mapping[str, Any]
    opened_at: datetime
    due_at: datetime
    owner: str = ""
    action: str = ""
    closed_by: str = ""
    why: str = ""
    closed_at: datetime | None = None


#: In the order of the statements.
FIELDS = tuple(ForPerson.__dataclass_fields__)


def put(conn: Connection, each: ForPerson) -> bool:
    """Put one before a person; return whether none of its kind was open for the subject."""
    said = _json(each.said).decode()
    place = (bucket_of(each.subject), each.id, each.kind, each.subject)
    return run(conn, "insert_exception", *place, said, each.opened_at, each.due_at) == 1


def listed(conn: Connection, subject: str | None, *, closed: bool) -> list[ForPerson]:
    """Return those that are open, or all, whose clock runs out first."""
    found = rows(conn, "list_exceptions", closed, subject, subject)
    return [ForPerson(**dict(zip(FIELDS, row, strict=True))) for row in found]


def of(conn: Connection, subject: str, kind: str) -> list[ForPerson]:
    """Return those of one kind that a subject has had, closed or not."""
    found = rows(conn, "find_exceptions_of", bucket_of(subject), subject, kind)
    return [ForPerson(**dict(zip(FIELDS, row, strict=True))) for row in found]


def take(conn: Connection, each: ForPerson, owner: str) -> bool:
    """Say who looks after one; return whether it is open."""
    return run(conn, "take_exception", owner, bucket_of(each.subject), each.id) == 1


def close(
    conn: Connection, each: ForPerson, *, action: str, by: str, why: str, at: datetime
) -> bool:
    """Close one; return whether it was open."""
    done = (action, by, why, at)
    return run(conn, "close_exception", *done, bucket_of(each.subject), each.id) == 1


def settled(
    conn: Connection,
    subjects: Sequence[str],
    kind: str,
    *,
    action: str,
    by: str,
    why: str,
    at: datetime,
) -> None:
    """Close what has settled itself."""
    places = [bucket_of(subject) for subject in subjects], list(subjects)
    run(conn, "close_exceptions_of", action, by, why, at, *places, kind)
