"""
Matching: which payment a transfer is for.

By itself one is matched by its reference, its amount and its currency alone; all else waits for a
person, who may be told what was probably meant.

    Refusal
    ├── PaysTooLittle         it is less than what was asked for, or in another currency
    ├── PaidAlready           something else paid it
    ├── NotByTransfer         it is to be paid through another gateway, or is not known
    └── SecondPersonForMatch  so much is matched or given back only with a second person
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from baohao.core.money import exponent_of, format_minor
from baohao.core.payments import ALONE_MAX, BY_BANK, Payment
from baohao.core.refusals import Refusal


class PaysTooLittle(Refusal):
    """
    {amount} {currency} came and {asked} {asked_currency} were asked for: give it back, and let it
    be paid again.
    """

    code = "bank.too_little"


class PaidAlready(Refusal):
    """The payment {payment} has been paid by something else; give this back."""

    code = "bank.paid_already"


class NotByTransfer(Refusal):
    """The payment {payment} is not to be paid by bank transfer."""

    code = "bank.not_by_transfer"


class SecondPersonForMatch(Refusal):
    """More than {limit} {currency} are matched or given back only with a second person."""

    code = "bank.second_person"


class Verdict(StrEnum):
    """What a transfer is, by what it says; the texts are the kinds of exceptions."""

    FITS = "fits"
    NO_ORDER = "no_order"
    AMOUNT_DIFFERS = "amount_differs"
    PAID_TWICE = "paid_twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict, and the payment that it is about."""

    verdict: Verdict
    payment: Payment | None = None


def judge(row: str, amount_minor: int, currency: str, named: Sequence[Payment]) -> Judged:
    """
    Say which payment a transfer is for, of those whose references stand in it.

    `row` is its id: what it has paid already it pays for ever. Of two payments that are named,
    nobody knows which.
    """
    if len(named) != 1:
        return Judged(verdict=Verdict.NO_ORDER)
    (payment,) = named
    if payment.capture is not None:
        same = payment.capture.payment == row
        return Judged(verdict=Verdict.FITS if same else Verdict.PAID_TWICE, payment=payment)
    if (amount_minor, currency) != (payment.amount_minor, payment.currency):
        return Judged(verdict=Verdict.AMOUNT_DIFFERS, payment=payment)
    return Judged(verdict=Verdict.FITS, payment=payment)


def match_by_hand(payment: Payment, amount_minor: int, currency: str) -> None:
    """
    Refuse what a person cannot match either; more than was asked for goes back afterwards.

    Raises `NotByTransfer`, `PaidAlready`, `PaysTooLittle`.
    """
    if payment.gateway != BY_BANK or payment.wanted is None:
        raise NotByTransfer(payment=str(payment.id))
    if payment.capture is not None:
        raise PaidAlready(payment=str(payment.id))
    if currency != payment.currency or amount_minor < payment.amount_minor:
        raise PaysTooLittle(
            amount=format_minor(amount_minor, currency),
            currency=currency,
            asked=format_minor(payment.amount_minor, payment.currency),
            asked_currency=payment.currency,
        )


def approve(amount_minor: int, currency: str, by: str, approved_by: str) -> None:
    """Ask for a second person's eyes above the limit; raises `SecondPersonForMatch`."""
    limit = ALONE_MAX * 10 ** exponent_of(currency)
    if amount_minor > limit and (not approved_by or approved_by == by):
        raise SecondPersonForMatch(limit=format_minor(limit, currency), currency=currency)
