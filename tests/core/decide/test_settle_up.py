"""Settle up: take down what fell due by itself."""

from __future__ import annotations

from tests.core.decide.desk import BALANCE180, Desk, Refused, money

from baohao.core.decide.settle_up import NothingDue

REFUSED: Refused = {"settle": {NothingDue: lambda: Desk().active().ask("settle")}}


def test_what_fell_due_is_taken_down_at_its_own_instants() -> None:
    desk = Desk().active().at("2027-08-01")
    decision = desk.do("settle")
    told = [(e.settled.id, e.effective_at.isoformat()) for e in decision.events if e.settled]
    assert told == [
        ("grace", "2027-01-10T16:00:00+00:00"),
        ("suspended", "2027-02-09T16:00:00+00:00"),
        ("quarantined", "2027-04-10T16:00:00+00:00"),
        ("recycled", "2027-07-09T16:00:00+00:00"),
    ]
    assert (desk.stage, desk.line.version) == ("recycled", 6)
    assert [effect.kind for effect in decision.effects] == ["network"]
    assert isinstance(desk.ask("settle"), NothingDue)


def test_a_forfeit_is_income_without_service() -> None:
    desk = Desk(BALANCE180).active()
    # The card's own 180 days end on 9 July, grace on 8 August.
    desk.do("adjust", balance="main", amount_minor=5_000, reason="goodwill", approved_by="chief")
    decision = desk.at("2026-08-15").do("settle")
    assert (desk.stage, desk.balance) == ("suspended", 0)
    assert money(decision.entries) == {
        "credit:balance180:MOP": 5_000,
        "breakage:balance180:MOP": -5_000,
    }
