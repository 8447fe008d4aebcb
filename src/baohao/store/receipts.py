"""
Receipts: owed with what was paid, numbered in series without gaps, kept as they were issued.

The counter's row is locked until the transaction ends, so a number is given last in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID

import msgspec

from baohao.core.asks import Ask
from baohao.core.bucket import bucket_of
from baohao.core.civil import civil_day
from baohao.core.ids import text_of
from baohao.core.points import Point
from baohao.store.days import point_of
from baohao.store.sql import Connection, Row, rows, run
from baohao.store.writes import Writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was said of a paid act, a fee or a reversal; never changed."""

    #: Its series: the issuing point and the year; the number counts from 1 in it.
    point: str
    year: int
    number: int
    #: The ask that it is of.
    ask: str
    line: str
    #: The tenure that it belongs to, and its holder's random id; 0 and empty where nobody held it.
    epoch: int
    holder: str
    issued_at: datetime
    #: The civil day of that, in the operator's zone.
    day: date
    facts: Mapping[str, Any]
    #: What its QR code says, signed.
    token: str
    #: SHA-256 of the first print and its language; `None`: it was never printed.
    digest: bytes | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is known of an ask that money moved for."""

    line: str
    #: The issuing point where it was asked; empty: at none.
    wanted: str
    #: The one that gave its receipt; empty: it is owed still.
    point: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A number that was given."""

    number: int
    year: int
    at: datetime
    #: What the register says of the issuing point now; `None`: it is not in there.
    register: Point | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A series of receipts as a whole."""

    point: str
    year: int
    #: How many; the numbers are 1 to this.
    count: int
    #: When the last was issued, and the latest deadline that any of them proves.
    last_at: datetime
    proves_until: datetime | None


def owe(writes: Writes, ask: Ask) -> None:
    """Owe an ask its receipt; the same row says for ever which line it is of."""
    id_ = text_of(ask.id)
    writes.add("insert_receipts_owed", bucket_of(id_), id_, ask.subject, ask.point)


def take(conn: Connection, now: datetime, limit: int) -> tuple[UUID, ...]:
    """
    Take up receipts that are owed, in the order in which they were paid; of a closed house none.

    Each is nobody else's for a minute; who does not give it meets it again, after pauses that
    double up to an hour.
    """
    taken = rows(conn, "claim_owed_receipts", now, now, limit)
    return tuple(UUID(ask) for _, ask in sorted(taken))


def is_owed(conn: Connection, now: datetime) -> bool:
    """Whether a receipt is to be given."""
    return bool(rows(conn, "has_owed_receipts", now)[0][0])


def place(conn: Connection, ask: str) -> Place | None:
    """Return what is known of an ask that money moved for; `None`: none did."""
    for line, wanted, point in rows(conn, "read_receipt_place", bucket_of(ask), ask):
        return Place(line=line, wanted=wanted, point=point or "")
    return None


def number(conn: Connection, ask: str, point: str, zone: tzinfo) -> Given | None:
    """
    Give an ask the next number of a series, and say when; `None`: it has a receipt already.

    Whoever is numbering the same ask or in the same series, or closes a day of the issuing point,
    is waited for. None is dated before the last of its series or before a day that was closed,
    whatever the clock says.
    """
    if not run(conn, "claim_receipt", point, bucket_of(ask), ask):
        return None
    register = next(map(point_of, rows(conn, "hold_point", point, point)), None)
    key = point if register is None else register.key
    [(now,)] = rows(conn, "read_issuing_time", bucket_of(point), point, bucket_of(key), key)
    year = civil_day(now, zone).year
    [(last, at)] = rows(conn, "next_receipt", bucket_of(point), point, year, now)
    return Given(number=last, year=year, at=at, register=register)


def add(conn: Connection, receipt: Receipt) -> None:
    """Keep a receipt under the number that it was given."""
    run(
        conn,
        "insert_receipt",
        bucket_of(receipt.point),
        receipt.point,
        receipt.year,
        receipt.number,
        receipt.ask,
        receipt.line,
        receipt.epoch,
        receipt.holder,
        receipt.issued_at,
        receipt.day,
        msgspec.json.encode(receipt.facts).decode(),
        receipt.token,
    )


def of_ask(conn: Connection, ask: str) -> Receipt | None:
    """Return the receipt of an ask."""
    found = place(conn, ask)
    if found is None or not found.point:
        return None
    return _one(rows(conn, "read_receipt_of_ask", bucket_of(found.point), ask))


def find(conn: Connection, point: str, year: int, number: int) -> Receipt | None:
    """Return a receipt by its number."""
    return _one(rows(conn, "read_receipt", bucket_of(point), point, year, number))


def of_holder(conn: Connection, holder: str) -> tuple[Receipt, ...]:
    """Return all receipts of a holder, the oldest first."""
    return tuple(map(_receipt, rows(conn, "list_receipts_of_holder", holder)))


def of_day(conn: Connection, day: date) -> tuple[Receipt, ...]:
    """Return the receipts of a civil day, series by series."""
    return tuple(map(_receipt, rows(conn, "list_receipts_of_day", day)))


def all_series(conn: Connection) -> tuple[Series, ...]:
    """Return every series, point by point."""
    return tuple(
        Series(point=point, year=year, count=count, last_at=last_at, proves_until=until)
        for point, year, count, last_at, until in rows(conn, "list_series")
    )


def printed(conn: Connection, receipt: Receipt, digest: bytes, language: str) -> bool:
    """Note the first print; False: another was first."""
    place = (bucket_of(receipt.point), receipt.point, receipt.year, receipt.number)
    return bool(run(conn, "print_receipt", digest, language, *place))


def posted(conn: Connection, line: str, first: int, last: int, at: datetime) -> list[Row]:
    """
    Return what a decision has posted, from its first event to its last.

    Kind, currency, payer, accounts and amounts of each entry.
    """
    return rows(conn, "read_posted", bucket_of(line), line, first, last, at)


def _one(found: list[Row]) -> Receipt | None:
    return _receipt(found[0]) if found else None


def _receipt(row: Row) -> Receipt:
    point, year, number_, ask, line, epoch, holder, issued_at, day, facts, token, *print_ = row
    digest, language = print_
    return Receipt(
        point=point,
        year=year,
        number=number_,
        ask=ask,
        line=line,
        epoch=epoch,
        holder=holder,
        issued_at=issued_at,
        day=day,
        facts=facts,
        token=token,
        digest=None if digest is None else bytes(digest),
        language=language,
    )
