"""Due: which lines are to be looked at, and when. A reminder, never truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from baohao.store.sql import Connection, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A line that is to be looked at."""

    at: datetime
    bucket: int
    number: str


def find(conn: Connection, now: datetime, limit: int, after: Due | None = None) -> tuple[Due, ...]:
    """
    Return at most `limit` lines that are due at `now`, the earliest first, all behind `after`.
    """
    if after is None:
        found = rows(conn, "find_due", now, limit)
    else:
        found = rows(conn, "find_due_after", now, after.at, after.bucket, after.number, limit)
    return tuple(Due(at=at, bucket=bucket, number=number) for at, bucket, number in found)
