"""Keep fees and hand over: what a payment gateway does with the money it holds for us."""

from __future__ import annotations

from datetime import datetime

from baohao.core.asks import Ask, Decision, Facts
from baohao.core.books import funds
from baohao.core.books.chart import Account, AccountKind, account
from baohao.core.decide import payload
from baohao.core.line.event import Event
from baohao.core.refusals import Refusal


class NotAGateway(Refusal):
    """{account} is no account at a gateway or bank: write bank:KEY:CURRENCY."""

    code = "gateway.not_one"


class SameBank(Refusal):
    """{account} cannot hand money over to itself: name another bank account of ours."""

    code = "gateway.same_bank"


def keep_fees(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Take down what a gateway keeps of a day, as its bill says.

    Fields: `amount_minor` (below zero: it gives back more than it takes), `day`.
    Refuses with `NotAGateway` or `AccountMalformed`.
    """
    payload.only(ask, "amount_minor", "day")
    gateway = _gateway(ask)
    amount = payload.whole(ask, "amount_minor", least=-(2**53))
    data: dict[str, object] = {"amount_minor": amount, "day": payload.text(ask, "day")}
    event = Event(kind="fees_kept", effective_at=now, data=data)
    return Decision(state=None, events=(event,), entries=funds.gateway_fee(gateway, amount))


def hand_over(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Take down that a gateway paid what it holds into a bank account of ours.

    Fields: `amount_minor`, `bank`, `reference`.
    Refuses with `NotAGateway`, `AccountMalformed` or `SameBank`.
    """
    payload.only(ask, "amount_minor", "bank", "reference")
    gateway = _gateway(ask)
    amount = payload.whole(ask, "amount_minor", least=1)
    bank = account(AccountKind.BANK, payload.text(ask, "bank", "main"), gateway.currency)
    if bank == gateway:
        raise SameBank(account=ask.subject)
    data: dict[str, object] = {
        "amount_minor": amount,
        "bank": bank.owner,
        "reference": payload.text(ask, "reference", ""),
    }
    event = Event(kind="handed_over", effective_at=now, data=data)
    return Decision(state=None, events=(event,), entries=funds.hand_over(gateway, bank, amount))


def _gateway(ask: Ask) -> Account:
    gateway = Account.parse(ask.subject)
    if gateway.kind is not AccountKind.BANK:
        raise NotAGateway(account=ask.subject)
    return gateway
