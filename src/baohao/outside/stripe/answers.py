"""
What Stripe says of sessions, payments, refunds and disputes, and how it is taken.

Of each object what we read is here; whatever else it has is left. A field that names an object has
its id, or the object itself where it was asked for.
https://docs.stripe.com/api
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from baohao.app.ports import ChargedBack, Declined, NotPaid, Paid, Refunded, Unknown, Unpaid
from baohao.outside.stripe import amounts

#: What we write beside a payment and a refund, to know it by.
ORDER, KEEPS, REFUND = "order", "keeps", "refund"
#: Between the customer and the means of payment in a mandate.
BETWEEN = ":"
#: By these they say how a dispute stands; of others no money has moved.
OUTCOMES = {"needs_response": "open", "under_review": "open", "lost": "lost", "won": "won"}

T = TypeVar("T")


class Named(msgspec.Struct):
    """An object of which the id is enough."""

    id: str


class Card(msgspec.Struct):
    """A card, as it was used."""

    brand: str | None = ""
    fingerprint: str | None = ""


class Means(msgspec.Struct):
    """What was paid with."""

    type: str = ""
    card: Card | None = None


class Charge(msgspec.Struct):
    """One try to take the money."""

    id: str
    amount: int
    currency: str
    created: int
    status: str
    livemode: bool
    captured: bool = False
    payment_intent: str | Named | None = None
    customer: str | Named | None = None
    payment_method: str | None = None
    payment_method_details: Means | None = None
    failure_code: str | None = ""
    metadata: dict[str, str] = {}


class Intent(msgspec.Struct):
    """A payment, with as many tries as it takes."""

    id: str
    amount: int
    currency: str
    created: int
    status: str
    livemode: bool
    amount_received: int = 0
    customer: str | Named | None = None
    payment_method: str | Named | None = None
    latest_charge: Charge | str | None = None
    metadata: dict[str, str] = {}


class Session(msgspec.Struct):
    """The page on which an order is paid."""

    id: str
    status: str | None
    payment_status: str
    livemode: bool
    amount_total: int | None = None
    currency: str | None = None
    client_reference_id: str | None = None
    payment_intent: Intent | str | None = None
    url: str | None = None


class RefundSaid(msgspec.Struct):
    """Money that goes back."""

    id: str
    amount: int
    currency: str
    status: str | None
    payment_intent: str | Named | None = None
    metadata: dict[str, str] | None = None


class Dispute(msgspec.Struct):
    """Money that the payer's bank has taken back, or asks about."""

    id: str
    amount: int
    currency: str
    created: int
    status: str
    livemode: bool
    payment_intent: str | Named | None = None
    charge: str | Named | None = None


class Page(msgspec.Struct):
    """A part of a list, the newest first."""

    data: list[msgspec.Raw]
    has_more: bool = False


class _Error(msgspec.Struct):
    type: str = ""
    code: str | None = ""
    decline_code: str | None = ""
    param: str | None = ""


class _Refused(msgspec.Struct):
    error: _Error


def read(body: bytes | msgspec.Raw, kind: type[T]) -> T | None:
    """Read JSON as what it should be; `None`: it is something else."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def code(status: int, body: bytes) -> str:
    """Return their code of what went wrong, or the status where they say none."""
    said = read(body, _Refused)
    if said is None:
        return f"http.{status}"
    error = said.error
    return plain(error.decline_code or error.code or error.param or error.type) or f"http.{status}"


def is_declined(status: int, body: bytes) -> bool:
    """
    Say whether nothing was done, nor ever will be in these words.

    That holds for requests they cannot do, 400, and cards that are declined, 402. That a key was
    used for other words (`idempotency_error`) says that something was done; all else is of us
    (401, 403) or of the moment (409, 429, 5xx).
    """
    refused = read(body, _Refused)
    kind = refused.error.type if refused is not None else ""
    return (status, kind) in ((400, "invalid_request_error"), (402, "card_error"))


def state(said: Session, order: str) -> Paid | Unpaid | Unknown:
    """Say how an order stands that is paid on a page."""
    intent = said.payment_intent if isinstance(said.payment_intent, Intent) else None
    if said.status == "open":
        return Unpaid(is_closed=False)
    if said.status == "expired":
        return Unpaid(is_closed=True)
    if intent is None:
        return Unknown(code="answer.unread")
    return of_intent(intent, order)


def of_intent(said: Intent, order: str) -> Paid | Unpaid | Unknown:
    """Say how a payment stands; what failed for good, and was left, nobody can pay any more."""
    if said.status in ("requires_payment_method", "requires_confirmation", "canceled"):
        return Unpaid(is_closed=True)
    if said.status in ("processing", "requires_action"):
        return Unpaid(is_closed=False)
    charge, money = said.latest_charge, amounts.read(said.amount_received, said.currency)
    if said.status != "succeeded" or money is None or not isinstance(charge, Charge):
        return Unknown(code="answer.unread")
    return Paid(
        order=order,
        payment=said.id,
        amount_minor=money[0],
        currency=money[1],
        at=instant(charge.created),
        means=means(charge),
        mandate=_mandate(said.metadata, said.customer, said.payment_method),
        card=card(charge),
    )


def of_charge(said: Charge) -> Paid | NotPaid | None:
    """Say what a try was, as it is told by itself; `None`: it has not ended, or is no money."""
    money, payment = amounts.read(said.amount, said.currency), ref(said.payment_intent) or said.id
    order = plain(said.metadata.get(ORDER)) or payment
    at = instant(said.created)
    if said.status == "failed":
        why = plain(said.failure_code) or "failed"
        return NotPaid(order=order, attempt=said.id, code=why, at=at, card=card(said))
    if said.status != "succeeded" or not said.captured or money is None or not money[0]:
        return None
    return Paid(
        order=order,
        payment=payment,
        amount_minor=money[0],
        currency=money[1],
        at=at,
        means=means(said),
        mandate=_mandate(said.metadata, said.customer, said.payment_method),
        card=card(said),
    )


def refunded(said: RefundSaid | None, refund: str) -> Refunded | Declined | Unknown:
    """Say how a refund stands."""
    money = None if said is None else amounts.read(said.amount, said.currency)
    if said is None or money is None:
        return Unknown(code="answer.unread")
    if refund_number(said) != refund:
        return Unknown(code="answer.not_of_this")
    if said.status in ("failed", "canceled"):
        return Declined(code=f"refund.{said.status}")
    if said.status not in ("succeeded", "pending", "requires_action"):
        return Unknown(code="answer.unread")
    return Refunded(refund=refund, amount_minor=money[0], is_pending=said.status != "succeeded")


def charged_back(said: Dispute) -> ChargedBack | None:
    """Say how a dispute stands; `None`: no money has moved."""
    outcome, money = OUTCOMES.get(said.status), amounts.read(said.amount, said.currency)
    payment = ref(said.payment_intent) or ref(said.charge)
    if outcome is None or money is None or money[0] <= 0 or not payment:
        return None
    return ChargedBack(
        # They do not copy to a dispute what we wrote beside the payment.
        order="",
        payment=payment,
        case=said.id,
        amount_minor=money[0],
        currency=money[1],
        at=instant(said.created),
        outcome=outcome,
    )


def refund_number(said: RefundSaid) -> str:
    """Return a refund's number of ours; theirs where somebody else began it."""
    return plain((said.metadata or {}).get(REFUND)) or said.id


def means(charge: Charge) -> str:
    """Return what was paid with."""
    used = charge.payment_method_details
    if used is None:
        return ""
    return plain(used.card.brand if used.card is not None else "") or plain(used.type)


def card(charge: Charge) -> str:
    """Return their name of the card."""
    used = charge.payment_method_details
    return plain(used.card.fingerprint) if used is not None and used.card is not None else ""


def ref(said: str | Named | Intent | None) -> str:
    """Return the id of what is named."""
    if said is None:
        return ""
    return plain(said if isinstance(said, str) else said.id)


def plain(text: str | None) -> str:
    """Return a text of theirs that can be written anywhere; empty: it is none."""
    return text[:200] if text and text.isprintable() else ""


def instant(seconds: int) -> datetime:
    """Return an instant as they write it; raises ValueError where it is none."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError):
        raise ValueError("it is no time") from None


def _mandate(said: dict[str, str], customer: str | Named | None, method: str | Named | None) -> str:
    """Return by what we may charge again: whom, and their means."""
    who, what = ref(customer), ref(method)
    return f"{who}{BETWEEN}{what}" if said.get(KEEPS) == "1" and who and what else ""
