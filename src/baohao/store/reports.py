"""Reports: what is read from the whole house, a page at a time, however many lines there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.rows import tuple_row

from baohao.core.bucket import bucket_of
from baohao.store.sql import ADAPTERS, STATEMENTS, Connection, Row, rows

#: Rows fetched at once.
PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Total:
    """What was posted to an account, over all buckets."""

    account: str
    #: Minor units, both positive.
    debits: int
    credits: int
    postings: int


class Pages(psycopg.ServerCursor[Row]):
    """A cursor of the server's that reads rows as all of ours do."""

    def __init__(self, connection: Connection, name: str) -> None:
        super().__init__(connection, name, row_factory=tuple_row)

    @property
    def adapters(self) -> AdaptersMap:
        """Shared by all cursors, and never changed."""
        return ADAPTERS


def stream(conn: Connection, name: str, *parameters: Any) -> Iterator[Row]:
    """Yield the rows of one statement, a page at a time; the transaction stays open meanwhile."""
    with Pages(conn, name) as cursor:
        cursor.itersize = PAGE
        cursor.execute(STATEMENTS[name], parameters)
        yield from cursor


def totals(conn: Connection) -> tuple[Total, ...]:
    """Return the trial balance: every account with what was posted to it."""
    return tuple(Total(*row) for row in rows(conn, "sum_accounts"))


def quote(conn: Connection, number: str, quote_id: UUID) -> Mapping[str, Any] | None:
    """Return what a quote of a number promises; `None` once it has ended."""
    for terms, _ in rows(conn, "read_quote", bucket_of(number), quote_id):
        found: Mapping[str, Any] = terms
        return found
    return None


def versions(conn: Connection, numbers: Iterable[str]) -> Mapping[str, tuple[int, str]]:
    """Return the version and the policy's pin of each number that is a line."""
    wanted = sorted(set(numbers))
    buckets = [bucket_of(number) for number in wanted]
    found = rows(conn, "find_versions", buckets, wanted)
    return {number: (version, pin) for number, version, pin in found}
