"""The console: figures that are kept, pages of lines, renewals drawn by chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from baohao.core.bucket import bucket_of
from baohao.store.exceptions import FIELDS, ForPerson
from baohao.store.sql import Connection, rows, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line as a list shows it."""

    bucket: int
    number: str
    plan: str
    pin: str
    iccid: str
    #: A random id; empty: nobody's.
    holder: str
    #: When the number is lost if nothing happens.
    safe_until: datetime | None
    stage: str
    #: live, grace, suspended ...
    kind: str
    #: When it leaves that stage if nothing happens.
    leaves_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A renewal that was drawn."""

    ask: UUID
    number: str
    at: datetime
    principal: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What was sold, or taken back, on a line."""

    at: datetime
    bucket: int
    id: UUID
    number: str
    #: renewal, activate, topup, restore, reversal; empty: a fee.
    what: str
    channel: str
    principal: str
    ask: UUID | None
    currency: str
    #: Below zero where it was given back.
    minor: int


_SALE = tuple(Sale.__dataclass_fields__)
_ROW = tuple(Row.__dataclass_fields__)
_DRAWN = tuple(Drawn.__dataclass_fields__)


def overview(conn: Connection, operator: str) -> tuple[datetime, Mapping[str, Any]] | None:
    """Return when an operator's figures were made, and the figures; `None`: never."""
    found = rows(conn, "read_overview", bucket_of(operator), operator)
    return (found[0][0], found[0][1]) if found else None


def put_overview(conn: Connection, operator: str, at: datetime, told: Mapping[str, Any]) -> None:
    """Keep an operator's figures."""
    text = msgspec.json.encode(told).decode()
    run(conn, "put_overview", bucket_of(operator), operator, at, text)


def leaving(
    conn: Connection, now: datetime, until: datetime, zone: str
) -> list[tuple[int, int, date | None, int]]:
    """
    Return ladder, place on it, the civil day on which the place is left, and how many lines.

    No day: they stay there until `until` at least.
    """
    return rows(conn, "count_leaving", until, zone, now)


def ladders(conn: Connection) -> Mapping[int, tuple[str, list[str], list[str]]]:
    """Return pin, stages and kinds of each way that lines go."""
    found = rows(conn, "read_ladders")
    return {ladder: (pin, stages, kinds) for ladder, pin, stages, kinds in found}


def sales(
    conn: Connection, operator: str, since: datetime, zone: str
) -> list[tuple[date, str, str, str, int, int]]:
    """Return civil day, channel, currency, what was sold, how often, and the minor units of it."""
    return rows(conn, "count_sales", zone, operator, since)


def page(
    conn: Connection,
    operator: str,
    now: datetime,
    *,
    after: tuple[int, str],
    limit: int,
    plan: str | None,
    kind: str | None,
    since: datetime | None,
    until: datetime | None,
) -> list[Row]:
    """Return lines of an operator behind a key, in the order of keys."""
    wanted = (plan, plan, kind, kind, since, since, until, until)
    found = rows(conn, "page_lines", now, *after, operator, *wanted, limit)
    return [Row(**dict(zip(_ROW, row, strict=True))) for row in found]


def page_sales(
    conn: Connection,
    operator: str,
    since: datetime,
    until: datetime,
    *,
    before: tuple[datetime, int, UUID],
    channel: str | None,
    renewals: bool,
    limit: int,
) -> list[Sale]:
    """Return what was sold before a key, the latest first."""
    wanted = (channel, channel, renewals, limit)
    found = rows(conn, "page_sales", operator, since, until, *before, *wanted)
    return [Sale(**dict(zip(_SALE, row, strict=True))) for row in found]


def blocks(conn: Connection, operator: str, now: datetime) -> list[tuple[str, str, int]]:
    """Return block of numbers, kind of stage, and how many lines of it are in that."""
    return rows(conn, "count_blocks", now, operator)


def exceptions(conn: Connection, operator: str, *, closed: bool) -> list[ForPerson]:
    """Return what waits for a person on an operator's lines, whose clock runs out first."""
    found = rows(conn, "list_exceptions_of", closed, operator, operator)
    return [ForPerson(**dict(zip(FIELDS, row, strict=True))) for row in found]


def draw(
    conn: Connection, operator: str, since: datetime, until: datetime, seed: str, limit: int
) -> list[Drawn]:
    """Draw renewals that were sold from `since` to `until`."""
    found = rows(conn, "sample_renewals", operator, since, until, seed, limit)
    return [Drawn(**dict(zip(_DRAWN, row, strict=True))) for row in found]


def entries(conn: Connection, subject: str) -> list[tuple[Any, ...]]:
    """Return seq, time, id, kind, currency, reason, accounts and amounts of what was posted."""
    return rows(conn, "read_entries_of", bucket_of(subject), subject)
