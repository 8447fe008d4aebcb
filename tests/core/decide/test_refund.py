"""Refunds: money of a payment is set apart, and goes back by the way it came."""

from __future__ import annotations

from dataclasses import replace

from tests.core.decide.desk import Desk, Refused, money

from baohao.core.asks import Decision
from baohao.core.books.chart import AccountMalformed
from baohao.core.decide import decide
from baohao.core.decide.selling import MoneyShort, PayerUnknown
from baohao.core.refusals import Refusal

ADVANCE, REFUNDS = "advance:p-1:MOP", "refunds:p-1:MOP"


def asked(verb: str, subject: str = ADVANCE, **payload: object) -> Decision | Refusal:
    desk = Desk(available={ADVANCE: 500, "float:agent-7:MOP": 500})
    facts = replace(desk.facts, owed={REFUNDS: 300})
    ask = replace(desk.asking(verb, **payload), subject=subject)
    return decide(None, facts, ask, desk.terms, desk.now)


REFUSED: Refused = {
    "owe_refund": {
        PayerUnknown: lambda: asked("owe_refund", "float:agent-7:MOP", amount_minor=1),
        AccountMalformed: lambda: asked("owe_refund", "advance", amount_minor=1),
        MoneyShort: lambda: asked("owe_refund", amount_minor=501),
    },
    "pay_refund": {
        PayerUnknown: lambda: asked("pay_refund", "wallet:w:MOP", amount_minor=1, bank="acquirer"),
        AccountMalformed: lambda: asked("pay_refund", "advance", amount_minor=1, bank="acquirer"),
        MoneyShort: lambda: asked("pay_refund", amount_minor=301, bank="acquirer"),
    },
}


def test_what_is_owed_can_only_go_back() -> None:
    owed = asked("owe_refund", amount_minor=200, reference="r-1")
    assert isinstance(owed, Decision)
    assert money(owed.entries) == {ADVANCE: 200, REFUNDS: -200}
    assert (owed.answer, owed.events[0].data["reference"]) == ({"balance": 300}, "r-1")
    paid = asked("pay_refund", amount_minor=200, bank="acquirer")
    assert isinstance(paid, Decision)
    assert money(paid.entries) == {REFUNDS: 200, "bank:acquirer:MOP": -200}
    assert paid.answer == {"owed": 100}
