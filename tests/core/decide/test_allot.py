"""Allot: a card in stock is one agent's, until it is taken back or activated."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.core.decide.desk import EIGHT, FLOAT, KEEP12, SEVEN, Desk, Refused

from baohao.core.agents import AgentElsewhere, AgentInactive, AgentUnknown
from baohao.core.decide.activate import NotInStock, NotYours
from baohao.core.decide.allot import NotForAgents, ThereAlready
from baohao.core.decide.case import ExternalNotSold

GOOD: dict[str, object] = {"term": "12 months", "paid": FLOAT, "holder": "h-1", "document": "bir"}
GONE, ELSEWHERE = replace(SEVEN, is_active=False), replace(SEVEN, operators=frozenset({"cmhk"}))


def stocked(custody: str = "issued") -> Desk:
    return Desk(custody=custody).stocked().by("staff", SEVEN, EIGHT)


def allotted() -> Desk:
    desk = stocked()
    desk.do("allot", agent="agent-7")
    return desk


REFUSED: Refused = {
    "allot": {
        NotForAgents: lambda: stocked().by("agent-8", EIGHT).ask("allot", agent="agent-8"),
        ExternalNotSold: lambda: stocked("external").ask("allot", agent="agent-7"),
        ThereAlready: lambda: allotted().ask("allot", agent="agent-7"),
        NotInStock: lambda: Desk().active().by("staff", SEVEN).ask("allot", agent="agent-7"),
        AgentUnknown: lambda: stocked().ask("allot", agent="agent-9"),
        AgentInactive: lambda: stocked().by("staff", GONE).ask("allot", agent="agent-7"),
        AgentElsewhere: lambda: stocked().by("staff", ELSEWHERE).ask("allot", agent="agent-7"),
    }
}


def test_a_card_goes_from_hand_to_hand() -> None:
    desk = allotted()
    decision = desk.do("allot", agent="agent-8")
    assert (desk.line.agent, desk.stage) == ("agent-8", "stock")
    assert [event.kind for event in decision.events] == ["allotted"]
    assert (decision.entries, decision.effects) == ((), ())
    assert desk.do("allot", agent="").answer["agent"] == ""
    assert desk.line.agent == ""
    assert isinstance(desk.ask("allot", agent=""), ThereAlready)
    assert isinstance(Desk().active().ask("allot", agent=""), NotInStock)


def test_what_an_agent_cannot_sell_any_more_can_be_taken_back() -> None:
    desk = allotted().by("staff", GONE)
    desk.do("allot", agent="")
    assert desk.line.agent == ""


def test_an_agent_activates_its_own_cards_and_they_are_in_nobody_s_stock_then() -> None:
    desk = allotted()
    assert isinstance(desk.by("agent-8", SEVEN, EIGHT).ask("activate", **GOOD), NotYours)
    desk.by("agent-7", SEVEN, EIGHT).do("activate", **GOOD)
    assert (desk.line.agent, desk.stage) == ("", "active")
    slip = {"reason": "a slip", "mistake": True, "approved_by": "chief"}
    desk.by("staff").do("reverse", of=desk.line.sold[0].act, **slip)
    assert (desk.line.agent, desk.line.tenure, desk.stage) == ("", None, "stock")


@pytest.mark.parametrize("who", ["staff", "kiosk"])
def test_staff_and_whoever_is_no_registered_agent_activate_any_card(who: str) -> None:
    desk = allotted().by(who, SEVEN)
    desk.do("activate", **GOOD)
    assert desk.line.agent == ""


def test_a_card_that_began_to_live_elsewhere_is_in_nobody_s_stock() -> None:
    desk = allotted()
    desk.do("record", kind="activate")
    assert (desk.line.agent, desk.line.tenure, desk.stage) == ("", None, "active")


def test_a_number_that_rested_is_nobody_s_and_may_be_allotted_again() -> None:
    desk = Desk().active().by("staff", SEVEN)
    desk.at("2026-02-01").do("terminate", cause="holder", reason="moved away")
    desk.at("2026-09-01").do("return")
    assert (desk.stage, desk.line.agent) == ("returned", "")
    desk.do("allot", agent="agent-7")
    assert desk.line.agent == "agent-7"
    desk.by("agent-7", SEVEN).do("activate", **GOOD)
    assert desk.line.agent == ""
    assert desk.policy == KEEP12
