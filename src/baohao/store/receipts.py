"""
Receipts: numbered in series without gaps, one for each ask, kept as they were issued.

The counter's row is locked until the transaction ends, so a number is given last in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, Row, rows, run


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


def number(conn: Connection, ask: str, point: str, year: int) -> tuple[int, datetime] | None:
    """
    Give an ask the next number of a series, and say when; `None`: it has a receipt already.

    Whoever is numbering the same ask, or in the same series, is waited for.
    """
    if not run(conn, "claim_receipt", bucket_of(ask), ask, point):
        return None
    [(last, at)] = rows(conn, "next_receipt", bucket_of(point), point, year)
    return last, at


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
    for (point,) in rows(conn, "read_receipt_place", bucket_of(ask), ask):
        return _one(rows(conn, "read_receipt_of_ask", bucket_of(point), ask))
    return None


def find(conn: Connection, point: str, year: int, number: int) -> Receipt | None:
    """Return a receipt by its number."""
    return _one(rows(conn, "read_receipt", bucket_of(point), point, year, number))


def of_holder(conn: Connection, holder: str) -> tuple[Receipt, ...]:
    """Return all receipts of a holder, the oldest first."""
    return tuple(map(_receipt, rows(conn, "list_receipts_of_holder", holder)))


def of_day(conn: Connection, day: date) -> tuple[Receipt, ...]:
    """Return the receipts of a civil day, series by series."""
    return tuple(map(_receipt, rows(conn, "list_receipts_of_day", day)))


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


def missing(conn: Connection, since: datetime, until: datetime) -> list[tuple[UUID, str]]:
    """Return the asks, with their lines, that money moved for and that have no receipt."""
    return rows(conn, "list_asks_without_receipt", since, until)


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
