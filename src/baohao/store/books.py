"""The books: entries as rows, guarded balances, deferred revenue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

from baohao.core.books.entry import Entry
from baohao.core.bucket import bucket_of
from baohao.core.ids import following
from baohao.store.sql import Call, Connection, Cursor, call, run
from baohao.store.writes import Writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A guarded account as it was locked."""

    #: As its owner reads it.
    balance_minor: int
    #: Its own chain of events: how many, the hash of the last, and when anything last moved it.
    version: int
    head: bytes
    recorded_at: datetime


def lock(accounts: Iterable[str]) -> Call:
    """Return the call that locks guarded accounts in one order."""
    return call("lock_accounts", sorted((bucket_of(account), account) for account in accounts))


def date_from(conn: Connection, accounts: Iterable[str], at: datetime) -> None:
    """Let nothing move these accounts, which were locked, at an earlier instant any more."""
    wanted = sorted(accounts)
    run(conn, "date_accounts", at, [bucket_of(account) for account in wanted], wanted)


def read(cursor: Cursor) -> Mapping[str, Held]:
    """Return the accounts that `lock` found, by their text."""
    return {
        account: Held(
            balance_minor=balance, version=version, head=bytes(head), recorded_at=recorded_at
        )
        for account, balance, version, head, recorded_at in cursor.fetchall()
    }


def post(
    writes: Writes, subject: str, seq: int, entries: Sequence[Entry], parent: UUID, first: int = 0
) -> None:
    """
    Add the rows of entries, all in the bucket of `subject`; their ids follow from `parent`.

    `seq` is the event that posted them; 0 for the payer's side of a batch.
    """
    bucket = bucket_of(subject)
    for n, entry in enumerate(entries, start=first):
        writes.add(
            "insert_entries",
            bucket,
            following(parent, n),
            subject,
            seq,
            entry.kind.value,
            entry.currency,
            entry.transfer,
            None if entry.payer is None else str(entry.payer),
            entry.reason,
            "{" + ",".join([str(posting.account) for posting in entry.postings]) + "}",
            "{" + ",".join([str(posting.amount_minor) for posting in entry.postings]) + "}",
        )


def move(
    writes: Writes,
    account: str,
    change_minor: int,
    before: Held | None,
    *,
    version: int,
    head: bytes,
) -> None:
    """Add the row of a guarded account whose balance or chain moves."""
    place = (bucket_of(account), account)
    statement = "insert_accounts" if before is None else "update_accounts"
    writes.add(statement, *place, change_minor, version, head, writes.now)


def defer(
    writes: Writes, subject: str, seq: int, changes: Sequence[tuple[str, str, date, int]]
) -> None:
    """Add how a decision changes deferred revenue: (plan, currency, month, minor units)."""
    bucket = bucket_of(subject)
    for plan, currency, months, amounts in _by_plan(tuple(changes)):
        writes.add("insert_deferrals", bucket, subject, seq, plan, currency, months, amounts)


# Kept: lines by the thousand share their price and their days.
@lru_cache(maxsize=8192)
def _by_plan(
    changes: tuple[tuple[str, str, date, int], ...],
) -> tuple[tuple[str, str, str, str], ...]:
    """Return plan, currency, months and amounts as arrays' texts; nothing of what comes to 0."""
    plans: dict[tuple[str, str], dict[date, int]] = {}
    for plan, currency, month, minor in changes:
        months = plans.setdefault((plan, currency), {})
        months[month] = months.get(month, 0) + minor
    found: list[tuple[str, str, str, str]] = []
    for (plan, currency), months in plans.items():
        moved = {month: minor for month, minor in months.items() if minor}
        if moved:
            named = "{" + ",".join([month.isoformat() for month in moved]) + "}"
            found.append((plan, currency, named, "{" + ",".join(map(str, moved.values())) + "}"))
    return tuple(found)
