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

from baohao.core import matching
from baohao.core.payments import State
from baohao.core.refusals import Refusal
from baohao.store import bank, clock, console, exceptions, payments
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
#: It took back money of a payment that is not known here · and now says another amount.
CHARGEBACK_UNKNOWN, CHARGEBACK_DIFFERS = "chargeback_unknown", "chargeback_differs"
#: The gateway gives it not back · gave back another amount · told of a refund that is not known.
REFUND_DECLINED, REFUND_DIFFERS, REFUND_UNKNOWN = (
    "refund_declined",
    "refund_differs",
    "refund_unknown",
)
#: Of transfers: a row says something else under the same id · a statement is missing before one ·
#: what went is not what was to go · it went twice · money went that had come for a payment.
ROW_CHANGED, STATEMENT_GAP, PAYOUT_DIFFERS, PAID_OUT_TWICE, TAKEN_BACK = (
    *("row_changed", "statement_gap", "payout_differs"),
    *("paid_out_twice", "taken_back"),
)
#: A refund that had gone has come back to us.
REFUND_CAME_BACK = "refund_came_back"

#: What a person does about each.
ACTIONS: Mapping[str, str] = {
    AMOUNT_DIFFERS: "give the money back: payments refund PAYMENT --reason TEXT",
    NO_ORDER: "find out whose it is, or give it back: payments refund PAYMENT --reason TEXT",
    PAID_TWICE: "have the gateway give the second payment back, then close it",
    OTHER_GATEWAY: "ask both gateways whose payment it is",
    NO_ANSWER: "ask the gateway what became of it",
    DEFECT: "look at the ask that was put aside, or give the money back",
    CHARGEBACK: "answer the payer's bank, or take back what was bought",
    REFUND_DECLINED: "pay it from another account: payments refund PAYMENT --by-hand BANK",
    REFUND_DIFFERS: "ask the gateway why another amount went back",
    REFUND_UNKNOWN: "ask the gateway who gave it back",
    REFUND_CAME_BACK: "find another way for it: payments refund PAYMENT --by-hand BANK",
    ROW_CHANGED: "ask the bank which of the two rows is right",
    STATEMENT_GAP: "import the statement between",
    PAYOUT_DIFFERS: "ask the bank why another amount went out",
    PAID_OUT_TWICE: "ask the payer for the second payment back",
    TAKEN_BACK: "ask the bank why; take back what was bought, or ask the payer",
    matching.BILL_MISSING: "ask the gateway for the bill; then: payments match --gateway G --day D",
    matching.BILL_DOUBTFUL: "ask for a whole bill; if it is right: payments match ... --trust",
    matching.BILL_CHANGED: "see what changed; the fees are put right by themselves",
    matching.BILL_LACKS: "ask the gateway where the money is; it closes when a bill has it",
    matching.BILL_LACKS_REFUND: "ask the gateway whether it went back",
    matching.BILL_ONLY: "nothing: it was captured",
    matching.BILL_AMOUNT_DIFFERS: "ask the gateway which amount was paid, and put the books right",
    matching.BILL_CURRENCY_DIFFERS: "ask the gateway which currency was paid",
    matching.BILL_REFUND_DIFFERS: "ask the gateway what went back, and put the books right",
    matching.BILL_REFUND_AFTER_ALL: "do not pay it by hand; if you have, ask the payer for it back",
    matching.BILL_TWICE: "ask the gateway whether the payer paid twice; one goes back",
    matching.BILL_FEE_UNEXPECTED: "hold the fee against the contract, and claim it back",
    matching.BOUGHT_NOTHING: "look at the line's journal; sell what was paid, or give it back",
    matching.NETWORK_LACKS: "see charging list: the operator's own system has not done it",
    matching.NETWORK_DIFFERS: "put the operator's own system and ours right by hand",
}


class ExceptionUnknown(Refusal):
    """There is no open exception {id}."""

    code = "exception.unknown"


class MoneyWithoutHome(Refusal):
    """
    The payment {payment} would be forgotten with its money: give it back first, or say that it was
    given back by hand; match a transfer, or return it.
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
    """Say whether money of its subject is kept from being forgotten by nothing else."""
    try:
        subject = UUID(each.subject)
    except ValueError:
        return False
    kept, row = payments.lock(conn, subject), bank.find(conn, subject)
    if kept is not None:
        payment = kept.payment
        stuck = payment.state is State.CAPTURED and kept.next_at is None
        stuck |= payment.state is State.CHARGEBACK and payment.unspent_minor > 0
        stuck |= any(refund.state == DECLINED for refund in payments.refunds(conn, subject))
    else:
        stuck = row is not None and row.state == bank.HELD
    # What is told of a bill closes by itself: no money is at home there.
    others = [
        x
        for x in exceptions.listed(conn, each.subject, closed=False)
        if x.id != each.id and x.kind not in matching.KINDS
    ]
    return stuck and not others
