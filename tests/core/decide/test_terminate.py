"""Terminate: the line ends before its time."""

from __future__ import annotations

from tests.core.decide.desk import BALANCE180, FLOAT, Desk, Refused, money
from tests.core.decide.sales import forbidden

from baohao.core.decide.case import VerbNotAllowed
from baohao.core.decide.register import NobodyHolds

WHY: dict[str, object] = {"cause": "holder", "reason": "moves away"}

REFUSED: Refused = {
    "terminate": {
        VerbNotAllowed: lambda: forbidden(Desk().active(), "terminate").ask("terminate", **WHY),
        NobodyHolds: lambda: Desk().stocked().ask("terminate", **WHY),
    }
}


def test_the_number_rests_from_that_moment_on() -> None:
    desk = Desk().active().at("2026-03-01")
    decision = desk.do("terminate", **WHY)
    assert (desk.stage, desk.line.standing.ended) == ("quarantined", "terminate")
    assert [e.kind for e in decision.effects] == ["message", "network"]
    # The holder's still, until the number is given on: a former holder may come first.
    assert desk.line.tenure is not None
    assert isinstance(desk.ask("terminate", **WHY), NobodyHolds)
    desk.at("2026-05-30 12:00").do("settle")
    assert desk.stage == "recycled"


def test_a_park_ends_with_the_line() -> None:
    desk = Desk().active().at("2026-03-01")
    desk.do("park")
    decision = desk.at("2026-03-05").do("terminate", **WHY)
    assert [e.settled.what for e in decision.events if e.settled] == ["resumed"]
    assert desk.line.standing.parked_since is None


def test_credit_goes_where_the_stage_says() -> None:
    desk = Desk(BALANCE180).active()
    desk.do("top_up", amount_minor=5_000, paid=FLOAT)
    decision = desk.do("terminate", **WHY)
    # The product keeps it in quarantine; suspension, which takes it, is passed over.
    assert (desk.balance, money(decision.entries)) == (5_000, {})


def test_another_operators_line_ends_without_a_known_holder() -> None:
    desk = Desk(custody="external").active()
    assert desk.line.tenure is None
    desk.do("terminate", cause="operator_exit", reason="their network closed")
    assert desk.stage == "quarantined"
