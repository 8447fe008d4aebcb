"""
Charge-backs: what gateways tell of money that payers' banks took back, as it is learned.

Often they name their own payment alone, and may tell of it before that payment is known here. So a
case is kept by itself, and is joined with the payment by whichever is learned of last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from baohao.app.payments import exceptions
from baohao.app.ports import ChargedBack
from baohao.core import payments as rules
from baohao.core.books.chargebacks import claims_account
from baohao.core.payments import Case, Payment
from baohao.store import chargebacks, clock, payments
from baohao.store import exceptions as kept_exceptions
from baohao.store.chargebacks import KeptCase
from baohao.store.payments import Kept, Notice
from baohao.store.sql import Connection

#: Who acts where nobody does.
NOBODY = "payments"


def learned(
    conn: Connection,
    gateway: str,
    told: ChargedBack,
    new_id: Callable[[], UUID],
    now: datetime,
) -> Kept | None:
    """Take down what is told of a case; told again, late, or in another order it ends alike."""
    case = _case(gateway, told)
    said = {**_said(case), "order": told.order[:80]}
    event = f"chargeback:{case.reference}:{case.outcome}"[:200]
    payments.note(conn, gateway, [Notice(event=event, payment=case.place, said=said)], now)
    chargebacks.begin(conn, KeptCase(case=case, created_at=now, next_at=now))
    known = chargebacks.lock(conn, case)
    if rules.is_other_case(known.case, case):
        exceptions.put(conn, new_id(), exceptions.CHARGEBACK_DIFFERS, case.place, said, now)
    heard = rules.heard(known.case, case)
    is_news = heard != known.case or known.payment is None
    if is_news:
        known = replace(known, case=heard, next_at=now)
    known, kept = joined(conn, known, new_id, now)
    chargebacks.move(conn, known)
    return kept


def joined(
    conn: Connection, known: KeptCase, new_id: Callable[[], UUID], now: datetime
) -> tuple[KeptCase, Kept | None]:
    """Join a case that is locked with its payment, where that is known; it is locked, too."""
    case = known.case
    id_ = known.payment or chargebacks.payment(conn, case.gateway, case.payment)
    kept = None if id_ is None else payments.lock(conn, id_)
    if kept is None:
        return known, None
    if known.payment is None:
        kept = marked(conn, kept, case, new_id, now)
    return replace(known, payment=kept.payment.id), kept


def marked(
    conn: Connection, kept: Kept, case: Case, new_id: Callable[[], UUID], now: datetime
) -> Kept:
    """Mark a payment that is locked as charged back: it buys nothing more, and a person looks."""
    subject, why = str(kept.payment.id), "its payment is known"
    exceptions.put(conn, new_id(), exceptions.CHARGEBACK, subject, _said(case), now)
    kept_exceptions.settled(
        conn, [case.place], exceptions.CHARGEBACK_UNKNOWN, action="none", by=NOBODY, why=why, at=now
    )
    kept = replace(kept, payment=rules.charged_back(kept.payment), next_at=None)
    payments.move(conn, kept)
    return kept


def captured(
    conn: Connection, kepts: Sequence[Kept], new_id: Callable[[], UUID], now: datetime
) -> list[Kept]:
    """Mark payments whose money has just become known, where their banks took it back before."""
    charged = chargebacks.charged(conn, [_place(kept) for kept in kepts])
    return [
        _charged(conn, kept, new_id, now) if _place(kept) in charged else kept for kept in kepts
    ]


def _charged(conn: Connection, kept: Kept, new_id: Callable[[], UUID], now: datetime) -> Kept:
    gateway, _, their_id = _place(kept).partition(":")
    first = chargebacks.of(conn, gateway, their_id)[0]
    # Whoever has them in hand sees the payment when this is committed.
    chargebacks.wake(conn, gateway, their_id, now)
    return marked(conn, kept, first.case, new_id, now)


def _place(kept: Kept) -> str:
    """Return where the cases of a payment are, whose money has come."""
    come = kept.payment.capture
    return f"{kept.payment.gateway}:{come.payment if come is not None else ''}"


def settled(conn: Connection, id_: UUID, by: str, why: str) -> None:
    """Close the exceptions of charge-backs that are in the books, and of which nothing is left."""
    kept = payments.find(conn, id_)
    cases = [] if kept is None else of(conn, kept.payment)
    if kept is None or not all(each.is_booked for each in cases):
        return
    if chargebacks.claimed_minor(conn, str(claims_account(kept.payment.advance))):
        return
    at = clock.now(conn)
    kept_exceptions.settled(
        conn, [str(id_)], exceptions.CHARGEBACK, action="none", by=by, why=why, at=at
    )


def of(conn: Connection, payment: Payment) -> list[KeptCase]:
    """Return the cases of a payment, the first first."""
    come = payment.capture
    return [] if come is None else list(chargebacks.of(conn, payment.gateway, come.payment))


def _case(gateway: str, told: ChargedBack) -> Case:
    return Case(
        gateway=gateway,
        payment=told.payment[:200],
        reference=told.case[:200],
        amount_minor=told.amount_minor,
        currency=told.currency,
        at=told.at,
        outcome=told.outcome,
    )


def _said(case: Case) -> Mapping[str, Any]:
    return {
        "case": case.reference,
        "payment": case.payment,
        "amount_minor": case.amount_minor,
        "currency": case.currency,
        "outcome": case.outcome,
        "at": case.at.isoformat(),
    }
