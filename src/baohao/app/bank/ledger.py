"""The ledger of transfers: what our own tables say of an order, a refund, a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from uuid import UUID

from baohao.app.bank.carry import paid
from baohao.app.ports import BillRow, Paid, Refund, Refunded
from baohao.app.shell import Shell
from baohao.core.bank.reference import reference_of
from baohao.core.payments import order_id
from baohao.store import bank, clock, payments
from baohao.store.bank import Kept, Payout
from baohao.store.sql import Connection


class Ledger:
    """Asks our own database, over a shell of its own; the adapter of `BankLedger`."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def paid(self, order: str) -> Paid | None:
        """Return the transfer that was matched to an order."""
        return self._shell.run(partial(_paid, order=order))

    def pay_out(self, refund: Refund) -> Refunded | None:
        """Put a refund on the list of what a person pays out; `None`: its payment is not known."""
        return self._shell.run(partial(_pay_out, refund=refund))

    def paid_out(self, refund: str) -> Refunded | None:
        """Return a refund that is on that list."""
        return self._shell.run(partial(_paid_out, refund=refund))

    def bill(self, day: date) -> Iterator[BillRow] | None:
        """Return what came and went on a day; `None`: no statement has it."""
        found = self._shell.run(partial(_bill, day=day))
        return None if found is None else iter(found)

    def close(self) -> None:
        """Close the connection."""
        self._shell.close()


def _paid(conn: Connection, order: str) -> Paid | None:
    id_ = order_id(order)
    kept = None if id_ is None else payments.find(conn, id_)
    if kept is None or kept.payment.capture is None:
        return None
    row = bank.find(conn, UUID(kept.payment.capture.payment))
    return None if row is None else paid(row, kept.payment)


def _pay_out(conn: Connection, refund: Refund) -> Refunded | None:
    payment, id_ = order_id(refund.refund[:32]), order_id(refund.refund[32:])
    kept = None if payment is None else payments.find(conn, payment)
    if id_ is None or kept is None or kept.payment.capture is None:
        return None
    row = bank.find(conn, UUID(kept.payment.capture.payment))
    if row is None:
        return None
    payout = Payout(
        id=id_,
        payment=payment,
        came_by=row.id,
        account=row.account,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        reference=reference_of(id_, "back"),
        reason=refund.reason,
        listed_at=clock.now(conn),
    )
    bank.add_payout(conn, payout)
    return _refunded(refund.refund, bank.payout(conn, id_) or payout)


def _paid_out(conn: Connection, refund: str) -> Refunded | None:
    id_ = order_id(refund[32:])
    payout = None if id_ is None else bank.payout(conn, id_)
    return None if payout is None else _refunded(refund, payout)


def _refunded(refund: str, payout: Payout) -> Refunded:
    return Refunded(
        refund=refund,
        amount_minor=payout.amount_minor,
        is_pending=payout.gone_at is None,
        bank=payout.account,
    )


def _bill(conn: Connection, day: date) -> list[BillRow] | None:
    if not bank.has_day(conn, day):
        return None
    rows = [row for row in bank.of_day(conn, day) if row.state != bank.OTHER]
    return [_billed(conn, row) for row in rows]


def _billed(conn: Connection, row: Kept) -> BillRow:
    order, refund = "" if row.payment is None else row.payment.hex, ""
    if row.state == bank.PAID_OUT:
        ids = bank.payouts_of(conn, row.exact)
        payout = bank.payout(conn, ids[0]) if len(ids) == 1 else None
        if payout is not None:
            order = "" if payout.payment is None else payout.payment.hex
            refund = order + payout.id.hex
    return BillRow(
        order=order,
        payment=str(row.id),
        refund=refund,
        amount_minor=abs(row.amount_minor),
        fee_minor=0,
        currency=row.currency,
        at=row.booked_at,
    )
