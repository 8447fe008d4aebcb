"""Record: what happened elsewhere, whenever it is heard of."""

from __future__ import annotations

from dataclasses import replace

from tests.core.decide.desk import (
    BALANCE180,
    FLOAT,
    KEEP12,
    Desk,
    Refused,
    money,
    with_base,
)
from tests.core.decide.sales import forbidden
from tests.core.decide.test_keep import kept

from baohao.core.decide.case import ActKnown, NotYetTrue, VerbNotAllowed, WouldShorten
from baohao.core.decide.record import BeforeItBegan
from baohao.core.policy.terms import Base

RENEWED: dict[str, object] = {"kind": "renewal", "term": "12 months", "act": "theirs-1"}


def known() -> Desk:
    desk = Desk(custody="external").active()
    desk.do("record", **RENEWED)
    return desk


REFUSED: Refused = {
    "record": {
        VerbNotAllowed: lambda: forbidden(Desk().active(), "record").ask("record", **RENEWED),
        BeforeItBegan: lambda: kept().ask("record", kind="sms_out", at="2026-01-01T00:00:00+00:00"),
        ActKnown: lambda: known().ask("record", **RENEWED),
        NotYetTrue: lambda: (
            Desk().active().ask("record", kind="call_out", at="2026-01-10T12:00:01+08:00")
        ),
        WouldShorten: lambda: (
            Desk(custody="external")
            .varied(**with_base(KEEP12, "renew", Base.RESET))
            .active()
            .ask("record", kind="renewal", term="1 month")
        ),
    }
}


def test_another_operators_renewal_moves_the_line_and_no_money() -> None:
    desk = known()
    assert desk.last_day == "2028-01-10"
    decision = desk.do("record", kind="topup", amount_minor=5_000, at="2026-01-10T11:59:00+08:00")
    assert (decision.entries, decision.deferrals, decision.effects) == ((), (), ())


def test_usage_elsewhere_is_booked_by_what_it_did_to_the_balance() -> None:
    desk = Desk(BALANCE180).active()
    desk.do("top_up", amount_minor=5_000, paid=FLOAT)
    decision = desk.do("record", kind="call_out", spend_minor=120)
    assert desk.balance == 4_880
    assert money(decision.entries) == {
        "credit:balance180:MOP": 120,
        "adjustments:elsewhere:MOP": -120,
    }
    # More than there was cannot be spent.
    decision = desk.do("record", kind="call_out", spend_minor=9_000)
    assert (desk.balance, money(decision.entries)["credit:balance180:MOP"]) == (0, 4_880)


def test_a_late_fact_unsettles_what_had_seemed_to_fall_due() -> None:
    """Suspended on 9 Feb 2027 as far as known; a renewal of 5 January comes to light in March."""
    desk = Desk().active().at("2027-03-01")
    desk.do("settle")
    assert desk.stage == "suspended"
    decision = desk.do("record", **RENEWED, at="2027-01-05T09:00:00+08:00")
    told = [(e.kind, e.settled.id) for e in decision.events if e.settled]
    assert told == [("unsettled", "grace"), ("unsettled", "suspended")]
    assert (desk.stage, desk.last_day) == ("active", "2028-01-10")
    assert [effect.kind for effect in decision.effects] == ["network"]


def test_what_a_late_fact_unsettles_is_taken_back_in_the_books() -> None:
    """The balance was forfeited on suspension; a late top-up says that there was none."""
    desk = Desk(BALANCE180).active()
    desk.do("record", kind="topup", amount_minor=1_000)
    assert (desk.balance, desk.last_day) == (1_000, "2026-07-09")
    settled = desk.at("2026-08-15").do("settle")
    assert money(settled.entries) == {
        "credit:balance180:MOP": 1_000,
        "breakage:balance180:MOP": -1_000,
    }
    late = desk.do("record", kind="topup", amount_minor=5_000, at="2026-07-01T09:00:00+08:00")
    assert (desk.stage, desk.balance, desk.last_day) == ("active", 6_000, "2027-01-05")
    assert money(late.entries) == {
        "credit:balance180:MOP": -6_000,
        "breakage:balance180:MOP": 1_000,
        "adjustments:elsewhere:MOP": 5_000,
    }


def test_the_months_of_what_was_sold_move_with_it() -> None:
    """Sold on 1 June for 10 Jan 2027 on; a renewal recorded before it pushes it a year further."""
    desk = Desk().active().at("2026-06-01")
    desk.do("renew", term="12 months", paid=FLOAT)
    decision = desk.do("record", **RENEWED, at="2026-05-01T09:00:00+08:00")
    assert desk.last_day == "2029-01-10"
    assert sum(minor for *_, minor in decision.deferrals) == 0
    assert {month.year for *_, month, _ in decision.deferrals} == {2027, 2028, 2029}
    assert decision.entries == ()


def test_allowances_and_evidence_are_taken_down() -> None:
    desk = Desk().active()
    decision = desk.do(
        "record", kind="usage", used={"data_mb": 30, "sms": 1}, evidence="file 7", tags=["paid"]
    )
    (event,) = decision.events
    assert event.act is not None
    assert event.act.used == (("data_mb", 30), ("sms", 1))
    assert event.data == {"evidence": "file 7"}


def test_a_repeat_of_another_kind_is_a_repeat() -> None:
    desk = known()
    assert isinstance(desk.ask("record", **RENEWED | {"kind": "call_out"}), ActKnown)
    assert replace(desk.line, version=0).acts == desk.line.acts
