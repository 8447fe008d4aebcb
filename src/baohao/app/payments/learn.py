"""
Learn: what a gateway tells of a payment, by a notice or when asked, moves it on.

Amount and currency are compared with what was asked for (the merchant, by the adapter): money that
does not fit is captured all the same, for it has come, and waits for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from baohao.app.payments import chargebacks, exceptions, velocity
from baohao.app.payments.asking import NOT_CONNECTED, Outcome
from baohao.app.ports import (
    ChargedBack,
    Declined,
    NotPaid,
    Paid,
    Payable,
    Refunded,
    Told,
    Unknown,
    Unpaid,
)
from baohao.core import payments as rules
from baohao.core.payments import Capture, Payment, State, pause
from baohao.store import chargebacks as cases
from baohao.store import clock, payments
from baohao.store import exceptions as kept_exceptions
from baohao.store.payments import DONE, Asked, Kept
from baohao.store.sql import Connection

PRINCIPAL = chargebacks.NOBODY
#: A gateway that is silent for so long after an order's end is for a person to look at.
SILENCE = timedelta(minutes=15)
#: Enough to know it by.
CODE_MAX = 100


def learn(conn: Connection, gateway: str, told: Told, new_id: Callable[[], UUID]) -> Kept | None:
    """
    Take down what a notice tells; told again, it changes nothing. The notice must be verified.

    Returns the payment, or `None` where it is none of ours. What follows is the janitor's.
    """
    now = clock.now(conn)
    if told is None:
        return None
    if isinstance(told, NotPaid):
        return _declined(conn, gateway, told, now)
    if isinstance(told, ChargedBack):
        return chargebacks.learned(conn, gateway, told, new_id, now)
    if isinstance(told, Refunded):
        return _refunded(conn, gateway, told, new_id, now)
    id_ = rules.order_id(told.order)
    subject = told.order[:80] if id_ is None else str(id_)
    said = _said(told)
    payments.note(conn, gateway, f"paid:{told.payment}"[:200], subject, said, now)
    if id_ is None:
        exceptions.put(conn, new_id(), exceptions.NO_ORDER, subject, said, now)
        return None
    kept = payments.lock(conn, id_) or _found(conn, gateway, id_, told, new_id(), now)
    if kept.payment.gateway != gateway:
        exceptions.put(conn, new_id(), exceptions.OTHER_GATEWAY, subject, said, now)
        return kept
    return captured(conn, kept, told, new_id, now)


def captured(
    conn: Connection, kept: Kept, paid: Paid, new_id: Callable[[], UUID], now: datetime
) -> Kept:
    """Move a payment that is locked on by money that came for it."""
    capture = Capture(
        payment=paid.payment,
        amount_minor=paid.amount_minor,
        currency=paid.currency,
        at=paid.at,
        means=paid.means[:40],
    )
    subject, said = str(kept.payment.id), _said(paid)
    if paid.mandate and kept.asked.keeps:
        payments.keep_mandate(conn, kept.payment.id, paid.mandate)
    velocity.tried(conn, kept, paid.payment, "paid", paid.card, now)
    if paid.card and kept.payment.state is State.CHARGEBACK:
        # Its card is known now, and is counted with it.
        cases.wake(conn, kept.payment.gateway, paid.payment, now)
    if rules.is_other(kept.payment, capture):
        exceptions.put(conn, new_id(), exceptions.PAID_TWICE, subject, said, now)
        return kept
    payment = rules.captured(kept.payment, capture)
    if kept.payment.capture is not None:
        return kept
    if payment.wanted is None:
        exceptions.put(conn, new_id(), exceptions.NO_ORDER, subject, said, now)
    elif not payment.fits:
        exceptions.put(conn, new_id(), exceptions.AMOUNT_DIFFERS, subject, said, now)
    kept = _moved(conn, replace(kept, payment=payment, tries=0, next_at=now, code=""), now)
    return chargebacks.captured(conn, kept, new_id, now)


def note(conn: Connection, id_: UUID, outcome: Outcome, new_id: Callable[[], UUID]) -> Kept:
    """Note what a gateway answered; what it did not say is asked again later."""
    now, kept = clock.now(conn), payments.lock(conn, id_)
    if kept is None:
        raise LookupError(f"no payment {id_}")
    if isinstance(outcome, Paid):
        return captured(conn, kept, outcome, new_id, now)
    if kept.payment.capture is not None:
        return kept
    payment, given, code = kept.payment, kept.given, ""
    if isinstance(outcome, Payable):
        payment, given = rules.payable(payment), outcome.given
    elif isinstance(outcome, Declined):
        payment, code = rules.failed(payment), outcome.code
    elif isinstance(outcome, Unpaid) and outcome.is_closed:
        payment = rules.closed(payment)
    elif isinstance(outcome, Unknown):
        code = outcome.code
        if code != NOT_CONNECTED:
            payment = rules.unanswered(payment)
        if now >= kept.ends_at + SILENCE:
            exceptions.put(
                conn, new_id(), exceptions.NO_ANSWER, str(id_), {"code": code[:CODE_MAX]}, now
            )
    ended = payment.state in rules.ENDED
    kept = replace(
        kept,
        payment=payment,
        given=given,
        code=code[:CODE_MAX],
        next_at=None if ended else _next(kept, now),
    )
    if not isinstance(outcome, Unknown):
        return _moved(conn, kept, now)
    payments.move(conn, kept)
    return kept


def _moved(conn: Connection, kept: Kept, now: datetime) -> Kept:
    """Keep a payment of which the gateway has spoken: nobody needs to ask why it is silent."""
    payments.move(conn, kept)
    kept_exceptions.settled(
        conn,
        str(kept.payment.id),
        exceptions.NO_ANSWER,
        action="none",
        by=PRINCIPAL,
        why="the gateway has answered",
        at=now,
    )
    return kept


def _next(kept: Kept, now: datetime) -> datetime:
    """Return when an order is looked at next: with pauses that grow, and when its time is over."""
    later = now + pause(kept.tries)
    return min(later, kept.ends_at) if now < kept.ends_at else later


def _found(conn: Connection, gateway: str, id_: UUID, told: Paid, act: UUID, now: datetime) -> Kept:
    """Keep a payment for an order of ours that is not known here, as after a restore."""
    payment = Payment(
        id=id_,
        gateway=gateway,
        amount_minor=told.amount_minor,
        currency=told.currency,
        wanted=None,
        act=act,
    )
    asked = Asked(description="", way="", by=PRINCIPAL, channel="operator")
    kept = Kept(payment=payment, asked=asked, ends_at=now, created_at=now, next_at=now)
    payments.begin(conn, kept)
    return payments.lock(conn, id_) or kept


def _declined(conn: Connection, gateway: str, told: NotPaid, now: datetime) -> Kept | None:
    """Count a try that failed; whoever pays may try again."""
    id_ = rules.order_id(told.order)
    kept = None if id_ is None else payments.find(conn, id_)
    if kept is not None and kept.payment.gateway == gateway:
        velocity.tried(conn, kept, told.attempt[:200], "declined", told.card, now)
    return kept


def _refunded(
    conn: Connection, gateway: str, told: Refunded, new_id: Callable[[], UUID], now: datetime
) -> Kept | None:
    """Have a refund looked at that a gateway told of: the janitor asks what became of it."""
    number, said = told.refund, {"refund": told.refund, "amount_minor": told.amount_minor}
    payment, refund = rules.order_id(number[:32]), rules.order_id(number[32:])
    subject = number[:80] if payment is None else str(payment)
    event = f"refund:{number}:{told.is_pending}{':failed' * told.has_failed}"[:200]
    payments.note(conn, gateway, event, subject, said, now)
    if payment is None or refund is None or not payments.wake_refund(conn, payment, refund, now):
        exceptions.put(conn, new_id(), exceptions.REFUND_UNKNOWN, subject, said, now)
    elif told.has_failed and any(
        (each.id, each.state) == (refund, DONE) for each in payments.refunds(conn, payment)
    ):
        exceptions.put(conn, new_id(), exceptions.REFUND_CAME_BACK, subject, said, now)
    return None if payment is None else payments.find(conn, payment)


def is_held(payment: Payment) -> bool:
    """Say whether captured money waits for a person: it is not what was asked for."""
    return payment.state is State.CAPTURED and (payment.wanted is None or not payment.fits)


def _said(paid: Paid) -> Mapping[str, Any]:
    return {
        "order": paid.order[:80],
        "payment": paid.payment[:200],
        "amount_minor": paid.amount_minor,
        "currency": paid.currency,
        "at": paid.at.isoformat(),
    }
