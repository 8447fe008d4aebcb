"""Fund and withdraw: money into and out of a guarded account."""

from __future__ import annotations

from dataclasses import replace

from tests.core.decide.desk import AT_WORK, COUNTED, FLOAT, TILL, Desk, Refused, money

from baohao.core.asks import Decision
from baohao.core.books.chart import AccountMalformed
from baohao.core.decide import decide
from baohao.core.decide.payload import FieldMalformed
from baohao.core.decide.selling import MoneyShort, PayerUnknown
from baohao.core.money import CurrencyUnknown
from baohao.core.refusals import Refusal
from baohao.core.shifts import Shift, ShiftCounted, ShiftOpen


def asked(
    verb: str, subject: str, shift: Shift | None = None, **payload: object
) -> Decision | Refusal:
    shifts = {} if shift is None else {TILL: shift}
    desk = Desk(available={FLOAT: 500, TILL: 500}).knowing(shifts=shifts)
    ask = replace(desk.asking(verb, **payload), subject=subject)
    return decide(None, desk.facts, ask, desk.terms, desk.now)


ADVANCE = "advance:p-1:MOP"


def theirs(currency: str = "HKD", **more: object) -> dict[str, object]:
    return {"currency": currency, "minor": 8_550, "value_minor": 8_806, **more}


REFUSED: Refused = {
    "fund": {
        PayerUnknown: lambda: asked("fund", "revenue:keep12:MOP", amount_minor=1),
        AccountMalformed: lambda: asked("fund", "float", amount_minor=1),
        ShiftCounted: lambda: asked("fund", TILL, COUNTED, amount_minor=1),
        CurrencyUnknown: lambda: asked("fund", ADVANCE, amount_minor=1, exchange=theirs("ZZZ")),
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


def test_money_of_another_currency_is_two_entries_of_one_transfer() -> None:
    came = asked("fund", ADVANCE, amount_minor=8_800, bank="acquirer", exchange=theirs())
    assert isinstance(came, Decision)
    assert [entry.currency for entry in came.entries] == ["HKD", "MOP"]
    assert len({entry.transfer for entry in came.entries}) == 1
    assert money(came.entries) == {
        "bank:acquirer:HKD": 8_550,
        "exchange::HKD": -8_550,
        "exchange::MOP": 8_806,
        ADVANCE: -8_800,
        "rounding::MOP": -6,
    }
    for wrong in (theirs("MOP"), theirs(minor=0), theirs(minor=True), theirs(value_minor=-1), {}):
        refused = asked("fund", ADVANCE, amount_minor=8_800, exchange=wrong)
        assert isinstance(refused, FieldMalformed), wrong
