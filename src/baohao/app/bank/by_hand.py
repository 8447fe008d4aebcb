"""
By hand: a person says what a transfer is for, gives it back, or has paid out what was on the list.

    Refusal
    ├── RowUnknown        no statement has that row
    ├── RowNotWaiting     it is not in suspense
    ├── PayoutUnknown     nothing is to be paid out under that id
    ├── PaymentUnknown    (app/payments/refunding)
    └── PaysTooLittle, PaidAlready, NotByTransfer, SecondPersonForMatch (core/bank/matching)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from baohao.app.bank.carry import gone, paid, settled
from baohao.app.payments.begin import Beginning
from baohao.app.payments.learn import captured
from baohao.app.payments.returning import PaymentUnknown
from baohao.core.bank import matching
from baohao.core.bank.reference import reference_of
from baohao.core.payments import BY_BANK
from baohao.core.refusals import Refusal
from baohao.store import bank, clock, payments
from baohao.store.bank import Kept, Payout
from baohao.store.payments import Asked
from baohao.store.sql import Connection


class RowUnknown(Refusal):
    """No statement has the row {row}; payments bank list shows them."""

    code = "bank.row_unknown"


class RowNotWaiting(Refusal):
    """The row {row} is {state}: only what is held can be matched or given back."""

    code = "bank.row_not_waiting"


class PayoutUnknown(Refusal):
    """Nothing is to be paid out under {payout}; payments bank payouts lists what is."""

    code = "bank.payout_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who does it, and who else has looked at it."""

    by: str
    approved_by: str = ""


def match(conn: Connection, row: UUID, payment: UUID, who: Who, new_id: Callable[[], UUID]) -> Kept:
    """
    Say that a transfer is for a payment; what it is more than was asked for goes back later.

    Said again, it is the same. Raises the refusals above.
    """
    kept = _locked(conn, row)
    if kept.state == bank.MATCHED and kept.payment == payment:
        return kept
    if kept.state != bank.HELD:
        raise RowNotWaiting(row=str(row), state=kept.state)
    found = payments.lock(conn, payment)
    if found is None:
        raise PaymentUnknown(payment=str(payment))
    matching.match_by_hand(found.payment, kept.amount_minor, kept.currency)
    matching.approve(kept.amount_minor, kept.currency, who.by, who.approved_by)
    captured(conn, found, paid(kept, found.payment), new_id, clock.now(conn))
    return _moved(conn, replace(kept, state=bank.MATCHED, payment=payment), "match", who)


def give_back(conn: Connection, row: UUID, reason: str, who: Who) -> Kept:
    """Put a transfer on the list of what is paid out; said again, it is the same."""
    kept = _locked(conn, row)
    if kept.state in (bank.RETURNING, bank.RETURNED):
        return kept
    if kept.state != bank.HELD:
        raise RowNotWaiting(row=str(row), state=kept.state)
    matching.approve(kept.amount_minor, kept.currency, who.by, who.approved_by)
    payout = Payout(
        id=kept.id,
        payment=None,
        came_by=kept.id,
        account=kept.account,
        amount_minor=kept.amount_minor,
        currency=kept.currency,
        reference=reference_of(kept.id, "back"),
        reason=reason,
        listed_at=clock.now(conn),
    )
    bank.add_payout(conn, payout)
    return _moved(conn, replace(kept, state=bank.RETURNING), "return", who)


def paid_out(conn: Connection, payout: UUID, account: str | None, by: str) -> Payout:
    """Take down that something was paid out, before any statement says so."""
    kept = bank.lock_payout(conn, payout)
    if kept is None:
        raise PayoutUnknown(payout=str(payout))
    if kept.gone_at is None:
        gone(conn, kept, account_=account or kept.account, by=by)
    return bank.payout(conn, payout) or kept


def _locked(conn: Connection, row: UUID) -> Kept:
    kept = bank.lock(conn, row)
    if kept is None:
        raise RowUnknown(row=str(row))
    return kept


def _moved(conn: Connection, kept: Kept, action: str, who: Who) -> Kept:
    kept = replace(kept, by=who.by, approved_by=who.approved_by)
    bank.move(conn, kept)
    settled(conn, kept.id, action, who.by)
    return kept


def transfer_for(number: str, quote: UUID, *, by: str, channel: str) -> Beginning:
    """Return how a quote begins to be paid by transfer, by whoever asks for it."""
    asked = Asked(description=number, way="transfer", by=by, channel=channel)
    return Beginning(number=number, quote=quote, gateway=BY_BANK, asked=asked, said={})
