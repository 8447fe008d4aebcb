"""Statements of our bank accounts, their rows, and what is to be paid out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from baohao.core.bank.statement import Ends, Statement
from baohao.core.bucket import bucket_of
from baohao.store import reports
from baohao.store.sql import Call, Connection, Row, rows, run, trip

NEW, HELD, MATCHED = "new", "held", "matched"
RETURNING, RETURNED, PAID_OUT, OTHER = "returning", "returned", "paid_out", "other"
#: As many rows as are sent in one go.
AT_ONCE = 500
STATES = (NEW, HELD, MATCHED, RETURNING, RETURNED, PAID_OUT, OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A row of a statement, as it is kept."""

    id: UUID
    #: Our key of the bank account.
    account: str
    ref: str
    content: str
    statement: UUID
    line: int
    booked_on: date
    booked_at: datetime
    amount_minor: int
    currency: str
    #: The payer's words, name and account.
    sealed: str
    exact: Sequence[str]
    near: Sequence[str]
    state: str = NEW
    payment: UUID | None = None
    by: str = ""
    approved_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """What a person is to pay from one of our accounts."""

    #: That of a refund, or of the row that goes back.
    id: UUID
    #: `None`: a row goes back.
    payment: UUID | None
    came_by: UUID
    account: str
    amount_minor: int
    currency: str
    reference: str
    reason: str
    listed_at: datetime
    gone_at: datetime | None = None
    gone_by: UUID | None = None
    by: str = ""


_KEPT, _PAYOUT = tuple(Kept.__dataclass_fields__), tuple(Payout.__dataclass_fields__)


# --- statements -----------------------------------------------------------------------------------


def add_statement(
    conn: Connection,
    account: str,
    id_: UUID,
    statement: Statement,
    file: str,
    by: str,
    at: datetime,
) -> bool:
    """Keep a statement; return whether it is new."""
    days = (statement.from_on, statement.to_on)
    balances = (statement.opening_minor, statement.closing_minor)
    place = (bucket_of(account), account, id_, statement.id)
    said = (*place, *days, *balances, len(statement.rows), file, by, at)
    return run(conn, "insert_statement", *said) == 1


def ends(conn: Connection, account: str) -> list[Ends]:
    """Return where the statements of an account begin and end."""
    found = rows(conn, "list_statement_ends", bucket_of(account), account)
    return [
        Ends(id=id_, from_on=first, to_on=last, opening_minor=opening, closing_minor=closing)
        for id_, first, last, opening, closing in found
    ]


def has_day(conn: Connection, day: date) -> bool:
    """Say whether any statement has a day."""
    return bool(rows(conn, "find_statement_day", day)[0][0])


# --- rows -----------------------------------------------------------------------------------------


def by_ref(
    conn: Connection, account: str, refs: Sequence[str]
) -> Mapping[str, list[tuple[UUID, str]]]:
    """Return what is kept under the bank's own ids: our id and the content."""
    found: dict[str, list[tuple[UUID, str]]] = {}
    for ref, id_, content in rows(conn, "find_rows_by_ref", list(refs), account):
        found.setdefault(ref, []).append((id_, content))
    return found


def add_rows(conn: Connection, made: Sequence[Kept], at: datetime) -> list[bool]:
    """Keep rows; return for each whether it is new."""
    calls = [
        Call(
            "insert_bank_row",
            (
                *(_bucket(each.id), each.id, each.account, each.ref, each.content, each.statement),
                *(each.line, each.booked_on, each.booked_at, each.amount_minor, each.currency),
                *(each.sealed, list(each.exact), list(each.near), at),
            ),
        )
        for each in made
    ]
    parts = (calls[first : first + AT_ONCE] for first in range(0, len(calls), AT_ONCE))
    return [cursor.rowcount == 1 for part in parts for cursor in trip(conn, part)]


def new(conn: Connection, limit: int) -> list[Kept]:
    """Return rows that nobody has looked at."""
    return [_kept(row) for row in rows(conn, "list_new_bank_rows", limit)]


def find(conn: Connection, id_: UUID) -> Kept | None:
    """Return one row, unlocked."""
    return next(map(_kept, rows(conn, "read_bank_row", _bucket(id_), id_)), None)


def lock(conn: Connection, id_: UUID) -> Kept | None:
    """Lock one row and return it."""
    return next(map(_kept, rows(conn, "lock_bank_row", _bucket(id_), id_)), None)


def listed(conn: Connection, state: str | None) -> Iterator[Kept]:
    """Yield rows, the oldest first."""
    return map(_kept, reports.stream(conn, "list_bank_rows", state, state))


def of_day(conn: Connection, day: date) -> list[Kept]:
    """Return the rows of a day."""
    return [_kept(row) for row in rows(conn, "list_bank_rows_of_day", day)]


def move(conn: Connection, row: Kept) -> None:
    """Note what has become of a row that is locked."""
    said = (row.state, row.payment, row.by, row.approved_by)
    run(conn, "move_bank_row", *said, _bucket(row.id), row.id)


def payments_of(conn: Connection, references: Sequence[str]) -> list[UUID]:
    """Return the payments whose references these are."""
    found = rows(conn, "find_payments_by_reference", list(references)) if references else []
    return [id_ for (id_,) in found]


# --- what is to be paid out -----------------------------------------------------------------------


def add_payout(conn: Connection, payout: Payout) -> bool:
    """Put something on the list; return whether it is new."""
    what = (payout.id, payout.payment, payout.came_by, payout.account)
    much = (payout.amount_minor, payout.currency, payout.reference, payout.reason)
    return run(conn, "insert_payout", _bucket(payout.id), *what, *much, payout.listed_at) == 1


def payout(conn: Connection, id_: UUID) -> Payout | None:
    """Return one of what is to be paid out."""
    return next(map(_payout, rows(conn, "read_payout", _bucket(id_), id_)), None)


def lock_payout(conn: Connection, id_: UUID) -> Payout | None:
    """Lock one of what is to be paid out, and return it."""
    return next(map(_payout, rows(conn, "lock_payout", _bucket(id_), id_)), None)


def payouts(conn: Connection, *, gone: bool) -> list[Payout]:
    """Return what is to be paid out, the oldest first; with `gone`, all that ever was."""
    return [_payout(row) for row in rows(conn, "list_payouts", gone)]


def payouts_of(conn: Connection, references: Sequence[str]) -> list[UUID]:
    """Return what these references were given to."""
    found = rows(conn, "find_payouts_by_reference", list(references)) if references else []
    return [id_ for (id_,) in found]


def unbooked(conn: Connection) -> list[Payout]:
    """Return rows that went back and are still in suspense."""
    return [_payout(row) for row in rows(conn, "list_unbooked_payouts")]


def gone(
    conn: Connection,
    payout: Payout,
    *,
    at: datetime,
    account: str,
    row: UUID | None = None,
    by: str = "",
) -> None:
    """Note that something was paid out, from which account."""
    run(conn, "move_payout", account, at, row, by, _bucket(payout.id), payout.id)


def booked(conn: Connection, id_: UUID) -> None:
    """Note that the books have what was paid out."""
    run(conn, "book_payout", _bucket(id_), id_)


def _bucket(id_: UUID) -> int:
    return bucket_of(str(id_))


def _kept(row: Row) -> Kept:
    return Kept(**dict(zip(_KEPT, row, strict=True)))


def _payout(row: Row) -> Payout:
    return Payout(**dict(zip(_PAYOUT, row, strict=True)))
