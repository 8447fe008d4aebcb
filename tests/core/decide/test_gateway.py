"""What a gateway does with the money it holds for us: it keeps fees, and hands the rest over."""

from __future__ import annotations

from dataclasses import replace

from tests.core.decide.desk import Desk, Refused, money

from baohao.core.asks import Decision
from baohao.core.books.chart import AccountMalformed
from baohao.core.decide import decide
from baohao.core.decide.gateway import NotAGateway, SameBank
from baohao.core.refusals import Refusal

HELD = "bank:wechat:MOP"


def asked(verb: str, subject: str = HELD, **payload: object) -> Decision | Refusal:
    desk = Desk()
    ask = replace(desk.asking(verb, **payload), subject=subject)
    return decide(None, desk.facts, ask, desk.terms, desk.now)


REFUSED: Refused = {
    "keep_fees": {
        NotAGateway: lambda: asked("keep_fees", "float:agent-7:MOP", amount_minor=1, day="x"),
        AccountMalformed: lambda: asked("keep_fees", "bank", amount_minor=1, day="x"),
    },
    "hand_over": {
        NotAGateway: lambda: asked("hand_over", "till:hall-1:MOP", amount_minor=1),
        AccountMalformed: lambda: asked("hand_over", "bank", amount_minor=1),
        SameBank: lambda: asked("hand_over", amount_minor=1, bank="wechat"),
    },
}


def test_what_a_gateway_keeps_is_an_expense_and_what_it_gives_back_is_less_of_one() -> None:
    for minor in (72, -5):
        kept = asked("keep_fees", amount_minor=minor, day="2026-03-01")
        assert isinstance(kept, Decision)
        assert money(kept.entries) == {"gateway_fees:wechat:MOP": minor, HELD: -minor}
        assert kept.events[0].data["day"] == "2026-03-01"


def test_what_it_hands_over_is_at_our_bank() -> None:
    handed = asked("hand_over", amount_minor=400, reference="payout 1")
    assert isinstance(handed, Decision)
    assert money(handed.entries) == {"bank:main:MOP": 400, HELD: -400}
    assert handed.events[0].data["reference"] == "payout 1"
