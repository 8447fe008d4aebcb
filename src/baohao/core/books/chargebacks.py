"""
Charge-backs: money that a payer's bank took back is claimed, until it comes back or is made good.

What a payment bought, or has in its advance, is as it was; what is missing at the bank is an asset,
`chargebacks:PAYMENT`, so that the bank's account agrees with the bill from the first day on.
"""

from __future__ import annotations

from baohao.core.books.chart import Account, AccountKind, account
from baohao.core.books.entry import Entry, EntryKind, entry_of

#: The key of what was given up, in the adjustments.
GIVEN_UP = "chargeback"


def claims_account(advance: Account) -> Account:
    """Return where it stands what was taken back of a payment."""
    return account(AccountKind.CHARGEBACKS, advance.owner, advance.currency)


def taken(advance: Account, bank: Account, amount_minor: int) -> tuple[Entry, ...]:
    """Return the entry for money that a payer's bank took back."""
    return _entry(advance, [(claims_account(advance), amount_minor), (bank, -amount_minor)])


def came_back(
    advance: Account, bank: Account, amount_minor: int, claimed_minor: int
) -> tuple[Entry, ...]:
    """Return the entry for money that was won back; what had been given up is given back."""
    claimed = max(0, min(amount_minor, claimed_minor))
    amounts = [(bank, amount_minor), (claims_account(advance), -claimed)]
    return _entry(advance, [*amounts, (_given_up(advance), claimed - amount_minor)])


def set_off(advance: Account, refunds: Account, amount_minor: int) -> tuple[Entry, ...]:
    """Return the entry for what is owed to a payer whose bank has given it to them already."""
    return _entry(advance, [(refunds, amount_minor), (claims_account(advance), -amount_minor)])


def made_good(advance: Account, bank: Account | None, amount_minor: int) -> tuple[Entry, ...]:
    """Return the entry for what the payer paid after all, into a bank account, or we give up."""
    where = _given_up(advance) if bank is None else bank
    return _entry(advance, [(where, amount_minor), (claims_account(advance), -amount_minor)])


def _given_up(advance: Account) -> Account:
    return account(AccountKind.ADJUSTMENTS, GIVEN_UP, advance.currency)


def _entry(advance: Account, amounts: list[tuple[Account, int]]) -> tuple[Entry, ...]:
    return entry_of(EntryKind.CHARGEBACK, advance.currency, amounts)
