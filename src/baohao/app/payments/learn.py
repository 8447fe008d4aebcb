"""
Learn: what a gateway tells of a payment, by a notice or when asked, moves it on.

Amount and currency are compared with what was asked for (the merchant, by the adapter): money that
does not fit is captured all the same, for it has come, and waits for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from baohao.app.payments import exceptions
from baohao.app.payments.asking import NOT_ASKED, NOT_CONNECTED, Outcome
from baohao.app.ports import Declined, Paid, Payable, Refunded, Unknown, Unpaid
from baohao.core import payments as rules
from baohao.core.payments import Capture, Payment, State, pause
from baohao.store import clock, payments
from baohao.store import exceptions as kept_exceptions
from baohao.store.payments import Asked, Kept, Notice
from baohao.store.sql import Connection

#: Who acts where nobody does.
PRINCIPAL = "payments"
#: A gateway that is silent for so long after an order's end is for a person to look at.
SILENCE = timedelta(minutes=15)
#: Enough to know it by.
CODE_MAX = 100


def learn(
    conn: Connection, gateway: str, told: Paid | Refunded, new_id: Callable[[], UUID]
) -> Kept | None:
    """
    Take down what a notice tells; told again, it changes nothing. The notice must be verified.

    Returns the payment, or `None` where it is none of ours. What follows is the janitor's.
    """
    return learn_all(conn, gateway, [told], new_id)[0]


def learn_all(
    conn: Connection, gateway: str, told: Sequence[Paid | Refunded], new_id: Callable[[], UUID]
) -> list[Kept | None]:
    """Take down what many notices of one gateway tell, in their order, as `learn` does."""
    now = clock.now(conn)
    payments.note(conn, gateway, map(_notice, told), now)
    named = (rules.order_id(each.order) for each in told if isinstance(each, Paid))
    known = payments.lock_all(conn, sorted({id_ for id_ in named if id_ is not None}))
    before, found = dict(known), list[Kept | None]()
    for each in told:
        if isinstance(each, Refunded):
            found.append(_refunded(conn, each, new_id, now))
            continue
        id_ = rules.order_id(each.order)
        if id_ is None:
            exceptions.put(conn, new_id(), exceptions.NO_ORDER, _subject(each), _said(each), now)
            found.append(None)
            continue
        if id_ not in known:
            known[id_] = before[id_] = _found(conn, gateway, id_, each, new_id(), now)
        kept, kind = known[id_], exceptions.OTHER_GATEWAY
        if kept.payment.gateway == gateway:
            kept, kind = _captured(kept, each, now)
        if kind:
            exceptions.put(conn, new_id(), kind, str(id_), _said(each), now)
        known[id_] = kept
        found.append(kept)
    _moved(conn, [kept for id_, kept in known.items() if kept is not before[id_]], now)
    return found


def captured(
    conn: Connection, kept: Kept, paid: Paid, new_id: Callable[[], UUID], now: datetime
) -> Kept:
    """Move a payment that is locked on by money that came for it."""
    after, kind = _captured(kept, paid, now)
    if kind:
        exceptions.put(conn, new_id(), kind, str(kept.payment.id), _said(paid), now)
    _moved(conn, [after] if after is not kept else [], now)
    return after


def _captured(kept: Kept, paid: Paid, now: datetime) -> tuple[Kept, str]:
    """Return a payment as money moves it on, and what of it is for a person; empty: nothing."""
    capture = Capture(
        payment=paid.payment,
        amount_minor=paid.amount_minor,
        currency=paid.currency,
        at=paid.at,
        means=paid.means[:40],
    )
    if rules.is_other(kept.payment, capture):
        return kept, exceptions.PAID_TWICE
    if kept.payment.capture is not None:
        return kept, ""
    payment = rules.captured(kept.payment, capture)
    kept = replace(kept, payment=payment, tries=0, next_at=now, code="")
    if payment.wanted is None:
        return kept, exceptions.NO_ORDER
    return kept, "" if payment.fits else exceptions.AMOUNT_DIFFERS


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
        if code not in (NOT_CONNECTED, NOT_ASKED):
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
    if isinstance(outcome, Unknown):
        payments.move(conn, kept)
    else:
        _moved(conn, [kept], now)
    return kept


def _moved(conn: Connection, kepts: Sequence[Kept], now: datetime) -> None:
    """Keep payments of which the gateway has spoken: nobody needs to ask why it is silent."""
    if kepts:
        payments.move_all(conn, kepts)
        kept_exceptions.settled(
            conn,
            [str(kept.payment.id) for kept in kepts],
            exceptions.NO_ANSWER,
            action="none",
            by=PRINCIPAL,
            why="the gateway has answered",
            at=now,
        )


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


def _refunded(
    conn: Connection, told: Refunded, new_id: Callable[[], UUID], now: datetime
) -> Kept | None:
    """Have a refund looked at that a gateway told of: the janitor asks what became of it."""
    payment, refund = rules.order_id(told.refund[:32]), rules.order_id(told.refund[32:])
    if payment is None or refund is None or not payments.wake_refund(conn, payment, refund, now):
        exceptions.put(conn, new_id(), exceptions.REFUND_UNKNOWN, _subject(told), _said(told), now)
    return None if payment is None else payments.find(conn, payment)


def charged_back(conn: Connection, id_: UUID, new_id: Callable[[], UUID]) -> Kept | None:
    """Take down that the payer's bank took the money back; what it bought stays, a person looks."""
    now, kept = clock.now(conn), payments.lock(conn, id_)
    if kept is None:
        return None
    said = {"amount_minor": kept.payment.captured_minor}
    exceptions.put(conn, new_id(), exceptions.CHARGEBACK, str(id_), said, now)
    kept = replace(kept, payment=rules.charged_back(kept.payment), next_at=None)
    payments.move(conn, kept)
    return kept


def is_held(payment: Payment) -> bool:
    """Say whether captured money waits for a person: it is not what was asked for."""
    return payment.state is State.CAPTURED and (payment.wanted is None or not payment.fits)


def _notice(told: Paid | Refunded) -> Notice:
    """Return what is kept of a notice, the same however often it comes."""
    if isinstance(told, Refunded):
        event = f"refund:{told.refund}:{told.is_pending}"
    else:
        event = f"paid:{told.payment}"
    return Notice(event=event[:200], payment=_subject(told), said=_said(told))


def _subject(told: Paid | Refunded) -> str:
    """Return the payment that is told of, or an order number that is none of ours."""
    number = told.refund if isinstance(told, Refunded) else told.order
    id_ = rules.order_id(number[:32] if isinstance(told, Refunded) else number)
    return number[:80] if id_ is None else str(id_)


def _said(told: Paid | Refunded) -> Mapping[str, Any]:
    if isinstance(told, Refunded):
        return {"refund": told.refund, "amount_minor": told.amount_minor}
    return {
        "order": told.order[:80],
        "payment": told.payment[:200],
        "amount_minor": told.amount_minor,
        "currency": told.currency,
        "at": told.at.isoformat(),
    }
