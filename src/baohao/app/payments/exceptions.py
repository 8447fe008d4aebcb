"""
Exceptions: what waits for a person, with a clock on it; of one subject and kind one is open.

    Refusal
    ├── ExceptionUnknown    no exception has that id, or it is closed
    └── MoneyWithoutHome    it cannot be closed while its payment's money has no other home
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from baohao.core.payments import State
from baohao.core.refusals import Refusal
from baohao.store import clock, console, exceptions, payments
from baohao.store.payments import DECLINED
from baohao.store.sql import Connection

#: What waits for a person.
Waiting = exceptions.ForPerson
#: How long a person has: a payer waits for this money.
TIME = timedelta(days=1)

#: What was paid is not what was asked for · money came for an order that is not known here · money
#: came twice for one order · the gateway of another payment told of it.
AMOUNT_DIFFERS, NO_ORDER, PAID_TWICE = "amount_differs", "no_order", "paid_twice"
OTHER_GATEWAY = "other_gateway"
#: The gateway does not answer · a defect kept it from being used · its bank took the money back.
NO_ANSWER, DEFECT, CHARGEBACK = "no_answer", "defect", "chargeback"
#: The gateway gives it not back · gave back another amount · told of a refund that is not known.
REFUND_DECLINED, REFUND_DIFFERS, REFUND_UNKNOWN = (
    "refund_declined",
    "refund_differs",
    "refund_unknown",
)


class ExceptionUnknown(Refusal):
    """There is no open exception {id}."""

    code = "exception.unknown"


class MoneyWithoutHome(Refusal):
    """
    The payment {payment} would be forgotten with its money: give it back first, or say that it was
    given back by hand.
    """

    code = "exception.money_without_home"


def put(
    conn: Connection, id_: UUID, kind: str, subject: str, said: Mapping[str, Any], now: datetime
) -> bool:
    """Put something before a person, once while it is open."""
    each = Waiting(id=id_, kind=kind, subject=subject, said=said, opened_at=now, due_at=now + TIME)
    return exceptions.put(conn, each)


def listed(conn: Connection, subject: str | None = None, *, closed: bool = False) -> list[Waiting]:
    """Return what waits for a person, whose clock runs out first; with `closed`, all there was."""
    return exceptions.listed(conn, subject, closed=closed)


def of_operator(conn: Connection, operator: str, *, closed: bool = False) -> list[Waiting]:
    """
    Return what waits for a person on an operator's lines, and money whose line nobody knows.

    Whose clock runs out first; with `closed`, all there was.
    """
    return console.exceptions(conn, operator, closed=closed)


def take(conn: Connection, id_: UUID, owner: str) -> None:
    """Say who looks after one; raises `ExceptionUnknown`."""
    if not exceptions.take(conn, _open(conn, id_), owner):
        raise ExceptionUnknown(id=str(id_))


def close(conn: Connection, id_: UUID, *, action: str, by: str, why: str) -> None:
    """
    Close one, with what was done and why.

    Raises `ExceptionUnknown`, and `MoneyWithoutHome` while its payment has no other home.
    """
    each = _open(conn, id_)
    if _is_only_home(conn, each):
        raise MoneyWithoutHome(payment=each.subject)
    now = clock.now(conn)
    if not exceptions.close(conn, each, action=action, by=by, why=why, at=now):
        raise ExceptionUnknown(id=str(id_))


def _open(conn: Connection, id_: UUID) -> Waiting:
    for each in exceptions.listed(conn, None, closed=False):
        if each.id == id_:
            return each
    raise ExceptionUnknown(id=str(id_))


def _is_only_home(conn: Connection, each: Waiting) -> bool:
    """Say whether money of its payment is kept from being forgotten by nothing else."""
    try:
        payment = UUID(each.subject)
    except ValueError:
        return False
    kept = payments.lock(conn, payment)
    if kept is None:
        return False
    stuck = kept.payment.state is State.CAPTURED and kept.next_at is None
    refused = any(refund.state == DECLINED for refund in payments.refunds(conn, payment))
    others = [x for x in exceptions.listed(conn, each.subject, closed=False) if x.id != each.id]
    return (stuck or refused) and not others
