"""
A day's bill of Stripe: what moved on its balance, payments, refunds, disputes and fees.

A movement is in the currency that is paid out, and names what it is of; a row says what the payer
paid or got back, in the currency in which they did. What goes to our bank is no row.
https://docs.stripe.com/api/balance_transactions
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

import msgspec

from baohao.app.ports import BillRow
from baohao.outside.stripe import amounts, answers
from baohao.outside.stripe.answers import Charge, Dispute, RefundSaid, read

#: What is moved between them and our bank.
_NOT_OF_SALES = frozenset(
    ("payout", "payout_reversal", "topup", "topup_reversal", "transfer", "transfer_reversal")
)


class Movement(msgspec.Struct):
    """A line of their balance."""

    id: str
    amount: int
    fee: int
    currency: str
    created: int
    #: What it is for an accountant: "charge", "refund", "dispute" ...
    reporting_category: str
    source: msgspec.Raw = msgspec.Raw(b"null")


def rows(movements: Iterator[Movement]) -> Iterator[BillRow]:
    """Yield the rows of a day; raises ValueError at what cannot be right."""
    seen: set[str] = set()
    for each in movements:
        if each.id in seen:
            raise ValueError(f"{each.id} stands there twice")
        seen.add(each.id)
        if each.reporting_category not in _NOT_OF_SALES:
            yield _row(each)


def _row(moved: Movement) -> BillRow:
    what, at = moved.reporting_category, answers.instant(moved.created)
    if what == "charge":
        charge = _source(moved, Charge)
        payment = answers.ref(charge.payment_intent) or charge.id
        amount, currency = _money(charge.amount, charge.currency)
        order = answers.plain(charge.metadata.get(answers.ORDER))
        return _made(moved, at, order, payment, amount, currency)
    if what in ("refund", "refund_failure"):
        refund = _source(moved, RefundSaid)
        amount, currency = _money(refund.amount, refund.currency)
        order = answers.plain((refund.metadata or {}).get(answers.ORDER))
        sign, number = (1 if what == "refund" else -1), answers.refund_number(refund)
        payment = answers.ref(refund.payment_intent)
        return _made(moved, at, order, payment, sign * amount, currency, refund=number)
    if what in ("dispute", "dispute_reversal"):
        dispute = _source(moved, Dispute)
        amount, currency = _money(dispute.amount, dispute.currency)
        payment = answers.ref(dispute.payment_intent) or answers.ref(dispute.charge)
        sign = 1 if what == "dispute" else -1
        return _made(moved, at, "", payment, sign * amount, currency, case=dispute.id)
    # A fee of its own, or whatever else it takes or gives: it costs us so much.
    cost, currency = _money(moved.fee - moved.amount, moved.currency)
    return BillRow(
        order="", payment=moved.id, amount_minor=0, fee_minor=cost, currency=currency, at=at
    )


def _made(
    moved: Movement,
    at: datetime,
    order: str,
    payment: str,
    amount: int,
    currency: str,
    *,
    refund: str = "",
    case: str = "",
) -> BillRow:
    return BillRow(
        order=order,
        payment=payment,
        refund=refund,
        case=case,
        amount_minor=amount,
        fee_minor=_fee(moved, amount, currency),
        currency=currency,
        at=at,
    )


def _fee(moved: Movement, amount: int, currency: str) -> int:
    """Return the fee in the row's currency, by the rate at which they changed its amount."""
    if moved.currency.upper() == currency or not moved.fee:
        return _money(moved.fee, moved.currency, is_rounded=True)[0]
    if not moved.amount:
        raise ValueError(f"{moved.id} has a fee and no rate")
    return round(Fraction(abs(amount) * moved.fee, abs(moved.amount)))


def _source(moved: Movement, kind: type[answers.T]) -> answers.T:
    found = read(moved.source, kind)
    if found is None:
        raise ValueError(f"{moved.id} is of no {kind.__name__}")
    return found


def _money(amount: int, currency: str, *, is_rounded: bool = False) -> tuple[int, str]:
    found = amounts.read(amount, currency, is_rounded=is_rounded)
    if found is None:
        raise ValueError("it has an amount that cannot be read")
    return found
