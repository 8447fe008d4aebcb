"""Money in suspense: held until somebody knows whose it is, then a payment's, or paid back."""

from __future__ import annotations

from dataclasses import replace

from tests.core.decide.desk import Desk, Refused, money

from baohao.core.asks import Decision
from baohao.core.books.chart import AccountMalformed
from baohao.core.decide import decide
from baohao.core.decide.selling import MoneyShort, PayerUnknown
from baohao.core.refusals import Refusal

SUSPENSE, ADVANCE, BANK = "suspense:row-1:MOP", "advance:p-1:MOP", "bank:bnu:MOP"


def asked(verb: str, subject: str = SUSPENSE, **payload: object) -> Decision | Refusal:
    desk = Desk(available={SUSPENSE: 500, "suspense:row-2:HKD": 500, "float:agent-7:MOP": 500})
    ask = replace(desk.asking(verb, **({"amount_minor": 200} | payload)), subject=subject)
    return decide(None, desk.facts, ask, desk.terms, desk.now)


REFUSED: Refused = {
    "hold_unknown": {
        PayerUnknown: lambda: asked("hold_unknown", "float:agent-7:MOP", bank="bnu"),
        AccountMalformed: lambda: asked("hold_unknown", "suspense", bank="bnu"),
    },
    "assign": {
        PayerUnknown: lambda: asked("assign", ADVANCE, paid="float:agent-7:MOP"),
        AccountMalformed: lambda: asked("assign", ADVANCE, paid="suspense"),
        MoneyShort: lambda: asked("assign", ADVANCE, paid=SUSPENSE, amount_minor=501),
    },
    "return_unknown": {
        PayerUnknown: lambda: asked("return_unknown", "float:agent-7:MOP", bank="bnu"),
        AccountMalformed: lambda: asked("return_unknown", "suspense", bank="bnu"),
        MoneyShort: lambda: asked("return_unknown", bank="bnu", amount_minor=501),
    },
}


def test_what_came_is_held_and_paid_back() -> None:
    held = asked("hold_unknown", bank="bnu", reference="r-1")
    assert isinstance(held, Decision)
    assert money(held.entries) == {BANK: 200, SUSPENSE: -200}
    assert (held.answer, held.events[0].data["reference"]) == ({"balance": 700}, "r-1")
    back = asked("return_unknown", bank="bnu")
    assert isinstance(back, Decision)
    assert money(back.entries) == {SUSPENSE: 200, BANK: -200}
    assert back.answer == {"balance": 300}


def test_what_is_somebodys_is_paid_by_what_was_held() -> None:
    given = asked("assign", ADVANCE, paid=SUSPENSE)
    assert isinstance(given, Decision)
    assert money(given.entries) == {ADVANCE: -200}
    (entry,) = given.entries
    assert (str(entry.payer), entry.transfer is not None) == (SUSPENSE, True)


def test_money_stays_in_its_currency() -> None:
    assert isinstance(asked("assign", ADVANCE, paid="suspense:row-2:HKD"), PayerUnknown)
