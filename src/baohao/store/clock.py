"""The house's clock: the database's, and what a demo adds to it."""

from __future__ import annotations

from datetime import datetime, timedelta

from baohao.store.sql import Connection, rows, run


def now(conn: Connection) -> datetime:
    """Return what time it is, without a lock; the door reads its own after its locks."""
    found: datetime
    [(found,)] = rows(conn, "read_now")
    return found


def put(conn: Connection, offset: timedelta) -> None:
    """Put the house's clock so far from the database's; for demos alone."""
    run(conn, "put_clock", offset)
