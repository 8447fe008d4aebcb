"""
Months of the journal and the entries, made before they are needed.

The door refuses to write into a month that it has not seen (`MonthMissing`); its shell makes the
month, in a transaction of its own, and tries again. So the first ask of a month never fails, nor
one of a demo whose clock was put on by years.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from psycopg import sql

from baohao.core.civil import add_months
from baohao.store.sql import Connection, rows, run

PARTITIONED = ("journal", "entries")


class MonthMissing(Exception):  # noqa: N818 - named like the refusals
    """The journal has no room yet for `month`; the shell makes it and tries again."""

    def __init__(self, month: date) -> None:
        super().__init__(f"{month:%Y-%m}")
        self.month = month


def month_of(at: datetime) -> date:
    """Return the first day of the month, in UTC, that an instant is recorded in."""
    return at.astimezone(UTC).date().replace(day=1)


def months(conn: Connection) -> frozenset[date]:
    """Return the months that there is room for."""
    return frozenset(
        date(int(name[-7:-3]), int(name[-2:]), 1) for (name,) in rows(conn, "read_months")
    )


def make(conn: Connection, first: date, count: int = 1) -> None:
    """
    Make room for `count` months from `first` on, where there is none yet.

    One process at a time; writers go on meanwhile, for attaching a table locks none of them out.
    """
    run(conn, "lock_house")
    known = months(conn)
    for n in range(count):
        month = add_months(first, n)
        if month not in known:
            for table in PARTITIONED:
                _attach(conn, table, month)


def _attach(conn: Connection, table: str, month: date) -> None:
    name = sql.Identifier(f"{table}_{month:%Y_%m}")
    parent = sql.Identifier(table)
    bounds = [sql.Literal(f"{day}T00:00:00+00:00") for day in (month, add_months(month, 1))]
    conn.execute(
        sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)").format(
            name, parent
        )
    )
    conn.execute(
        sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
            parent, name, *bounds
        )
    )
