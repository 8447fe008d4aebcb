"""Adjust: put right by hand, with a reason and a second person's eyes."""

from __future__ import annotations

from tests.core.decide.desk import FLOAT, Desk, Refused, money
from tests.core.decide.sales import forbidden

from baohao.core.decide.case import SecondPersonMissing, VerbNotAllowed
from baohao.core.decide.observe import ClockUnknown

BY: dict[str, object] = {"reason": "the operator's letter of May", "approved_by": "chief"}
CLOCK: dict[str, object] = {"clock": "service", "until": "2027-03-16T00:00:00+08:00"}

REFUSED: Refused = {
    "adjust": {
        VerbNotAllowed: lambda: forbidden(Desk().active(), "adjust").ask("adjust", **CLOCK, **BY),
        SecondPersonMissing: lambda: (
            Desk().active().ask("adjust", **CLOCK, **BY | {"approved_by": "clerk-1"})
        ),
        ClockUnknown: lambda: Desk().active().ask("adjust", **CLOCK | {"clock": "main"}, **BY),
    }
}


def test_a_clock_stands_where_it_is_put_and_later_terms_follow_from_there() -> None:
    desk = Desk().active()
    decision = desk.do("adjust", **CLOCK, **BY)
    assert desk.last_day == "2027-03-15"
    assert decision.events[0].data == {"approved_by": "chief"}
    desk.do("renew", term="12 months", paid=FLOAT)
    assert desk.last_day == "2028-03-15"


def test_a_balance_is_put_right_and_so_are_the_books() -> None:
    desk = Desk().active()
    decision = desk.do("adjust", balance="main", amount_minor=700, **BY)
    assert desk.balance == 700
    assert money(decision.entries) == {"credit:keep12:MOP": -700, "adjustments:by_hand:MOP": 700}
    decision = desk.do("adjust", balance="main", amount_minor=200, **BY)
    assert money(decision.entries) == {"credit:keep12:MOP": 500, "adjustments:by_hand:MOP": -500}


def test_a_clock_may_be_put_into_the_past() -> None:
    desk = Desk().active()
    decision = desk.do("adjust", clock="service", until="2026-01-01T00:00:00+08:00", **BY)
    assert desk.stage == "grace"
    assert [effect.kind for effect in decision.effects] == ["message", "network"]
