"""Report loss: nothing works on the card, and the number and its dates stay as they were."""

from __future__ import annotations

from tests.core.decide.desk import FLOAT, Desk, Refused
from tests.core.decide.sales import forbidden

from baohao.core.decide.case import VerbNotAllowed
from baohao.core.decide.register import NobodyHolds
from baohao.core.decide.report_loss import CardLost, CardNotLost
from baohao.core.line import codec
from baohao.core.line.prospect import prospect

NEW: dict[str, object] = {"iccid": "8985301000000000002", "imsi": "455019000000002"}


def lost() -> Desk:
    desk = Desk().active().at("2027-01-05")
    desk.do("report_loss")
    return desk


def works(desk: Desk) -> set[str]:
    seen = prospect(desk.line, desk.terms.rules, desk.now)
    return {service for place in seen.services.values() for service in place}


REFUSED: Refused = {
    "report_loss": {
        VerbNotAllowed: lambda: forbidden(Desk().active(), "report_loss").ask("report_loss"),
        NobodyHolds: lambda: Desk().stocked().ask("report_loss"),
        CardLost: lambda: lost().ask("report_loss"),
    },
    "report_found": {CardNotLost: lambda: Desk().active().ask("report_found")},
}


def test_nothing_works_until_it_is_found_and_no_time_is_gained() -> None:
    desk = Desk().active().at("2027-01-05")
    before = works(desk)
    assert "voice_out" in before
    decision = desk.do("report_loss")
    assert [effect.kind for effect in decision.effects] == ["message", "network"]
    assert decision.effects[1].data["lost"] is True
    assert (works(desk), desk.stage, desk.last_day) == (set(), "active", "2027-01-10")
    assert codec.decode(codec.encode(desk.line)) == desk.line
    desk.at("2027-01-11").do("settle")
    assert desk.stage == "grace"
    decision = desk.do("report_found")
    assert "lost" not in decision.effects[1].data
    assert {"voice_in", "sms_in"} <= works(desk)


def test_another_card_works_and_the_lost_one_is_forgotten() -> None:
    desk = lost()
    decision = desk.do("replace_card", **NEW)
    assert desk.line.lost is None
    assert "voice_out" in works(desk)
    assert "lost" not in decision.effects[1].data


def test_a_lost_card_is_renewed_like_any_other_and_ends_with_its_line() -> None:
    desk = lost()
    desk.do("renew", term="12 months", paid=FLOAT)
    assert desk.last_day == "2028-01-10"
    assert desk.line.lost is not None
    desk.do("terminate", cause="holder", reason="not needed")
    desk.at("2027-09-01").do("return")
    assert desk.line.lost is None
