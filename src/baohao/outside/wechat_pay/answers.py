"""
What WeChat Pay says of orders and refunds, asked or by itself, and how it is taken.

The direct way and the global way say the same with a few other words; both are read here.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

import msgspec

from baohao.app.ports import Absent, Declined, Paid, Refunded, Unknown, Unpaid

#: By these codes nothing was done, nor will be. Others speak of us, of the moment, or of an order
#: that is known already, and that somebody may have paid.
ORDER_NEVER = frozenset(
    ("PARAM_ERROR", "APPID_MCHID_NOT_MATCH", "MCH_NOT_EXISTS", "NO_AUTH", "RULE_LIMIT")
)
#: Of refunds. Where the account lacks money, or a minute has not passed, it can still be done.
REFUND_NEVER = ORDER_NEVER | {
    "INVALID_REQUEST",
    "TRADE_OVERDUE",
    "REFUND_FEE_MISMATCH",
    "USER_ACCOUNT_ABNORMAL",
    "ORDER_NOT_EXIST",
    "RESOURCE_NOT_EXISTS",
}
_ABSENT = frozenset(("ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"))
_PAID, _CLOSED = frozenset(("SUCCESS", "REFUND")), frozenset(("CLOSED", "REVOKED"))
#: PAYERROR too: who failed to pay may try again.
_OPEN = frozenset(("NOTPAY", "USERPAYING", "ACCEPT", "PAYERROR"))

T = TypeVar("T")


class Amount(msgspec.Struct):
    """Of an order; what the payer paid, in their own currency, is theirs to know."""

    total: int
    currency: str = ""


class Transaction(msgspec.Struct):
    """An order."""

    out_trade_no: str
    trade_state: str
    mchid: str = ""
    appid: str = ""
    sp_mchid: str = ""
    sp_appid: str = ""
    sub_mchid: str = ""
    transaction_id: str = ""
    #: What the global way calls a transaction's id.
    id: str = ""
    success_time: str = ""
    bank_type: str = ""
    amount: Amount | None = None


class RefundAmount(msgspec.Struct):
    """Of a refund."""

    refund: int


class RefundSaid(msgspec.Struct):
    """A refund."""

    out_refund_no: str
    amount: RefundAmount
    out_trade_no: str = ""
    status: str = ""
    #: What a status is called in notices.
    refund_status: str = ""
    mchid: str = ""
    sp_mchid: str = ""
    sub_mchid: str = ""


class Resource(msgspec.Struct):
    """What is sealed in a notice."""

    algorithm: str
    ciphertext: str
    nonce: str
    associated_data: str = ""


class Notice(msgspec.Struct):
    """A notice, before it is opened."""

    event_type: str
    resource: Resource


class BillPlace(msgspec.Struct):
    """Where a bill is."""

    hash_type: str
    hash_value: str
    download_url: str


class _Error(msgspec.Struct):
    code: str


def read(body: bytes | str, kind: type[T]) -> T | None:
    """Read JSON as what it should be; `None`: it is something else."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def code(status: int, body: bytes) -> str:
    """Return their code of what went wrong, or the status where they say none."""
    said = read(body, _Error)
    given = said.code[:40] if said else ""
    return given if given.isascii() and given.isprintable() and given else f"http.{status}"


def declined(status: int, body: bytes, never: frozenset[str]) -> Declined | Unknown:
    """Read a refusal; whatever is not one of these for ever says nothing of what was done."""
    why = code(status, body)
    return Declined(code=why) if 400 <= status < 500 and why in never else Unknown(code=why)


def absent(status: int, body: bytes) -> Absent | Unknown:
    """Read the answer to a question that was not answered."""
    why = code(status, body)
    return Absent() if status == 404 and why in _ABSENT else Unknown(code=why)


def state(said: Transaction) -> Paid | Unpaid | Unknown:
    """Say how an order stands; one whose money went back was paid."""
    if said.trade_state in _OPEN | _CLOSED:
        return Unpaid(is_closed=said.trade_state in _CLOSED)
    at, payment = _instant(said.success_time), said.transaction_id or said.id
    amount = said.amount or Amount(total=0)
    if said.trade_state not in _PAID or not amount.currency or at is None or not payment:
        return Unknown(code="answer.unread")
    return Paid(
        order=said.out_trade_no,
        payment=payment,
        amount_minor=amount.total,
        currency=amount.currency,
        at=at,
        means=said.bank_type,
    )


def refunded(said: RefundSaid | None, refund: str) -> Refunded | Declined | Unknown:
    """Say how a refund stands. ABNORMAL waits at WeChat for a person who says where it is to go."""
    if said is None:
        return Unknown(code="answer.unread")
    if said.out_refund_no != refund:
        return Unknown(code="answer.not_of_this")
    if said.status in ("SUCCESS", "PROCESSING"):
        return Refunded(
            refund=refund,
            amount_minor=said.amount.refund,
            is_pending=said.status == "PROCESSING",
        )
    if said.status == "CLOSED":
        return Declined(code="refund.closed")
    return Unknown(code="refund.abnormal" if said.status == "ABNORMAL" else "answer.unread")


def plain(text: str, most: int) -> str:
    """Return what they take of a text: no letter above U+FFFF, nothing unprintable."""
    return "".join(each for each in text if each <= "\uffff" and each.isprintable())[:most].strip()


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.utcoffset() is not None else None
