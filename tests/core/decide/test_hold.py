"""Hold and lift: what would be to the holder's loss is frozen."""

from __future__ import annotations

from tests.core.decide.desk import FLOAT, Desk, Refused
from tests.core.decide.sales import forbidden

from baohao.core.decide.case import VerbNotAllowed
from baohao.core.decide.hold import AlreadyHeld, NotHeld

WHY: dict[str, object] = {"cause": "dispute", "reason": "two people claim it"}


def held() -> Desk:
    desk = Desk().active().at("2027-01-05")
    desk.do("hold", **WHY)
    return desk


REFUSED: Refused = {
    "hold": {
        VerbNotAllowed: lambda: forbidden(Desk().active(), "hold").ask("hold", **WHY),
        AlreadyHeld: lambda: held().ask("hold", **WHY),
    },
    "lift": {NotHeld: lambda: Desk().active().ask("lift", reason="over")},
}


def test_nothing_passes_while_it_lasts_and_everything_moves_on_after() -> None:
    """Held from 5 Jan, six days before the end; lifted on 5 Mar, there are six days again."""
    desk = held()
    assert isinstance(desk.at("2027-03-05").ask("settle"), Exception)
    decision = desk.do("lift", reason="settled between them")
    assert (desk.stage, desk.last_day) == ("active", "2027-03-10")
    assert [e.kind for e in decision.events] == ["acted"]
    desk.at("2027-03-11").do("settle")
    assert desk.stage == "grace"


def test_a_stage_that_had_begun_is_as_much_longer() -> None:
    """In grace since 11 Jan with 30 days; held on the 20th for 40 days: until 22 March."""
    desk = Desk().active().at("2027-01-20")
    desk.do("hold", **WHY)
    desk.at("2027-03-01").do("lift", reason="over")
    assert desk.stage == "grace"
    assert isinstance(desk.at("2027-03-21 23:59").ask("settle"), Exception)
    desk.at("2027-03-22 00:00").do("settle")
    assert desk.stage == "suspended"


def test_a_held_line_is_renewed_and_ended_like_any_other() -> None:
    desk = held()
    desk.do("renew", term="12 months", paid=FLOAT)
    assert desk.last_day == "2028-01-10"
    desk.do("terminate", cause="fraud", reason="proved")
    assert desk.stage == "quarantined"
