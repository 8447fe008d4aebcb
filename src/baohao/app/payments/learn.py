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

from baohao.app.payments import chargebacks, exceptions, velocity
from baohao.app.payments.asking import NOT_ASKED, NOT_CONNECTED, Outcome
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
from baohao.store.payments import DONE, Asked, Kept, Notice
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
    return learn_all(conn, gateway, [told], new_id)[0]


def learn_all(
    conn: Connection, gateway: str, told: Sequence[Told], new_id: Callable[[], UUID]
) -> list[Kept | None]:
    """Take down what many notices of one gateway tell, as `learn` does; money goes first."""
    now = clock.now(conn)
    moving = [each for each in told if isinstance(each, Paid | Refunded)]
    payments.note(conn, gateway, map(_notice, moving), now)
    paid = [each for each in told if isinstance(each, Paid)]
    came = iter(_come(conn, gateway, paid, new_id, now))
    return [
        next(came) if isinstance(each, Paid) else _heard(conn, gateway, each, new_id, now)
        for each in told
    ]


def _heard(
    conn: Connection,
    gateway: str,
    told: NotPaid | ChargedBack | Refunded | None,
    new_id: Callable[[], UUID],
    now: datetime,
) -> Kept | None:
    """Take down what is told beside money that came."""
    if told is None:
        return None
    if isinstance(told, NotPaid):
        return _declined(conn, gateway, told, now)
    if isinstance(told, ChargedBack):
        return chargebacks.learned(conn, gateway, told, new_id, now)
    return _refunded(conn, told, new_id, now)


def _come(
    conn: Connection,
    gateway: str,
    told: Sequence[Paid],
    new_id: Callable[[], UUID],
    now: datetime,
) -> list[Kept | None]:
    """Move payments on by money that came for them, with a few statements for all."""
    ids = [rules.order_id(each.order) for each in told]
    known = payments.lock_all(conn, sorted({id_ for id_ in ids if id_ is not None}))
    before, found = dict(known), list[UUID | None]()
    for id_, each in zip(ids, told, strict=True):
        found.append(id_)
        if id_ is None:
            exceptions.put(conn, new_id(), exceptions.NO_ORDER, _subject(each), _said(each), now)
            continue
        if id_ not in known:
            known[id_] = before[id_] = _found(conn, gateway, id_, each, new_id(), now)
        kept, kind = known[id_], exceptions.OTHER_GATEWAY
        if kept.payment.gateway == gateway:
            _card(conn, kept, each, now)
            kept, kind = _captured(kept, each, now)
        if kind:
            exceptions.put(conn, new_id(), kind, str(id_), _said(each), now)
        known[id_] = kept
    moved = [kept for id_, kept in known.items() if kept is not before[id_]]
    known |= {kept.payment.id: kept for kept in _taken_in(conn, moved, new_id, now)}
    return [None if id_ is None else known[id_] for id_ in found]


def captured(
    conn: Connection, kept: Kept, paid: Paid, new_id: Callable[[], UUID], now: datetime
) -> Kept:
    """Move a payment that is locked on by money that came for it."""
    _card(conn, kept, paid, now)
    after, kind = _captured(kept, paid, now)
    if kind:
        exceptions.put(conn, new_id(), kind, str(kept.payment.id), _said(paid), now)
    if after is kept:
        return kept
    (after,) = _taken_in(conn, [after], new_id, now)
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


def _card(conn: Connection, kept: Kept, paid: Paid, now: datetime) -> None:
    """Keep what is told of a card: by what it may be charged again, and that it was tried."""
    if paid.mandate and kept.asked.keeps:
        payments.keep_mandate(conn, kept.payment.id, paid.mandate)
    velocity.tried(conn, kept, paid.payment, "paid", paid.card, now)
    if paid.card and kept.payment.state is State.CHARGEBACK:
        # Its card is known now, and is counted with it.
        cases.wake(conn, kept.payment.gateway, paid.payment, now)


def _taken_in(
    conn: Connection, moved: Sequence[Kept], new_id: Callable[[], UUID], now: datetime
) -> list[Kept]:
    """Keep payments whose money has come; some of it their banks may have taken back already."""
    _moved(conn, moved, now)
    return chargebacks.captured(conn, moved, new_id, now)


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


def _declined(conn: Connection, gateway: str, told: NotPaid, now: datetime) -> Kept | None:
    """Count a try that failed; whoever pays may try again."""
    id_ = rules.order_id(told.order)
    kept = None if id_ is None else payments.find(conn, id_)
    if kept is not None and kept.payment.gateway == gateway:
        velocity.tried(conn, kept, told.attempt[:200], "declined", told.card, now)
    return kept


def _refunded(
    conn: Connection, told: Refunded, new_id: Callable[[], UUID], now: datetime
) -> Kept | None:
    """Have a refund looked at that a gateway told of: the janitor asks what became of it."""
    subject, said = _subject(told), _said(told)
    payment, refund = rules.order_id(told.refund[:32]), rules.order_id(told.refund[32:])
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


def _notice(told: Paid | Refunded) -> Notice:
    """Return what is kept of a notice, the same however often it comes."""
    if isinstance(told, Refunded):
        event = f"refund:{told.refund}:{told.is_pending}{':failed' * told.has_failed}"
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
