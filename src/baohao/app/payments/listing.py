"""Payments and refunds as they are, to be shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from baohao.app.payments import claims, exceptions
from baohao.app.payments.returning import PaymentUnknown
from baohao.core.payments import Basket, Deposit, State, Wanted
from baohao.store import clock
from baohao.store import payments as store
from baohao.store.exceptions import ForPerson
from baohao.store.payments import Kept, Refund
from baohao.store.sql import Connection

#: What is bought where it is not a line's.
_OTHERS = {Deposit: "deposit", Basket: "basket"}
STATES = tuple(state.value for state in State)


def payment(conn: Connection, id_: UUID) -> Kept:
    """Return one payment; raises `PaymentUnknown`."""
    kept = store.find(conn, id_)
    if kept is None:
        raise PaymentUnknown(payment=str(id_))
    return kept


def found(conn: Connection, id_: UUID) -> Kept | None:
    """Return one payment; `None`: none of that id was begun."""
    return store.find(conn, id_)


def payments(conn: Connection, state: str | None = None) -> Iterator[Kept]:
    """Yield payments, the oldest first."""
    return store.listed(conn, state)


def refunds(conn: Connection, id_: UUID) -> list[Refund]:
    """Return the refunds of a payment, the first first."""
    return store.refunds(conn, id_)


def facts(kept: Kept) -> dict[str, Any]:
    """Return a payment as plain facts."""
    each, come, wanted = kept.payment, kept.payment.capture, kept.payment.wanted
    verb = wanted.verb if isinstance(wanted, Wanted) else _OTHERS.get(type(wanted), "")
    return {
        "payment": str(each.id),
        "order": each.order,
        "number": wanted.number if isinstance(wanted, Wanted) else "",
        "verb": verb,
        "account": wanted.account if isinstance(wanted, Deposit) else "",
        "gateway": each.gateway,
        "state": each.state.value,
        "amount_minor": each.amount_minor,
        "currency": each.currency,
        "exchange": exchange(wanted),
        "captured_minor": each.captured_minor,
        "captured_currency": come.currency if come is not None else "",
        "captured_at": come.at if come is not None else None,
        "their_id": come.payment if come is not None else "",
        "means": come.means if come is not None else "",
        "spent_minor": each.spent_minor,
        "refunded_minor": each.refunded_minor,
        "returned_minor": each.returned_minor,
        "receipt": str(each.act) if each.spent_minor else "",
        "code": kept.code,
        "created_at": kept.created_at,
        "next_at": kept.next_at,
    }


def deposit(kept: Kept) -> dict[str, Any]:
    """Return a deposit as plain facts, with what the payer is given."""
    own = kept.payment.own_minor if kept.payment.spent_minor else 0
    return facts(kept) | {
        "put_in_minor": own,
        "given": dict(kept.given),
        "ends_at": kept.ends_at,
    }


def exchange(wanted: Wanted | Deposit | Basket | None) -> dict[str, Any] | None:
    """Return the rate, both amounts and where it is stated; `None`: nothing is exchanged."""
    if wanted is None or wanted.exchange is None:
        return None
    told = wanted.exchange
    return {field.name: getattr(told, field.name) for field in fields(told)}


def whole(conn: Connection, id_: UUID) -> dict[str, Any]:
    """Return a payment with its refunds and exceptions; raises `PaymentUnknown`."""
    told = facts(payment(conn, id_))
    told["refunds"] = [
        {"refund": each.number, "state": each.state, "amount_minor": each.amount_minor}
        | {"reason": each.reason, "by": each.by, "approved_by": each.approved_by}
        | {"code": each.code}
        for each in refunds(conn, id_)
    ]
    told["chargebacks"] = claims.facts(conn, payment(conn, id_))
    found = exceptions.listed(conn, str(id_), closed=True)
    now = clock.now(conn)
    told["exceptions"] = [exception(each, now) for each in found]
    return told


def waiting(
    conn: Connection, *, closed: bool = False, kind: str | None = None
) -> list[dict[str, Any]]:
    """Return what waits for a person as plain facts, whose clock runs out first."""
    now = clock.now(conn)
    found = exceptions.listed(conn, closed=closed)
    return [exception(each, now) for each in found if kind in (None, each.kind)]


def exception(each: ForPerson, now: datetime) -> dict[str, Any]:
    """Return what waits for a person as plain facts, with its age and what there is to do."""
    told = {field.name: getattr(each, field.name) for field in fields(each)}
    age = (each.closed_at or now) - each.opened_at
    to_do = "" if each.closed_at is not None else exceptions.ACTIONS.get(each.kind, "")
    return {
        "exception": str(told.pop("id")),
        **told,
        "age_hours": int(age.total_seconds() // 3600),
        "to_do": to_do,
    }
