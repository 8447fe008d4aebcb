"""
Wallets: holders' prepaid money, what is in one and what moved it.

A wallet is known by its postings alone: one that nothing was ever put into is empty, not unknown.
Nothing is in it but what was paid in: what promotions give is credit on a line, which never leaves
it, so that no gift goes back as money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from baohao.core.books.chart import Account, AccountKind, account
from baohao.core.books.entry import EntryKind
from baohao.core.bucket import bucket_of
from baohao.core.refusals import Refusal
from baohao.store.sql import Connection, rows

#: Where a page begins: behind this movement.
Place = tuple[datetime, UUID]
FIRST: Place = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))

#: What each kind of entry is to the wallet's owner: what comes, what goes.
_WHATS: Mapping[str, tuple[str, str]] = {
    EntryKind.FUNDING: ("paid_in", "paid_out"),
    EntryKind.PAYOUT: ("paid_in", "paid_out"),
    EntryKind.TRANSFER: ("given_back", "spent"),
    EntryKind.ADJUSTMENT: ("put_right", "put_right"),
}


class HolderNotYours(Refusal):
    """No holder {holder} has a line with {operator}."""

    code = "wallet.not_yours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What moved a wallet; minor units as its owner reads them: below zero, less is in it."""

    at: datetime
    entry: UUID
    #: "paid_in", "spent", "given_back", "paid_out" or "put_right".
    what: str
    amount_minor: int
    #: After it.
    balance_minor: int
    #: The lines that it paid for, or got back from.
    numbers: tuple[str, ...]
    reason: str

    @property
    def place(self) -> Place:
        """Where the page after it begins."""
        return self.at, self.entry


def wallet_of(holder: str, currency: str) -> Account:
    """Return a holder's wallet; raises `AccountMalformed` and `CurrencyUnknown`."""
    return account(AccountKind.WALLET, holder, currency)


def balance(conn: Connection, wallet: Account) -> int:
    """Return what is in a wallet; nothing in one that was never used."""
    found = rows(conn, "read_balance", bucket_of(wallet.text), wallet.text)
    return int(found[0][0]) if found else 0


def wallets(conn: Connection) -> list[tuple[Account, int]]:
    """Return every wallet that was ever used, with what is in it."""
    return [(Account.parse(text), minor) for text, minor in rows(conn, "list_wallets")]


def movements(
    conn: Connection, wallet: Account, after: Place = FIRST, limit: int = 1_000
) -> list[Movement]:
    """Return what moved a wallet, the earliest first."""
    found = rows(conn, "list_wallet_movements", bucket_of(wallet.text), wallet.text, *after, limit)
    return [
        Movement(
            at=at,
            entry=entry,
            what=_WHATS.get(kind, (kind, kind))[amount < 0],
            amount_minor=amount,
            balance_minor=balance_,
            numbers=tuple(numbers),
            reason=reason,
        )
        for at, entry, kind, amount, balance_, reason, numbers in found
    ]


def facts(each: Movement) -> dict[str, Any]:
    """Return a movement as plain facts."""
    return {
        "at": each.at,
        "what": each.what,
        "amount_minor": each.amount_minor,
        "balance_minor": each.balance_minor,
        "numbers": list(each.numbers),
        "reason": each.reason,
    }


def of_operator(conn: Connection, holder: str, operator: str) -> None:
    """Raise `HolderNotYours` for whoever has no line with an operator."""
    found = rows(conn, "read_holding", bucket_of(holder), holder, operator)
    if not found or not found[0][0]:
        raise HolderNotYours(holder=holder, operator=operator)
