"""
The facts of a deposit's receipt: what was put into a wallet or a float, or given back out of it.

It proves what was paid, and of no number that it is kept: there is no deadline on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from baohao.app.receipts import facts as lines
from baohao.app.receipts.changed import changed
from baohao.app.receipts.facts import Happened, NothingPaid, issuer_of
from baohao.core.asks import Terms
from baohao.core.books.chart import Account, AccountKind, account
from baohao.core.books.sale import refund_account
from baohao.core.bucket import bucket_of
from baohao.core.operators import Operator
from baohao.core.payments import Deposit
from baohao.store import journal, payments, receipts
from baohao.store.journal import Kept
from baohao.store.sql import Connection

Json = dict[str, Any]

#: What a deposit and its undoing leave in the chain of their account.
DEPOSITED, UNDONE = "deposited", "deposit_undone"


def happened(
    conn: Connection,
    terms: Terms,
    operators: Mapping[str, Operator],
    ask: UUID,
    subject: str,
) -> Happened:
    """Return what an ask did to a line, or to a wallet or a float; raises `NothingPaid`."""
    if ":" not in subject:
        return lines.happened(conn, terms, operators, ask, subject)
    chain = journal.of_subject(conn, bucket_of(subject), subject)
    for kept in chain:
        event = kept.recorded.event
        if kept.recorded.asker.ask == ask and event.kind in (DEPOSITED, UNDONE):
            return _of(conn, operators, Account.parse(subject), kept)
    raise NothingPaid(ask=str(ask))


def _of(
    conn: Connection, operators: Mapping[str, Operator], purse: Account, kept: Kept
) -> Happened:
    recorded, data = kept.recorded, kept.recorded.event.data
    paid = payments.find(conn, UUID(str(data["payment"])))
    wanted = None if paid is None else paid.payment.wanted
    if paid is None or not isinstance(wanted, Deposit):
        raise NothingPaid(ask=str(recorded.asker.ask))
    operator, amount = operators[wanted.operator], int(str(data["amount_minor"]))
    advance = account(AccountKind.ADVANCE, str(paid.payment.id), purse.currency)
    is_back = recorded.event.kind == UNDONE
    facts: Json = {
        "id": str(recorded.asker.ask),
        "kind": "reversal" if is_back else "deposit",
        "what": f"{purse.kind}_back" if is_back else str(purse.kind),
        "number": purse.owner,
        "account": purse.text,
        "operator": operator.key,
        "sold_at": recorded.recorded_at.astimezone(operator.zone).isoformat(),
        "channel": recorded.asker.channel,
        "before": None,
        "until": None,
        "price_minor": amount,
        "fee_minor": 0,
        "government_minor": 0,
        "tax_minor": 0,
        "total_minor": amount,
        "currency": purse.currency,
        "paid_from": str(refund_account(advance) if is_back else advance),
        "exchange": changed(conn, advance.text, amount, is_back=is_back),
        "zone": operator.zone_name,
        "issuer": issuer_of(operator),
        "titles": {},
        "chain": {"seq": recorded.seq, "head": kept.hash.hex()},
    }
    if is_back:
        undone = receipts.of_ask(conn, str(paid.payment.act))
        facts |= {
            "of": str(paid.payment.act),
            "of_receipt": None if undone is None else undone.facts["receipt"],
            "reason": str(data["reason"]),
        }
    holder = purse.owner if purse.kind is AccountKind.WALLET else ""
    return Happened(line=purse.text, epoch=0, holder=holder, zone=operator.zone, facts=facts)
