"""Deposit and undo it: a captured payment's money goes into a wallet or a float, and out again."""

from __future__ import annotations

from datetime import datetime

from baohao.core.agents import AgentInactive, AgentUnknown
from baohao.core.asks import Ask, Decision, Effect, Facts, Terms
from baohao.core.books import funds
from baohao.core.books.chart import Account, AccountKind
from baohao.core.decide import payload
from baohao.core.decide.selling import CurrencyOther, MoneyShort, PayerUnknown
from baohao.core.line.event import Event
from baohao.core.payments import PURSES, NotAPurse


def deposit(ask: Ask, facts: Facts, terms: Terms, now: datetime) -> Decision:
    """
    Take money out of a payment's advance into the wallet or float that the ask is about.

    Fields: `amount_minor`, `paid` (the advance). Refuses with `NotAPurse`, `PayerUnknown`,
    `AccountMalformed`, `CurrencyOther`, `AgentUnknown`, `AgentInactive` or `MoneyShort`.
    """
    payload.only(ask, "amount_minor", "paid")
    into, advance = _read(ask)
    _sells(into, terms)
    amount = payload.whole(ask, "amount_minor", least=1)
    held = facts.available.get(str(advance), 0)
    if held < amount:
        raise MoneyShort(account=str(advance), available_minor=held, needed_minor=amount)
    data = {"amount_minor": amount, "payment": advance.owner}
    return Decision(
        state=None,
        events=(Event(kind="deposited", effective_at=now, data=data),),
        entries=funds.receive(into, amount, payer=advance, transfer=terms.transfer),
        answer={
            "total": amount,
            "currency": into.currency,
            "balance": facts.available.get(str(into), 0) + amount,
        },
    )


def undo_deposit(ask: Ask, facts: Facts, terms: Terms, now: datetime) -> Decision:
    """
    Take money of a deposit that is still in the wallet or float out again; it is owed to the payer.

    Fields: `amount_minor`, `paid` (the advance that it came from), `by`, `reason`,
    `approved_by`. Refuses with `NotAPurse`, `PayerUnknown`, `AccountMalformed`,
    `CurrencyOther` or `MoneyShort`.
    """
    payload.only(ask, "amount_minor", "paid", "by")
    out_of, advance = _read(ask)
    amount = payload.whole(ask, "amount_minor", least=1)
    held = facts.available.get(str(out_of), 0)
    if held < amount:
        raise MoneyShort(account=str(out_of), available_minor=held, needed_minor=amount)
    reason = payload.reason(ask)
    data: dict[str, object] = {
        "amount_minor": amount,
        "payment": advance.owner,
        "reason": reason,
        "by": payload.text(ask, "by"),
        "approved_by": payload.text(ask, "approved_by", ""),
    }
    return Decision(
        state=None,
        events=(Event(kind="deposit_undone", effective_at=now, data=data),),
        entries=funds.give_back(out_of, amount, payer=advance, transfer=terms.transfer),
        effects=(Effect(kind="refund", due_at=now, data=data),),
        answer={"balance": held - amount},
    )


def _read(ask: Ask) -> tuple[Account, Account]:
    subject, advance = Account.parse(ask.subject), payload.account(ask, "paid")
    if subject.kind not in PURSES:
        raise NotAPurse(account=ask.subject)
    if advance.kind is not AccountKind.ADVANCE:
        raise PayerUnknown(account=str(advance))
    if advance.currency != subject.currency:
        raise CurrencyOther(price=subject.currency, account=str(advance))
    return subject, advance


def _sells(into: Account, terms: Terms) -> None:
    """Ask for the agent of a float to sell still, in the currency that its float has."""
    if into.kind is not AccountKind.FLOAT:
        return
    agent = terms.agents.get(into.owner)
    if agent is None or agent.float_account != into.text:
        raise AgentUnknown(agent=into.owner)
    if not agent.is_active:
        raise AgentInactive(agent=into.owner)
