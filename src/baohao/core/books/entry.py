"""
Entries: postings that sum to zero, in one currency, inside one bucket.

The sign is the side: a **debit is positive, a credit is negative**. An entry that does not balance
cannot be made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from baohao.core.books.chart import Account, AccountKind
from baohao.core.refusals import Refusal


class EntryRefused(Refusal):
    """The entry {kind} cannot be posted: {reason}."""

    code = "books.entry"


class EntryUnbalanced(EntryRefused):
    """The entry {kind} does not balance: debits are {over_minor} minor units above credits."""

    code = "books.entry.unbalanced"


class EntryMixed(EntryRefused):
    """The entry {kind} is in {currency} and posts to {account}."""

    code = "books.entry.mixed"


class EntryAmount(EntryRefused):
    """The entry {kind} posts {amount} to {account}: amounts are whole minor units, not zero."""

    code = "books.entry.amount"


class EntryClearing(EntryRefused):
    """The entry {kind} must name a transfer exactly when it posts to clearing or exchange."""

    code = "books.entry.clearing"


class EntryKind(StrEnum):
    """Why an entry was made."""

    SALE = "sale"
    TOP_UP = "top_up"
    REVERSAL = "reversal"
    #: The payer's side of a transfer: one per payer and batch.
    TRANSFER = "transfer"
    #: Money from outside, into a float, a wallet, a till or an advance, or back out.
    FUNDING = "funding"
    CHARGE = "charge"
    RELEASE = "release"
    BREAKAGE = "breakage"
    COMMISSION = "commission"
    CLAWBACK = "clawback"
    PAYOUT = "payout"
    #: Money that a payer's bank took back, and how that ends.
    CHARGEBACK = "chargeback"
    #: What a payment gateway keeps, and what it hands over to a bank of ours.
    GATEWAY_FEE = "gateway_fee"
    SETTLEMENT = "settlement"
    ADJUSTMENT = "adjustment"


#: What has its other side in another entry: in another bucket, or in another currency.
_BETWEEN = frozenset({AccountKind.CLEARING, AccountKind.EXCHANGE})


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry: an account and an amount, debit positive, credit negative."""

    account: Account
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    A balanced movement of one currency inside one bucket.

    Raises `EntryUnbalanced`, `EntryMixed`, `EntryAmount` or `EntryClearing`.
    """

    kind: EntryKind
    currency: str
    postings: tuple[Posting, ...]
    #: Shared by the entries of one movement between buckets or currencies; None inside one.
    transfer: UUID | None = None
    #: The guarded account at the other end of the transfer; None inside one bucket.
    payer: Account | None = None
    #: Why, for a person; empty where the kind says it all.
    reason: str = ""

    def __post_init__(self) -> None:
        over_minor, goes_on = 0, False
        for posting in self.postings:
            account, amount = posting.account, posting.amount_minor
            # `type` and not isinstance: True is an int, and money it is not.
            if type(amount) is not int or amount == 0:
                raise EntryAmount(kind=self.kind, amount=str(amount), account=str(account))
            if account.currency != self.currency:
                raise EntryMixed(kind=self.kind, currency=self.currency, account=str(account))
            goes_on |= account.kind in _BETWEEN
            over_minor += amount
        if over_minor:
            raise EntryUnbalanced(kind=self.kind, over_minor=over_minor)
        if not self.postings:
            raise EntryRefused(kind=self.kind, reason="it has no postings")
        if goes_on != (self.transfer is not None):
            raise EntryClearing(kind=self.kind)


def entry_of(
    kind: EntryKind,
    currency: str,
    amounts: Iterable[tuple[Account, int]],
    *,
    transfer: UUID | None = None,
    payer: Account | None = None,
    reason: str = "",
) -> tuple[Entry, ...]:
    """
    Return the entry with one posting for each account that moves, or nothing when none does.

    `amounts` are debits (positive) and credits (negative) in minor units; those of one account are
    added up. A transfer of nothing is none: `transfer` and `payer` are dropped when neither
    clearing nor exchange moves. Raises what `Entry` raises.
    """
    totals: dict[Account, int] = {}
    for account, amount_minor in amounts:
        if type(amount_minor) is not int:
            raise EntryAmount(kind=kind, amount=str(amount_minor), account=str(account))
        totals[account] = totals.get(account, 0) + amount_minor
    postings = tuple(Posting(account, minor) for account, minor in totals.items() if minor)
    if not postings:
        return ()
    if all(posting.account.kind not in _BETWEEN for posting in postings):
        transfer = payer = None
    return (
        Entry(
            kind=kind,
            currency=currency,
            postings=postings,
            transfer=transfer,
            payer=payer,
            reason=reason,
        ),
    )


def totals(entries: Iterable[Entry]) -> Mapping[Account, int]:
    """Return the sum of postings of each account, debit positive, in minor units."""
    sums: defaultdict[Account, int] = defaultdict(int)
    for entry in entries:
        for posting in entry.postings:
            sums[posting.account] += posting.amount_minor
    return dict(sums)


def guarded_changes(entries: Iterable[Entry]) -> Mapping[Account, int]:
    """
    Return by how much the balance of each guarded account changes, as its owner reads it.

    One number for each account: what the store adds to the running balance under its CHECK (>= 0).
    """
    return {
        account: account.balance(total)
        for account, total in totals(entries).items()
        if account.guarded and total
    }


def uncleared(entries: Iterable[Entry]) -> Mapping[tuple[UUID, str], int]:
    """
    Return what does not net to zero in clearing, by transfer and currency; empty when the books are
    whole.

    To be asked over the entries of *all* buckets.
    """
    sums: defaultdict[tuple[UUID, str], int] = defaultdict(int)
    for entry in entries:
        for posting in entry.postings:
            if posting.account.kind is AccountKind.CLEARING and entry.transfer is not None:
                sums[entry.transfer, entry.currency] += posting.amount_minor
    return {key: total for key, total in sums.items() if total}
