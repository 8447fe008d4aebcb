"""Deposits: a payment's money goes into a wallet or a float, and as far as it is there, back."""

from __future__ import annotations

from dataclasses import replace

from tests.core.decide.desk import SEVEN, Desk, Refused, money

from baohao.core.agents import AgentInactive, AgentUnknown
from baohao.core.asks import Decision
from baohao.core.books.chart import AccountMalformed
from baohao.core.books.entry import uncleared
from baohao.core.books.sale import batch_transfer
from baohao.core.decide import decide
from baohao.core.decide.selling import CurrencyOther, MoneyShort, PayerUnknown
from baohao.core.payments import NotAPurse
from baohao.core.refusals import Refusal

ADVANCE, WALLET, FLOAT = "advance:p-1:MOP", "wallet:w-1:MOP", "float:agent-7:MOP"


def asked(
    verb: str, subject: str = WALLET, *, sells: bool = True, **payload: object
) -> Decision | Refusal:
    desk = Desk(available={ADVANCE: 500, WALLET: 300})
    terms = replace(desk.terms, agents={"agent-7": replace(SEVEN, is_active=sells)})
    said = {"amount_minor": 200, "paid": ADVANCE} | payload
    if verb == "undo_deposit":
        said = {"by": "ada", "reason": "moving away"} | said
    ask = replace(desk.asking(verb, **said), subject=subject)
    return decide(None, desk.facts, ask, terms, desk.now)


REFUSED: Refused = {
    "deposit": {
        NotAPurse: lambda: asked("deposit", "till:t-1:MOP"),
        PayerUnknown: lambda: asked("deposit", paid=FLOAT),
        AccountMalformed: lambda: asked("deposit", paid="advance"),
        CurrencyOther: lambda: asked("deposit", "wallet:w-1:HKD"),
        AgentUnknown: lambda: asked("deposit", "float:agent-9:MOP"),
        AgentInactive: lambda: asked("deposit", FLOAT, sells=False),
        MoneyShort: lambda: asked("deposit", amount_minor=501),
    },
    "undo_deposit": {
        NotAPurse: lambda: asked("undo_deposit", "advance:p-1:MOP"),
        PayerUnknown: lambda: asked("undo_deposit", paid=FLOAT),
        AccountMalformed: lambda: asked("undo_deposit", paid="advance"),
        CurrencyOther: lambda: asked("undo_deposit", "wallet:w-1:HKD"),
        MoneyShort: lambda: asked("undo_deposit", amount_minor=301),
    },
}


def test_money_goes_in_and_comes_out_by_two_entries_of_one_transfer() -> None:
    put_in, back = asked("deposit"), asked("undo_deposit")
    assert isinstance(put_in, Decision)
    assert isinstance(back, Decision)
    for decision, far in ((put_in, {ADVANCE: 200}), (back, {"refunds:p-1:MOP": -200})):
        entries = (*decision.entries, *batch_transfer(decision.entries))
        near = {WALLET: -200} if decision is put_in else {WALLET: 200}
        assert money(entries) == near | far
        assert len(entries) == 2
        assert uncleared(entries) == {}
    assert put_in.answer == {"total": 200, "currency": "MOP", "balance": 500}
    assert back.answer == {"balance": 100}
    (effect,) = back.effects
    assert (effect.kind, effect.data["payment"], effect.data["by"]) == ("refund", "p-1", "ada")
    assert put_in.effects == ()


def test_an_agent_that_sells_no_more_gets_its_money_back_all_the_same() -> None:
    desk = Desk(available={FLOAT: 300})
    said = {"amount_minor": 200, "paid": ADVANCE, "by": "ada", "reason": "closing"}
    ask = replace(desk.asking("undo_deposit", **said), subject=FLOAT)
    assert isinstance(decide(None, desk.facts, ask, desk.terms, desk.now), Decision)
