"""
Money from and to the world: floats, wallets, tills, captured payments, refunds, and what is put
right by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from baohao.core.books.chart import Account, AccountKind, account, clearing, exchange
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


def pay_in_exchanged(
    into: Account, bank: Account, amount_minor: int, paid: Changed
) -> tuple[Entry, ...]:
    """
    Return the entries for money of another currency that reached a bank account for `into`.

    One for each currency, under one transfer id; what the payer's money is worth above or below
    `amount_minor` was rounded. Raises `AmountNotPositive`.
    """
    _positive(min(amount_minor, paid.minor), EntryKind.FUNDING)
    return _changed(EntryKind.FUNDING, bank, into, -amount_minor, paid)


def pay_out_exchanged(
    out_of: Account, bank: Account, amount_minor: int, paid: Changed
) -> tuple[Entry, ...]:
    """
    Return the entries for money that left our bank account in another currency: the mirror of
    `pay_in_exchanged`.

    Raises `AmountNotPositive`.
    """
    _positive(min(amount_minor, paid.minor), EntryKind.PAYOUT)
    back = Changed(minor=-paid.minor, value_minor=-paid.value_minor, transfer=paid.transfer)
    return _changed(EntryKind.PAYOUT, bank, out_of, amount_minor, back)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Money of another currency that changes hands."""

    #: Of theirs, and what it is worth of ours at the stated rate, in minor units.
    minor: int
    value_minor: int
    transfer: UUID


def _changed(
    kind: EntryKind, bank: Account, ours: Account, debit_minor: int, paid: Changed
) -> tuple[Entry, ...]:
    theirs, currency = exchange(bank.currency), ours.currency
    lost = account(AccountKind.ROUNDING, "", currency)
    amounts = [
        (ours, debit_minor),
        (exchange(currency), paid.value_minor),
        (lost, -debit_minor - paid.value_minor),
    ]
    return (
        *entry_of(
            kind,
            bank.currency,
            [(bank, paid.minor), (theirs, -paid.minor)],
            transfer=paid.transfer,
        ),
        *entry_of(kind, currency, amounts, transfer=paid.transfer),
    )


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


def give_back(
    out_of: Account, amount_minor: int, *, payer: Account, transfer: UUID
) -> tuple[Entry, ...]:
    """
    Return the entry of `out_of`'s bucket when what it received goes back to who paid: the mirror of
    `receive`.

    A payment's goes by its own route (`refund_account`). Raises `AmountNotPositive`.
    """
    _positive(amount_minor, EntryKind.PAYOUT)
    return entry_of(
        EntryKind.PAYOUT,
        out_of.currency,
        [(out_of, amount_minor), (clearing(out_of.currency), -amount_minor)],
        transfer=transfer,
        payer=refund_account(payer),
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
