"""
Money from and to the world: floats, wallets, tills, captured payments, refunds, and what is put
right by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from baohao.core.books.chart import Account, AccountKind, account, clearing
from baohao.core.books.entry import Entry, EntryKind, EntryRefused, entry_of
from baohao.core.books.sale import refund_account


class AmountNotPositive(EntryRefused):
    """
    {amount_minor} minor units cannot be moved: an amount is above zero, the direction is the act's.
    """

    code = "books.entry.not_positive"


def pay_in(into: Account, bank: Account, amount_minor: int) -> tuple[Entry, ...]:
    """
    Return the entry for money that reached a bank account for `into`: a float or a wallet.

    A captured payment is one too: `into` is the payment's advance, `bank` the gateway's account.
    Raises `AmountNotPositive`.
    """
    _positive(amount_minor, EntryKind.FUNDING)
    return entry_of(EntryKind.FUNDING, bank.currency, [(bank, amount_minor), (into, -amount_minor)])


def pay_out(out_of: Account, bank: Account, amount_minor: int) -> tuple[Entry, ...]:
    """
    Return the entry for money that left our bank account: a float or wallet paid out, a refund that
    was executed.

    Raises `AmountNotPositive`.
    """
    _positive(amount_minor, EntryKind.PAYOUT)
    amounts = [(out_of, amount_minor), (bank, -amount_minor)]
    return entry_of(EntryKind.PAYOUT, bank.currency, amounts)


def bank_cash(till: Account, bank: Account, amount_minor: int) -> tuple[Entry, ...]:
    """
    Return the entry for cash taken from a till to the bank; a till's change money is
    `change_money`.

    Raises `AmountNotPositive`.
    """
    _positive(amount_minor, EntryKind.PAYOUT)
    return entry_of(EntryKind.PAYOUT, bank.currency, [(bank, amount_minor), (till, -amount_minor)])


def change_money(till: Account, bank: Account, amount_minor: int) -> tuple[Entry, ...]:
    """
    Return the entry for cash fetched from the bank into a till.

    Raises `AmountNotPositive`.
    """
    _positive(amount_minor, EntryKind.FUNDING)
    return entry_of(EntryKind.FUNDING, bank.currency, [(till, amount_minor), (bank, -amount_minor)])


def receive(
    into: Account, amount_minor: int, *, payer: Account, transfer: UUID
) -> tuple[Entry, ...]:
    """
    Return the entry of `into`'s bucket when another guarded account pays: a float topped up in cash
    at a till.

    The payer's side is `books.sale.batch_transfer`. Raises `AmountNotPositive`.
    """
    _positive(amount_minor, EntryKind.FUNDING)
    return entry_of(
        EntryKind.FUNDING,
        into.currency,
        [(clearing(into.currency), amount_minor), (into, -amount_minor)],
        transfer=transfer,
        payer=payer,
    )


def owe_refund(advance: Account, amount_minor: int) -> tuple[Entry, ...]:
    """
    Return the entry that turns captured money nobody could use into a refund owed by its own route.

    Raises `AmountNotPositive`.
    """
    _positive(amount_minor, EntryKind.FUNDING)
    amounts = [(advance, amount_minor), (refund_account(advance), -amount_minor)]
    return entry_of(EntryKind.FUNDING, advance.currency, amounts)


def gateway_fee(gateway: Account, fees_minor: int) -> tuple[Entry, ...]:
    """
    Return the entry for what a gateway keeps of a day; below zero it gives back more than it takes.

    Nothing is posted for nothing.
    """
    fees = account(AccountKind.GATEWAY_FEES, gateway.owner, gateway.currency)
    amounts = [(fees, fees_minor), (gateway, -fees_minor)]
    return entry_of(EntryKind.GATEWAY_FEE, gateway.currency, amounts)


def hand_over(gateway: Account, bank: Account, amount_minor: int) -> tuple[Entry, ...]:
    """
    Return the entry for money that a gateway handed over to a bank account of ours.

    Raises `AmountNotPositive`.
    """
    _positive(amount_minor, EntryKind.SETTLEMENT)
    amounts = [(bank, amount_minor), (gateway, -amount_minor)]
    return entry_of(EntryKind.SETTLEMENT, bank.currency, amounts)


def hold_unknown(bank: Account, reason: str, amount_minor: int) -> tuple[Entry, ...]:
    """
    Return the entry for money that came and fits nothing yet; `reason` is a key such as "no_order",
    or the row of the statement that it stands in.

    Raises `AmountNotPositive`.
    """
    return pay_in(account(AccountKind.SUSPENSE, reason, bank.currency), bank, amount_minor)


def adjust(subject: Account, change_minor: int, *, cause: str, reason: str) -> tuple[Entry, ...]:
    """
    Return the entry that puts a balance right by hand; a change of 0 posts nothing.

    `change_minor` is as the account's owner reads it: positive, the balance grows. `cause` is a key
    such as "goodwill" or "cash_short", the owner of the adjustments account; `reason` is for
    people.
    """
    debit_minor = subject.balance(change_minor)
    adjustments = account(AccountKind.ADJUSTMENTS, cause, subject.currency)
    return entry_of(
        EntryKind.ADJUSTMENT,
        subject.currency,
        [(subject, debit_minor), (adjustments, -debit_minor)],
        reason=reason,
    )


def put_right(
    change_minor: Mapping[str, int], currency: str, *, cause: str, reason: str
) -> tuple[Entry, ...]:
    """
    Return the entry that changes what is owed of credit by plan; what the plans do not give each
    other comes from the adjustments account of `cause`.
    """
    amounts = [
        (account(AccountKind.CREDIT, plan, currency), -minor)
        for plan, minor in sorted(change_minor.items())
    ]
    net_minor = sum(change_minor.values())
    amounts.append((account(AccountKind.ADJUSTMENTS, cause, currency), net_minor))
    return entry_of(EntryKind.ADJUSTMENT, currency, amounts, reason=reason)


def _positive(amount_minor: int, kind: EntryKind) -> None:
    if amount_minor <= 0:
        raise AmountNotPositive(kind=kind, amount_minor=amount_minor)
