"""
The books for people and for other programs: a trial balance, and a plain-text journal.

The text is hledger's journal format (https://hledger.org/hledger.html#journal), so that somebody
else's program can add it all up again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from baohao.core.books.chart import CHART, Account
from baohao.core.deferral import month_of
from baohao.core.money import EXPONENTS, format_minor
from baohao.store import reports
from baohao.store.sql import Connection, Row

#: Each section of the chart, as accounting programs know it.
_ROOTS = {
    "asset": "assets",
    "liability": "liabilities",
    "income": "revenues",
    "expense": "expenses",
    "clearing": "equity",
}
_TYPES = {"assets": "A", "liabilities": "L", "revenues": "R", "expenses": "X", "equity": "E"}
_ALWAYS = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One line of the trial balance; minor units."""

    account: str
    currency: str
    section: str
    debits_minor: int
    credits_minor: int
    #: Debits less credits.
    balance_minor: int


def trial_balance(conn: Connection) -> tuple[Balance, ...]:
    """Return every account with what was posted to it, over all buckets."""
    found = []
    for total in reports.totals(conn):
        account = Account.parse(total.account)
        found.append(
            Balance(
                account=total.account,
                currency=account.currency,
                section=CHART[account.kind].section,
                debits_minor=total.debits,
                credits_minor=total.credits,
                balance_minor=total.debits - total.credits,
            )
        )
    return tuple(found)


def month_window(month: date | None) -> tuple[datetime, datetime]:
    """Return the first instant of a month (UTC) and that of the next; all time without one."""
    if month is None:
        return _ALWAYS
    first = month_of(month)
    after = month_of(date.fromordinal(first.toordinal() + 31))
    return _midnight(first), _midnight(after)


def hledger(conn: Connection, month: date | None = None) -> Iterator[str]:
    """
    Yield the entries of a month, or all, as an hledger journal, line by line without the newline.

    A transaction is dated by the UTC day on which it was recorded. Accounts and commodities are
    declared, so that `hledger check --strict` holds.
    """
    yield "; The books, each entry as it was posted. Debits are positive."
    yield from _declared(conn)
    since, until = month_window(month)
    for row in reports.stream(conn, "list_entries", since, until):
        yield ""
        yield from _transaction(row)


def _declared(conn: Connection) -> Iterator[str]:
    accounts = [Account.parse(total.account) for total in reports.totals(conn)]
    for currency in sorted({account.currency for account in accounts}):
        digits = EXPONENTS[currency]
        yield f"commodity 1000.{'0' * digits} {currency}"
    for name in sorted({_name(account) for account in accounts}):
        yield f"account {name}  ; type: {_TYPES[name.partition(':')[0]]}"


def _transaction(row: Row) -> Iterator[str]:
    recorded_at, entry, subject, seq, kind, currency, reason, accounts, amounts = row
    why = f" {_plain(reason)}" if reason else ""
    day = recorded_at.astimezone(UTC).date()
    yield f"{day} * {kind}{why}  ; id:{entry}, subject:{subject}/{seq}"
    for text, minor in zip(accounts, amounts, strict=True):
        yield f"    {_name(Account.parse(text))}  {format_minor(minor, currency)} {currency}"


def _name(account: Account) -> str:
    """Return an account as a path: section, heading, owner, currency."""
    root = _ROOTS[CHART[account.kind].section]
    return ":".join(filter(None, (root, str(account.kind), account.owner, account.currency)))


def _plain(reason: str) -> str:
    """Return a reason on one line, without what ends a description."""
    return " ".join(reason.split()).replace(";", ",").replace("|", "/")


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
