"""Gateways' daily bills, and how they differ from what is known here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec

from baohao.core.bucket import BUCKETS, bucket_of
from baohao.core.matching import Billed, Known, Sums
from baohao.store import reports
from baohao.store.sql import Connection, Row, rows, run

_json = msgspec.json.Encoder(order="sorted").encode

#: Rows of a bill as columns: subject, payment, their id, refund, amount, fee, currency, seconds.
Columns = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What is known of one day's bill."""

    gateway: str
    day: date
    #: How often it was read and was another than before; 0: it was never there.
    readings: int = 0
    digest: bytes = b""
    read_at: datetime | None = None
    #: By currency.
    theirs: Mapping[str, Sums] = field(default_factory=dict)
    ours: Mapping[str, Sums] = field(default_factory=dict)
    #: Fees that are in the books, by currency.
    fees: Mapping[str, int] = field(default_factory=dict)
    #: `None`: it has not been held against the books as it is.
    matched_at: datetime | None = None
    tries: int = 0
    #: Why it is not there.
    code: str = ""
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A row of a bill that is not as we have it."""

    subject: str
    #: A payment of ours, or one that could be.
    payment: UUID | None
    billed: Billed
    at: datetime
    #: `None`: nothing of it.
    known: Known | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Some rows of a bill by their place, or some buckets, both ends in it: one statement's."""

    first: int
    last: int


def rows_of(count: int, at_once: int) -> Iterator[Slice]:
    """Cut a bill of so many rows."""
    for first in range(1, count + 1, at_once):
        yield Slice(first=first, last=first + at_once - 1)


def buckets_of(count: int, at_once: int) -> Iterator[Slice]:
    """Cut the buckets so that each part has about so many of what there is."""
    many = min(BUCKETS, max(1, -(-count // at_once)))
    for n in range(many):
        yield Slice(first=BUCKETS * n // many, last=BUCKETS * (n + 1) // many - 1)


# --- days -----------------------------------------------------------------------------------------


def claim(
    conn: Connection, gateway: str, day: date, now: datetime, lease: datetime, *, wanted: bool
) -> bool:
    """Take a day up until `lease`, even from somebody where it is wanted; none if closed."""
    place = (bucket_of(gateway), gateway, day)
    return run(conn, "claim_bill", *place, lease, now, wanted) == 1


def find(conn: Connection, gateway: str, day: date) -> Bill | None:
    """Return what is known of a day's bill."""
    found = rows(conn, "read_bill", bucket_of(gateway), gateway, day)
    return next(map(_bill, found), None)


def lock(conn: Connection, gateway: str, day: date) -> Bill | None:
    """Lock what is known of a day's bill, and return it."""
    found = rows(conn, "lock_bill", bucket_of(gateway), gateway, day)
    return next(map(_bill, found), None)


def listed(conn: Connection, gateway: str | None, since: date) -> list[Bill]:
    """Return the days of a gateway, or of all, the earliest first."""
    return list(map(_bill, rows(conn, "list_bills", gateway, since)))


def move(conn: Connection, bill: Bill) -> None:
    """Note what has become of a day's bill."""
    run(
        conn,
        "move_bill",
        *(bill.readings, bill.digest, bill.read_at),
        *(_json(each).decode() for each in (bill.theirs, bill.ours, bill.fees)),
        *(bill.matched_at, bill.tries, bill.code, bill.next_at),
        *(bucket_of(bill.gateway), bill.gateway, bill.day),
    )


def wake(conn: Connection, gateway: str, day: date, at: datetime) -> None:
    """Have a day's bill read again that is not to be looked at by itself."""
    run(conn, "wake_bill", at, bucket_of(gateway), gateway, day)


def replace_rows(conn: Connection, bill: Bill, parts: Iterable[Columns]) -> None:
    """Write the rows of a day's bill in the place of those that there were."""
    run(conn, "delete_bill_rows", bill.gateway, bill.day)
    written = 0
    # The server writes a part while the next one is made ready.
    with conn.pipeline():
        for columns in parts:
            run(conn, "insert_bill_rows", bill.gateway, bill.day, written, *columns)
            written += len(columns[0])


# --- their side -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """What a bill has in one currency, of what was paid or of what went back."""

    currency: str
    is_refund: bool
    rows: int
    minor: int
    fees_minor: int
    #: Of these, what we have, too.
    our_rows: int
    our_minor: int
    #: How many are just as we have them.
    fitting: int


def summed(conn: Connection, bill: Bill, part: Slice) -> list[Summed]:
    """Add up rows of a day's bill, with what we have of them."""
    found = rows(conn, "sum_bill", bill.gateway, bill.day, part.first, part.last)
    names = tuple(Summed.__dataclass_fields__)
    return [Summed(**dict(zip(names, row, strict=True))) for row in found]


def differences(conn: Connection, bill: Bill, part: Slice) -> list[Difference]:
    """Return those of some rows of a day's bill that are not as we have them."""
    place = (bill.gateway, bill.day, part.first, part.last)
    found = rows(conn, "find_bill_differences", *place)
    return [_difference(bill.gateway, row) for row in found]


def twice(conn: Connection, bill: Bill, part: Slice) -> list[Row]:
    """Return what stands twice: subject, their id, refund, how often, amount, currency, day, at."""
    days = (bill.day, bill.day, bill.day)
    # With each by name the key is used, however old the table is.
    buckets = list(range(part.first, part.last + 1))
    return rows(conn, "find_billed_twice", buckets, bill.gateway, *days)


# --- our side -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What came through a gateway, or went back, in some time; half-open."""

    gateway: str
    since: datetime
    until: datetime

    def parts(self, count: int, at_once: int) -> Iterator[Window]:
        """Cut it so that each part has about so many of what there is."""
        many = max(1, -(-count // at_once))
        span = self.until - self.since
        ends = [self.since + span * n / many for n in range(many)] + [self.until]
        for since, until in pairwise(ends):
            yield replace(self, since=since, until=until)


def first_captured(conn: Connection, gateway: str) -> datetime | None:
    """Return when a gateway's first money came."""
    found: datetime | None = rows(conn, "first_captured", gateway)[0][0]
    return found


def count_captured(conn: Connection, window: Window) -> int:
    """Count what came."""
    return int(rows(conn, "count_captured", *_of(window))[0][0])


def unbilled(conn: Connection, window: Window, days: Sequence[date], most: int) -> list[Row]:
    """Return what came and stands in no bill of these days: payment, id, amount, currency, at."""
    return rows(conn, "find_unbilled", *_of(window), list(days), most)


def unbilled_refunds(conn: Connection, window: Window, last: date, most: int) -> list[Row]:
    """Return what went back, in no bill: payment, refund, amount, currency, owed, done."""
    return rows(conn, "find_unbilled_refunds", *_of(window), last, most)


def is_billed(
    conn: Connection, gateway: str, since: date, subject: str, their_id: str | None, refund: str
) -> bool:
    """Say whether a payment, or a refund of it, stands in a bill of a day or a later one."""
    place = (bucket_of(subject), gateway, since, subject)
    return bool(rows(conn, "is_billed", *place, their_id, refund)[0][0])


def bought_nothing(
    conn: Connection, window: Window, most: int, payment: UUID | None = None
) -> list[Row]:
    """Return used payments without their act: payment, number, act, amount, currency, at."""
    return rows(conn, "find_bought_nothing", *_of(window), payment, most)


def not_in_network(
    conn: Connection,
    window: Window,
    operators: Iterable[str],
    most: int,
    payment: UUID | None = None,
) -> list[Row]:
    """Return used payments that an operator's system has not done; as above, and state and code."""
    wanted = (*_of(window), payment, sorted(operators), most)
    return rows(conn, "find_not_in_network", *wanted)


def rolled(conn: Connection, account: str) -> Iterator[Row]:
    """Yield by day and kind of entry what came into an account and what went."""
    return reports.stream(conn, "roll_bank", account, account)


def _of(window: Window) -> tuple[str, datetime, datetime]:
    return window.gateway, window.since, window.until


def _bill(row: Row) -> Bill:
    gateway, day, readings, digest, read_at, theirs, ours, fees, matched_at, tries, code, at = row
    return Bill(
        gateway=gateway,
        day=day,
        readings=readings,
        digest=bytes(digest),
        read_at=read_at,
        theirs=msgspec.convert(theirs, dict[str, Sums]),
        ours=msgspec.convert(ours, dict[str, Sums]),
        fees=fees,
        matched_at=matched_at,
        tries=tries,
        code=code,
        next_at=at,
    )


def _difference(gateway: str, row: Row) -> Difference:
    subject, payment, their_id, refund, amount, fee, currency, at = row[:8]
    ours, our_id, captured, captured_in, state, back, bank = row[8:]
    billed = Billed(
        gateway=gateway,
        their_id=their_id,
        refund=refund,
        amount_minor=amount,
        fee_minor=fee,
        currency=currency,
    )
    known = Known(
        gateway=ours,
        their_id=our_id,
        captured_minor=captured,
        currency=captured_in,
        refund_state=state,
        refund_minor=back,
        refund_bank=bank,
    )
    return Difference(
        subject=subject, payment=payment, billed=billed, at=at, known=known if ours else None
    )
