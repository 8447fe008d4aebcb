"""Fund and withdraw: money into and out of a guarded account, from the world."""

from __future__ import annotations

from datetime import datetime

from baohao.core.asks import Ask, Decision, Facts
from baohao.core.books import funds
from baohao.core.books.chart import Account, AccountKind, account
from baohao.core.decide import payload
from baohao.core.decide.payload import FieldMalformed
from baohao.core.decide.selling import PAYERS, MoneyShort, PayerUnknown
from baohao.core.line.event import Event
from baohao.core.shifts import ShiftOpen, after, uncounted


def fund(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Pay money that reached our bank into a float, a wallet, a till or a payment's advance.

    Fields: `amount_minor`, `bank` (which bank account), `reference`; for a payment's advance also
    `exchange`, where it was paid in another currency. What is in a till is not told while its shift
    is open. Refuses with `PayerUnknown`, `AccountMalformed`, `CurrencyUnknown` or `ShiftCounted`.
    """
    into, amount, bank = _read(ask, "exchange")
    shift = facts.shifts.get(into.text)
    at_work = shift is not None and shift.is_open
    if shift is not None and at_work:
        uncounted(shift, into)
    if into.kind is AccountKind.TILL:
        entries = funds.change_money(into, bank, amount)
    elif into.kind is AccountKind.ADVANCE and "exchange" in ask.payload:
        bank, paid = changed(ask, bank)
        entries = funds.pay_in_exchanged(into, bank, amount, paid)
    else:
        entries = funds.pay_in(into, bank, amount)
    held = facts.available.get(str(into), 0) + amount
    event = Event(kind="funded", effective_at=now, data=_data(ask, amount))
    return Decision(
        state=None,
        events=(event,),
        entries=entries,
        shift=after(shift, event) if at_work else None,
        answer={} if at_work else {"balance": held},
    )


def withdraw(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Pay money out of a guarded account; cash of a till goes to the bank.

    Fields: `amount_minor`, `bank`, `reference`. Refuses with `PayerUnknown`, `AccountMalformed`,
    `ShiftOpen` or `MoneyShort`.
    """
    out_of, amount, bank = _read(ask)
    shift = facts.shifts.get(out_of.text)
    if shift is not None and shift.is_open:
        raise ShiftOpen(till=out_of.text, clerk=shift.clerk)
    held = facts.available.get(str(out_of), 0)
    if held < amount:
        raise MoneyShort(account=str(out_of), available_minor=held, needed_minor=amount)
    if out_of.kind is AccountKind.TILL:
        entries = funds.bank_cash(out_of, bank, amount)
    else:
        entries = funds.pay_out(out_of, bank, amount)
    event = Event(kind="withdrawn", effective_at=now, data=_data(ask, amount))
    return Decision(state=None, events=(event,), entries=entries, answer={"balance": held - amount})


def changed(ask: Ask, bank: Account) -> tuple[Account, funds.Changed]:
    """
    Return the payer's money that an ask says it is about, and the bank account that it is in.

    Its field `exchange` has `currency`, `minor` and `value_minor`: what it is worth of ours.
    """
    said = payload.part(ask, "exchange")
    currency, minor, value = (said.get(name) for name in ("currency", "minor", "value_minor"))
    if type(minor) is not int or type(value) is not int or min(minor, value) < 0 or not minor:
        raise FieldMalformed(field="exchange", reason="it has whole amounts: minor, value_minor")
    theirs = account(AccountKind.BANK, bank.owner, str(currency))
    if theirs.currency == bank.currency:
        raise FieldMalformed(field="exchange", reason="it is of another currency")
    return theirs, funds.Changed(minor=minor, value_minor=value, transfer=ask.id)


def _read(ask: Ask, *more: str) -> tuple[Account, int, Account]:
    payload.only(ask, "amount_minor", "bank", "reference", *more)
    subject = Account.parse(ask.subject)
    if subject.kind not in PAYERS:
        raise PayerUnknown(account=ask.subject)
    bank = account(AccountKind.BANK, payload.text(ask, "bank", "main"), subject.currency)
    return subject, payload.whole(ask, "amount_minor", least=1), bank


def _data(ask: Ask, amount_minor: int) -> dict[str, object]:
    return {"amount_minor": amount_minor, "reference": payload.text(ask, "reference", "")}
