"""
Statements by name, and trips: several of them sent at once, on cursors that read as we need it.

Every statement of the product is in queries.sql. Rows travel as columns, one binary array each, and
come out by `unnest`: ADR 0006.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Loader

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_REMARK = re.compile(r"^--.*\n", re.MULTILINE)

#: What psycopg gives for a row.
Row = tuple[Any, ...]
Connection = psycopg.Connection[Any]


class RowsMissed(Exception):  # noqa: N818 - named like the refusals
    """A statement met fewer rows than were locked for it: a defect, or a lock that was not held."""


def load(text: str) -> dict[str, bytes]:
    """Return the statements of a file by name; ValueError where two have one name."""
    parts = _NAME.split(text)[1:]
    names = parts[::2]
    statements = [_REMARK.sub("", part).strip().encode() for part in parts[1::2]]
    if len(set(names)) != len(names):
        raise ValueError("two statements have one name")
    return dict(zip(names, statements, strict=True))


STATEMENTS = load((Path(__file__).parent / "queries.sql").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Call:
    """One statement to be sent."""

    name: str
    parameters: Sequence[Any] = ()
    #: How many rows it must meet; None: any number.
    meets: int | None = None


def call(name: str, rows: Sequence[Row], *first: Any, meets: int | None = None) -> Call:
    """Return the call of a statement whose last parameters are the columns of `rows`."""
    return Call(name, [*first, *map(list, zip(*rows, strict=True))], meets)


class JsonLoader(Loader):
    """JSON as plain values, by msgspec."""

    def load(self, data: Buffer) -> Any:
        return msgspec.json.decode(data)


ADAPTERS = AdaptersMap(psycopg.adapters)
for _kind in ("json", "jsonb"):
    ADAPTERS.register_loader(_kind, JsonLoader)


class Cursor(psycopg.Cursor[Row]):
    """A cursor with adapters of its own: the connection may be Django's, which reads otherwise."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, row_factory=psycopg.rows.tuple_row)

    @property
    def adapters(self) -> AdaptersMap:
        """Shared by all cursors, and never changed."""
        return ADAPTERS


def trip(conn: Connection, calls: Iterable[Call]) -> list[Cursor]:
    """
    Send statements in one go and return their results in order.

    Raises `RowsMissed`, and what psycopg raises; the transaction is the caller's.
    """
    sent: list[tuple[Call, Cursor]] = []
    with conn.pipeline():
        for each in calls:
            cursor = Cursor(conn)
            cursor.execute(STATEMENTS[each.name], each.parameters, prepare=True)
            sent.append((each, cursor))
    for each, cursor in sent:
        if each.meets is not None and cursor.rowcount != each.meets:
            raise RowsMissed(f"{each.name} met {cursor.rowcount} rows of {each.meets}")
    return [cursor for _, cursor in sent]


def rows(conn: Connection, name: str, *parameters: Any) -> list[Row]:
    """Return the rows of one statement, sent by itself."""
    with Cursor(conn) as cursor:
        return cursor.execute(STATEMENTS[name], parameters).fetchall()


def run(conn: Connection, name: str, *parameters: Any) -> int:
    """Send one statement by itself and return how many rows it met."""
    with Cursor(conn) as cursor:
        return cursor.execute(STATEMENTS[name], parameters).rowcount
