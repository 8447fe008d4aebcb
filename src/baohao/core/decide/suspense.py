"""Money in suspense: it came to our bank, and whose it is has to be found out."""

from __future__ import annotations

from datetime import datetime

from baohao.core.asks import Ask, Decision, Facts
from baohao.core.books import funds
from baohao.core.books.chart import Account, AccountKind, account
from baohao.core.decide import payload
from baohao.core.decide.selling import MoneyShort, PayerUnknown
from baohao.core.line.event import Event


def hold_unknown(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Take down money that came to our bank, until somebody knows what it is for.

    Fields: `amount_minor`, `bank` (which bank account), `reference`. Refuses with `PayerUnknown` or
    `AccountMalformed`.
    """
    payload.only(ask, "amount_minor", "bank", "reference")
    into = _of_kind(ask.subject, AccountKind.SUSPENSE)
    amount = payload.whole(ask, "amount_minor", least=1)
    entries = funds.hold_unknown(_bank(ask, into), into.owner, amount)
    return Decision(
        state=None,
        events=(Event(kind="held_unknown", effective_at=now, data=_data(ask, amount)),),
        entries=entries,
        answer={"balance": facts.available.get(into.text, 0) + amount},
    )


def assign(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Give money in suspense to the payment that it is for.

    The subject is the payment's advance. Fields: `amount_minor`, `paid` (the suspense account),
    `reference`. Refuses with `PayerUnknown`, `AccountMalformed` or `MoneyShort`.
    """
    payload.only(ask, "amount_minor", "paid", "reference")
    into = _of_kind(ask.subject, AccountKind.ADVANCE)
    payer = _of_kind(payload.text(ask, "paid"), AccountKind.SUSPENSE)
    if payer.currency != into.currency:
        raise PayerUnknown(account=payer.text)
    amount = payload.whole(ask, "amount_minor", least=1)
    _held(payer, facts, amount)
    return Decision(
        state=None,
        events=(Event(kind="funded", effective_at=now, data=_data(ask, amount)),),
        # No other ask has its id, and so no other movement.
        entries=funds.receive(into, amount, payer=payer, transfer=ask.id),
        answer={"balance": facts.available.get(into.text, 0) + amount},
    )


def return_unknown(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Take down that money in suspense was paid back from our bank.

    Fields: `amount_minor`, `bank`, `reference`. Refuses with `PayerUnknown`, `AccountMalformed` or
    `MoneyShort`.
    """
    payload.only(ask, "amount_minor", "bank", "reference")
    out_of = _of_kind(ask.subject, AccountKind.SUSPENSE)
    amount = payload.whole(ask, "amount_minor", least=1)
    held = _held(out_of, facts, amount)
    return Decision(
        state=None,
        events=(Event(kind="returned_unknown", effective_at=now, data=_data(ask, amount)),),
        entries=funds.pay_out(out_of, _bank(ask, out_of), amount),
        answer={"balance": held - amount},
    )


def _of_kind(text: str, kind: AccountKind) -> Account:
    found = Account.parse(text)
    if found.kind is not kind:
        raise PayerUnknown(account=text)
    return found


def _bank(ask: Ask, beside: Account) -> Account:
    return account(AccountKind.BANK, payload.text(ask, "bank"), beside.currency)


def _held(of: Account, facts: Facts, amount_minor: int) -> int:
    held = facts.available.get(of.text, 0)
    if held < amount_minor:
        raise MoneyShort(account=of.text, available_minor=held, needed_minor=amount_minor)
    return held


def _data(ask: Ask, amount_minor: int) -> dict[str, object]:
    return {"amount_minor": amount_minor, "reference": payload.text(ask, "reference", "")}
