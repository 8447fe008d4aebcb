"""Fan-out: what decisions owe to listeners becomes rows of their feeds."""

from __future__ import annotations

from datetime import datetime

from baohao.store import feed
from baohao.store.sql import Connection

#: Some tenths of a second; whoever comes second waits for so long.
AT_ONCE = 1_000


def fan_out(conn: Connection, now: datetime, limit: int = AT_ONCE) -> int:
    """
    Move events that are due into the feeds; return how many were taken.

    What is owed goes in the same transaction, so each event is told once, whoever dies.
    """
    taken = feed.take(conn, now, limit)
    feed.write(conn, taken)
    return len(taken)
