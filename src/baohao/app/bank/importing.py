"""
Take in statements: every row once for ever, and nothing of a file that is not sound.

    Refusal
    ├── AccountUnknown     no account of ours has that key
    ├── StatementRefused   it cannot be read, or is of another account (app/ports)
    └── Unbalanced         its rows do not make its balances (core/bank/statement)

The same file again, or one that overlaps it, changes nothing. A row that says something else under
the bank's own id, and a statement before which one is missing, wait for a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from hashlib import blake2b
from uuid import UUID

import msgspec

from baohao.app.payments import exceptions
from baohao.app.payments.learn import PRINCIPAL
from baohao.app.ports import BankAccount, Seals, StatementRefused
from baohao.core.bank import reference
from baohao.core.bank.statement import Place, Placed, Statement, balanced, folded, gaps, placed
from baohao.core.decide.payload import YEARS
from baohao.core.money import format_minor
from baohao.core.refusals import Refusal
from baohao.store import bank, clock
from baohao.store import exceptions as kept_exceptions
from baohao.store.bank import Kept
from baohao.store.sql import Connection

#: More than any bank writes in a day for one account; a mistake, or an attack.
FILE_MAX_BYTES, ROWS_MAX = 32 * 1024 * 1024, 100_000
REF_MAX, WORDS_MAX = 140, 2000


class AccountUnknown(Refusal):
    """There is no bank account {account} of ours; there are: {known}."""

    code = "bank.account"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that somebody takes in."""

    name: str
    data: bytes
    account: BankAccount
    by: str


@dataclass(slots=True, kw_only=True)
class Taken:
    """What a file brought."""

    statements: int = 0
    #: How many rows are new, were known, or have changed.
    rows: Counter[Place] = field(default_factory=Counter)
    #: Rows that are announced, and come again once they are booked.
    pending: int = 0
    #: The first days of statements before which one is missing.
    gaps: list[str] = field(default_factory=list)


def read(file: File) -> list[Statement]:
    """Read a file, whole; raises `StatementRefused` and `Unbalanced`."""
    if len(file.data) > FILE_MAX_BYTES:
        raise StatementRefused(reason=f"it is longer than {FILE_MAX_BYTES >> 20} MiB")
    return [_sound(each, file.account) for each in file.account.reader.read(file.data)]


def account_of(accounts: Mapping[str, BankAccount], key: str | None) -> BankAccount:
    """Return the account by its key, or the only one there is; raises `AccountUnknown`."""
    if key is None and len(accounts) == 1:
        key = next(iter(accounts))
    found = None if key is None else accounts.get(key)
    if found is None:
        raise AccountUnknown(account=key or "(say which)", known=", ".join(accounts))
    return found


def take_in(
    conn: Connection,
    file: File,
    statements: Sequence[Statement],
    seals: Seals,
    new_id: Callable[[], UUID],
) -> Taken:
    """Keep what was read, in this transaction; return what was new of it."""
    taken, now = Taken(statements=len(statements)), clock.now(conn)
    keeper = _Keeper(conn, file, seals, new_id, now)
    for n, statement in enumerate(statements):
        taken.pending += statement.pending
        digest = blake2b(file.data + bytes([n % 256]), digest_size=16).digest()
        id_ = UUID(bytes=digest)
        taken.rows.update(keeper.keep(id_, statement))
        name = _clean(file.name)
        bank.add_statement(conn, file.account.key, id_, statement, name, file.by, now)
    taken.gaps = _tell_gaps(conn, file.account.key, new_id, now)
    return taken


def _sound(statement: Statement, account: BankAccount) -> Statement:
    if statement.account and _plain(statement.account) != _plain(account.number):
        # Its number is not repeated: it may be anybody's.
        raise StatementRefused(reason=f"it is not of the account {account.key}")
    if {statement.currency, *(row.currency for row in statement.rows)} != {account.currency}:
        raise StatementRefused(reason=f"the account {account.key} is in {account.currency}")
    if len(statement.rows) > ROWS_MAX:
        raise StatementRefused(reason=f"it has more than {ROWS_MAX} rows")
    for row in statement.rows:
        if len(row.ref) > REF_MAX or not row.ref.isprintable():
            raise StatementRefused(reason=f"line {row.line}: its id cannot be one")
    for day in (statement.from_on, statement.to_on, *(row.booked_on for row in statement.rows)):
        if day.year not in YEARS:
            raise StatementRefused(reason=f"{day} is no day of our time")
    statement = replace(statement, rows=folded(statement.rows))
    balanced(statement)
    return statement


def _plain(number: str) -> str:
    return "".join(filter(str.isalnum, number)).upper()


class _Keeper:
    """Keeps the rows of one file."""

    def __init__(
        self, conn: Connection, file: File, seals: Seals, new_id: Callable[[], UUID], now: datetime
    ) -> None:
        self._conn, self._file, self._seals = conn, file, seals
        self._new_id, self._now = new_id, now

    def keep(self, statement: UUID, said: Statement) -> Counter[Place]:
        """Keep the rows of a statement; return what they were."""
        key, counts = self._file.account.key, Counter[Place]()
        refs = sorted({row.ref for row in said.rows if row.ref})
        found = placed(key, said.rows, bank.by_ref(self._conn, key, refs))
        fresh = [self._kept(each, statement) for each in found if each.place is Place.NEW]
        added = sum(bank.add_rows(self._conn, fresh, self._now))
        for each in found:
            counts[each.place] += 1
            if each.place is Place.CHANGED:
                self._tell_change(each)
        # Those without an id of the bank are known by ours.
        counts[Place.NEW], counts[Place.KNOWN] = (
            added,
            counts[Place.KNOWN] + len(fresh) - added,
        )
        return counts

    def _kept(self, each: Placed, statement: UUID) -> Kept:
        row, account = each.row, self._file.account
        words = {"text": row.text, "name": row.name, "account": row.account}
        said = msgspec.json.encode({name: _clean(text) for name, text in words.items()})
        found = reference.find(row.text)
        return Kept(
            id=each.id,
            account=account.key,
            ref=row.ref,
            content=row.content,
            statement=statement,
            line=row.line,
            booked_on=row.booked_on,
            booked_at=datetime.combine(row.booked_on, time(), account.zone),
            amount_minor=row.amount_minor,
            currency=row.currency,
            sealed=self._seals.seal(said.decode(), sealed_for(each.id)),
            exact=found.exact,
            near=found.near,
        )

    def _tell_change(self, each: Placed) -> None:
        row = each.row
        said = {
            "account": self._file.account.key,
            "file": _clean(self._file.name)[:200],
            "line": row.line,
            "amount": f"{format_minor(row.amount_minor, row.currency)} {row.currency}",
            "booked_on": row.booked_on.isoformat(),
        }
        kind, subject = exceptions.ROW_CHANGED, str(each.id)
        exceptions.put(self._conn, self._new_id(), kind, subject, said, self._now)


def sealed_for(row: UUID) -> str:
    """Return what the words of a row are sealed for."""
    return f"bank_row:{row}"


def _clean(text: str) -> str:
    return text[:WORDS_MAX].encode("utf-8", "replace").decode()


def _tell_gaps(
    conn: Connection, account: str, new_id: Callable[[], UUID], now: datetime
) -> list[str]:
    """Put before a person where a statement is missing; what came late closes it."""
    known = {str(each.id): each for each in bank.ends(conn, account)}
    missing = {str(id_) for id_ in gaps(list(known.values()))}
    told = exceptions.listed(conn)
    kind = exceptions.STATEMENT_GAP
    for subject in {each.subject for each in told if each.kind == kind} & known.keys() - missing:
        kept_exceptions.settled(
            conn,
            [subject],
            kind,
            action="none",
            by=PRINCIPAL,
            why="the statement before it is here",
            at=now,
        )
    for subject in sorted(missing):
        said = {"account": account, "from_on": known[subject].from_on.isoformat()}
        exceptions.put(conn, new_id(), kind, subject, said, now)
    return sorted(known[subject].from_on.isoformat() for subject in missing)
