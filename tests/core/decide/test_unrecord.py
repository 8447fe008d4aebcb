"""Unrecord: what a keeper took down by mistake is as if it had never been."""

from __future__ import annotations

from tests.core.decide.desk import Desk, Refused
from tests.core.decide.sales import forbidden
from tests.core.decide.test_keep import kept

from baohao.core.decide.case import VerbNotAllowed
from baohao.core.decide.unrecord import NotRecorded

CALLED: dict[str, object] = {"kind": "call_out", "at": "2026-05-10T12:00:00+01:00", "act": "mine"}
MISTAKE = {"of": "mine", "reason": "it was the other card"}


def called() -> Desk:
    desk = kept().at("2026-05-11")
    desk.do("record", **CALLED)
    return desk


def begun() -> str:
    return next(act.id for act in kept().line.acts if act.kind == "activate")


REFUSED: Refused = {
    "unrecord": {
        VerbNotAllowed: lambda: forbidden(called(), "unrecord").ask("unrecord", **MISTAKE),
        NotRecorded: lambda: called().ask("unrecord", of="another", reason="x"),
    }
}


def test_the_card_stands_as_if_it_had_never_been() -> None:
    before, desk = kept().at("2026-05-11"), called()
    assert desk.line.standing.clocks["use"].deadline > before.line.standing.clocks["use"].deadline
    decision = desk.do("unrecord", **MISTAKE)
    assert desk.line.standing.clocks == before.line.standing.clocks
    assert [act.kind for act in desk.line.acts] == ["activate", "sms_out"]
    assert [event.kind for event in decision.events] == ["undone"]


def test_a_card_that_only_the_mistake_kept_is_lost_at_once() -> None:
    desk = called().at("2026-09-01")
    assert desk.line.standing.stage == "active"
    desk.do("unrecord", **MISTAKE)
    assert desk.line.standing.stage == "lost"


def test_what_began_it_and_what_was_sold_here_stays() -> None:
    assert isinstance(called().ask("unrecord", of=begun(), reason="x"), NotRecorded)
    issued = Desk().active()
    issued.do("record", kind="call_out", at="2026-01-10T12:00:00+08:00", act="mine")
    assert isinstance(issued.ask("unrecord", **MISTAKE), NotRecorded)
