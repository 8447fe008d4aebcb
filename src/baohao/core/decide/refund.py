"""Owe and pay refunds: a captured payment's money goes back by the way it came."""

from __future__ import annotations

from datetime import datetime

from baohao.core.asks import Ask, Decision, Facts
from baohao.core.books import funds
from baohao.core.books.chart import Account, AccountKind, account
from baohao.core.books.sale import refund_account
from baohao.core.decide import payload
from baohao.core.decide.fund import changed
from baohao.core.decide.selling import MoneyShort, PayerUnknown
from baohao.core.line.event import Event


def owe_refund(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Set money of a payment that bought nothing apart, so that it can only go back.

    Fields: `amount_minor`, `reference` (the refund).
    Refuses with `PayerUnknown`, `AccountMalformed` or `MoneyShort`.
    """
    payload.only(ask, "amount_minor", "reference")
    advance = _advance(ask)
    amount = payload.whole(ask, "amount_minor", least=1)
    held = facts.available.get(str(advance), 0)
    if held < amount:
        raise MoneyShort(account=str(advance), available_minor=held, needed_minor=amount)
    event = Event(kind="refund_owed", effective_at=now, data=_data(ask, amount))
    return Decision(
        state=None,
        events=(event,),
        entries=funds.owe_refund(advance, amount),
        answer={"balance": held - amount},
    )


def pay_refund(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Take down that the gateway gave money back, and never more than is owed to the payer.

    Fields: `amount_minor`, `bank` (the gateway), `reference` (the refund), `exchange` as `fund` has
    it, where it goes back in another currency. Refuses as `owe_refund` does.
    """
    payload.only(ask, "amount_minor", "bank", "reference", "exchange")
    advance = _advance(ask)
    owed = refund_account(advance)
    amount = payload.whole(ask, "amount_minor", least=1)
    owed_minor = facts.owed.get(str(owed), 0)
    if owed_minor < amount:
        raise MoneyShort(account=str(owed), available_minor=owed_minor, needed_minor=amount)
    bank = account(AccountKind.BANK, payload.text(ask, "bank"), advance.currency)
    entries = funds.pay_out(owed, bank, amount)
    if "exchange" in ask.payload:
        theirs, paid = changed(ask, bank)
        entries = funds.pay_out_exchanged(owed, theirs, amount, paid)
    event = Event(kind="refund_paid", effective_at=now, data=_data(ask, amount))
    return Decision(
        state=None,
        events=(event,),
        entries=entries,
        answer={"owed": owed_minor - amount},
    )


def _advance(ask: Ask) -> Account:
    subject = Account.parse(ask.subject)
    if subject.kind is not AccountKind.ADVANCE:
        raise PayerUnknown(account=ask.subject)
    return subject


def _data(ask: Ask, amount: int) -> dict[str, object]:
    return {"amount_minor": amount, "reference": payload.text(ask, "reference", "")}
