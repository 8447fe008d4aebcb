"""What the door keeps beside each line of how long it is safe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, call, rows, trip


class Found(NamedTuple):
    """One number's row."""

    number: str
    operator: str
    plan: str
    version: int
    safe_until: datetime | None
    ladder: int
    #: How far along the ladder it is now, counted from 1; 0: before its first stage.
    place: int


def find(conn: Connection, numbers: Sequence[str]) -> list[Found]:
    """Return the rows of numbers that are lines, in no order."""
    wanted = sorted({(bucket_of(number), number) for number in numbers})
    if not wanted:
        return []
    (cursor,) = trip(conn, [call("find_safety", wanted)])
    return [Found(*row) for row in cursor.fetchall()]


def ladders(conn: Connection) -> Mapping[int, Sequence[str]]:
    """Return the stages of every ladder."""
    return {ladder: stages for ladder, _, stages, _ in rows(conn, "read_ladders")}
