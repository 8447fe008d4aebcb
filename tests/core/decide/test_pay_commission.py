"""Pay commission: what an agent has earned goes into its own float, and never more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.core.decide.desk import FLOAT, WALLET, Desk, Refused, money

from baohao.core.asks import Decision
from baohao.core.books.chart import AccountMalformed
from baohao.core.decide import decide
from baohao.core.decide.pay_commission import NotAFloat, NothingOwed
from baohao.core.refusals import Refusal

OWED = "commission_owed:agent-7:MOP"


def asked(owed_minor: int, subject: str = FLOAT, **payload: object) -> Decision | Refusal:
    desk = Desk(available={FLOAT: 500}).knowing(owed={OWED: owed_minor})
    ask = replace(desk.asking("pay_commission", **payload), subject=subject)
    return decide(None, desk.facts, ask, desk.terms, desk.now)


REFUSED: Refused = {
    "pay_commission": {
        NotAFloat: lambda: asked(100, WALLET, amount_minor=1),
        AccountMalformed: lambda: asked(100, "float", amount_minor=1),
        NothingOwed: lambda: asked(0, amount_minor=1),
    }
}


@pytest.mark.parametrize(("owed_minor", "paid_minor"), [(100, 100), (700, 600), (600, 600)])
def test_no_more_is_paid_than_is_owed_and_asked_for(owed_minor: int, paid_minor: int) -> None:
    decision = asked(owed_minor, amount_minor=600, month="2026-11")
    assert isinstance(decision, Decision)
    assert money(decision.entries) == {OWED: paid_minor, FLOAT: -paid_minor}
    assert decision.answer == {"paid": paid_minor, "balance": 500 + paid_minor}
    assert decision.events[0].data == {
        "amount_minor": paid_minor,
        "most_minor": 600,
        "month": "2026-11",
    }


def test_an_agent_that_owes_is_paid_nothing() -> None:
    assert isinstance(asked(-1, amount_minor=600), NothingOwed)
    assert isinstance(asked(5, "float:agent-8:MOP", amount_minor=600), NothingOwed)
