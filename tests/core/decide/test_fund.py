"""Fund and withdraw: money into and out of a guarded account."""

from __future__ import annotations

from dataclasses import replace

from tests.core.decide.desk import AT_WORK, COUNTED, FLOAT, TILL, Desk, Refused, money

from baohao.core.asks import Decision
from baohao.core.books.chart import AccountMalformed
from baohao.core.decide import decide
from baohao.core.decide.selling import MoneyShort, PayerUnknown
from baohao.core.refusals import Refusal
from baohao.core.shifts import Shift, ShiftCounted, ShiftOpen


def asked(
    verb: str, subject: str, shift: Shift | None = None, **payload: object
) -> Decision | Refusal:
    shifts = {} if shift is None else {TILL: shift}
    desk = Desk(available={FLOAT: 500, TILL: 500}).knowing(shifts=shifts)
    ask = replace(desk.asking(verb, **payload), subject=subject)
    return decide(None, desk.facts, ask, desk.terms, desk.now)


REFUSED: Refused = {
    "fund": {
        PayerUnknown: lambda: asked("fund", "revenue:keep12:MOP", amount_minor=1),
        AccountMalformed: lambda: asked("fund", "float", amount_minor=1),
        ShiftCounted: lambda: asked("fund", TILL, COUNTED, amount_minor=1),
    },
    "withdraw": {
        PayerUnknown: lambda: asked("withdraw", "bank:main:MOP", amount_minor=1),
        AccountMalformed: lambda: asked("withdraw", "float::MOP", amount_minor=1),
        MoneyShort: lambda: asked("withdraw", FLOAT, amount_minor=501),
        ShiftOpen: lambda: asked("withdraw", TILL, AT_WORK, amount_minor=1),
    },
}


def done(verb: str, subject: str) -> Decision:
    decision = asked(verb, subject, amount_minor=200, reference="slip 7")
    assert isinstance(decision, Decision)
    assert (decision.state, decision.events[0].data["reference"]) == (None, "slip 7")
    return decision


def test_money_of_an_agent_is_owed_to_the_agent() -> None:
    assert money(done("fund", FLOAT).entries) == {"bank:main:MOP": 200, FLOAT: -200}
    assert done("fund", FLOAT).answer["balance"] == 700
    assert money(done("withdraw", FLOAT).entries) == {"bank:main:MOP": -200, FLOAT: 200}


def test_cash_in_a_till_is_ours() -> None:
    assert money(done("fund", TILL).entries) == {TILL: 200, "bank:main:MOP": -200}
    assert money(done("withdraw", TILL).entries) == {TILL: -200, "bank:main:MOP": 200}
    assert done("withdraw", TILL).answer["balance"] == 300
