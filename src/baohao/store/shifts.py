"""Shifts: one row for each that a till has had, as its events make it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from baohao.core.bucket import bucket_of
from baohao.core.shifts import Shift
from baohao.store.sql import Connection, Cursor, Row, rows
from baohao.store.writes import Writes

_json = msgspec.json.Encoder(order="sorted").encode


def read(cursor: Cursor) -> dict[str, Shift]:
    """Return the last shift of each till that was found, by the till's text."""
    return {account: _shift(row) for account, *row in cursor.fetchall()}


def last(conn: Connection, tills: Iterable[str]) -> Mapping[str, Shift]:
    """Return the last shift of each of these tills that ever had one."""
    wanted = sorted(set(tills))
    found = rows(conn, "find_shifts", [bucket_of(till) for till in wanted], wanted)
    return {account: _shift(row) for account, *row in found}


def between(
    conn: Connection, tills: Iterable[str], since: datetime, until: datetime
) -> Iterator[tuple[str, Shift]]:
    """Yield the shifts of these tills that were open at some time of `since` to `until`."""
    wanted = sorted(set(tills))
    buckets = [bucket_of(till) for till in wanted]
    for account, *row in rows(conn, "list_shifts", buckets, wanted, until, since):
        yield account, _shift(row)


def of_buckets(conn: Connection, first: int, last_: int) -> dict[str, list[Shift]]:
    """Return the shifts of the tills in some buckets, each till's in order."""
    found: dict[str, list[Shift]] = {}
    for account, *row in rows(conn, "read_shifts_of_buckets", first, last_):
        found.setdefault(account, []).append(_shift(row))
    return found


def write(writes: Writes, till: str, before: Shift | None, shift: Shift) -> None:
    """Add the row of a shift that was opened, or of one that moved on."""
    is_new = before is None or before.n != shift.n
    pieces = None
    if shift.pieces is not None:
        pieces = _json({str(face): many for face, many in shift.pieces.items()}).decode()
    writes.add(
        "insert_shifts" if is_new else "update_shifts",
        bucket_of(till),
        till,
        shift.n,
        shift.clerk,
        shift.opened_at,
        shift.float_minor,
        shift.opening_difference_minor,
        shift.brought_minor,
        shift.dropped_minor,
        shift.counted_at,
        shift.counted_by,
        pieces,
        shift.counted_minor,
        shift.expected_minor,
        shift.closed_at,
        shift.left_minor,
        shift.approved_by,
    )


def _shift(row: Iterable[object]) -> Shift:
    n, clerk, opened_at, float_, opening, brought, dropped, *end = _values(row)
    counted_at, by, pieces, counted, expected, closed_at, left, approved_by = end
    return Shift(
        n=n,
        clerk=clerk,
        opened_at=opened_at,
        float_minor=float_,
        opening_difference_minor=opening,
        brought_minor=brought,
        dropped_minor=dropped,
        counted_at=counted_at,
        counted_by=by,
        pieces=None if pieces is None else {int(face): many for face, many in pieces.items()},
        counted_minor=counted,
        expected_minor=expected,
        closed_at=closed_at,
        left_minor=left,
        approved_by=approved_by,
    )


def _values(row: Iterable[object]) -> Row:
    return tuple(row)
