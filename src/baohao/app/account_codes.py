"""
The customer's own account codes, and the entries exported under them.

A mapping is a TOML file of account prefixes: `"till" = "1010"`, `"till:hall-1" = "1011"`,
`"revenue:keep12:MOP" = "4010"`. The longest that fits counts; an account that none fits is refused,
so that nothing is left out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date
from decimal import Decimal
from pathlib import Path

from baohao.app.ledger import month_window
from baohao.core.money import format_minor
from baohao.core.refusals import Malformed, Refusal
from baohao.store import reports
from baohao.store.sql import Connection

Cell = str | Decimal
COLUMNS = (
    *("day", "entry", "kind", "subject", "account", "code", "debit", "credit", "currency"),
    "reason",
)


class CodesMalformed(Malformed):
    """{file} holds no account codes: {reason}."""

    code = "malformed.account_codes"


class CodeMissing(Refusal):
    """There is no code for {account}; give one to it, or to its kind."""

    code = "books.code_missing"


def load(path: Path) -> Mapping[str, str]:
    """Read a mapping, prefix -> code; raises `CodesMalformed`."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CodesMalformed(file=path.name, reason=str(error)) from None
    for prefix, code in found.items():
        if not isinstance(code, str) or not code:
            raise CodesMalformed(file=path.name, reason=f"the code of {prefix!r} is no text")
    return found


def code_of(account: str, codes: Mapping[str, str]) -> str:
    """Return the code of an account by its longest prefix; raises `CodeMissing`."""
    prefix = account
    while prefix:
        if prefix in codes:
            return codes[prefix]
        prefix = prefix.rpartition(":")[0]
    raise CodeMissing(account=account)


def coded(
    conn: Connection, codes: Mapping[str, str], month: date | None = None
) -> Iterator[tuple[Cell, ...]]:
    """Yield each posting of a month, or all, under its code; raises `CodeMissing`."""
    since, until = month_window(month)
    for row in reports.stream(conn, "list_entries", since, until):
        recorded_at, entry, subject, _, kind, currency, reason, accounts, amounts = row
        day = recorded_at.astimezone(UTC).date().isoformat()
        for account, minor in zip(accounts, amounts, strict=True):
            amount = Decimal(format_minor(abs(minor), currency))
            sides = (amount, "") if minor > 0 else ("", amount)
            code = code_of(account, codes)
            yield (day, str(entry), kind, subject, account, code, *sides, currency, reason)
