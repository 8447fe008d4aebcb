"""
The gateway of bank transfers: what it is asked, our own statements answer.

Nobody outside is reached. An order is an account to pay into and a reference to write; it is paid
once a row of a statement was matched to it. A refund is put on the list of what a person pays out,
and has gone when a statement has it, or a person says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from baohao.app.ports import (
    Absent,
    BankAccount,
    BankLedger,
    BillMissing,
    BillRow,
    Declined,
    NoticeRefused,
    Order,
    Paid,
    Payable,
    Refund,
    Refunded,
    Unknown,
    Unpaid,
)
from baohao.core.bank.reference import reference_of, written
from baohao.core.money import format_minor
from baohao.core.payments import BY_BANK, order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class BankContract:
    """The accounts that people pay into, and how long money may be on its way."""

    #: By key, in the order of the file: of one currency the first is paid into.
    accounts: Mapping[str, BankAccount]
    transfer: timedelta


class BankTransfer:
    """Bank transfers as a gateway; the adapter of `Gateway`."""

    name = BY_BANK

    def __init__(self, contract: BankContract, ledger: BankLedger) -> None:
        self._contract, self._ledger = contract, ledger

    def close_connections(self) -> None:
        """Close what it was opened with."""
        self._ledger.close()

    def create(self, order: Order) -> Payable | Declined | Unknown:
        """Return an account to pay into, and what is to be written; the same for the same order."""
        id_ = order_id(order.order)
        accounts = self._contract.accounts.values()
        account = next((each for each in accounts if each.currency == order.currency), None)
        if id_ is None or account is None:
            return Declined(code="no_account", reason=f"no account of ours is in {order.currency}")
        reference = reference_of(id_)
        return Payable(
            given={
                **account.given,
                "account": account.key,
                "amount": format_minor(order.amount_minor, order.currency),
                "currency": order.currency,
                # As statements are looked for it, and as a person reads it.
                "reference": reference,
                "write": written(reference),
                "pay_by": order.ends_at.astimezone(account.zone).date().isoformat(),
            }
        )

    def query(self, order: str) -> Paid | Unpaid | Absent | Unknown:
        """Say whether a transfer was matched to an order."""
        return self._ledger.paid(order) or Unpaid(is_closed=False)

    def close(self, order: str) -> Unpaid | Paid | Absent | Unknown:
        """
        Wait for a transfer no more; who sends one all the same is heard, for nobody can stop it.
        """
        return self._ledger.paid(order) or Unpaid(is_closed=True)

    def refund(self, refund: Refund) -> Refunded | Declined | Unknown:
        """Put a refund on the list of what a person pays out; the same again is the same."""
        return self._ledger.pay_out(refund) or Declined(code="no_transfer")

    def find_refund(self, refund: str, order: str) -> Refunded | Declined | Absent | Unknown:
        """Say whether a refund was paid out."""
        return self._ledger.paid_out(refund) or Absent()

    def notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Paid | Refunded:
        """Refuse it: a bank sends none, and whoever does is no bank."""
        raise NoticeRefused(reason="banks tell by statements alone")

    def bill(self, day: date) -> Iterator[BillRow]:
        """
        Yield what a day's statements have: what came, and what went by our list.

        What is matched to nothing yet has no order. Raises `BillMissing`.
        """
        found = self._ledger.bill(day)
        if found is None:
            raise BillMissing(gateway=self.name, day=day, reason="no statement has that day")
        return found
