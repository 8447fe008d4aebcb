"""Payments and refunds as they are, to be shown."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from baohao.app.payments.refunding import PaymentUnknown
from baohao.core.payments import State
from baohao.store import payments as store
from baohao.store.payments import Kept, Refund
from baohao.store.sql import Connection

STATES = tuple(state.value for state in State)


def payment(conn: Connection, id_: UUID) -> Kept:
    """Return one payment; raises `PaymentUnknown`."""
    kept = store.find(conn, id_)
    if kept is None:
        raise PaymentUnknown(payment=str(id_))
    return kept


def payments(conn: Connection, state: str | None = None) -> Iterator[Kept]:
    """Yield payments, the oldest first."""
    return store.listed(conn, state)


def refunds(conn: Connection, id_: UUID) -> list[Refund]:
    """Return the refunds of a payment, the first first."""
    return store.refunds(conn, id_)
