"""Reverse: a paid act is undone as far as the policy gives back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from tests.core.decide.desk import (
    AT_WORK,
    BALANCE180,
    CLOSED,
    COUNTED,
    FLOAT,
    HALF_A_YEAR,
    OTHERS,
    TEN,
    TILL,
    Desk,
    Refused,
    gift,
    macau,
    money,
)
from tests.core.decide.sales import forbidden

from baohao.core.asks import Decision
from baohao.core.decide.case import SecondPersonMissing, VerbNotAllowed
from baohao.core.decide.reverse import ActReversed, ActUnknown, ChargedThere, OthersFollow
from baohao.core.decide.selling import MoneyShort
from baohao.core.decide.shift import OtherShift
from baohao.core.line.evolve import acted
from baohao.core.refusals import Refusal
from baohao.core.shifts import NoShift, OtherClerk, Shift, ShiftCounted, TillShort

WHY: dict[str, object] = {"reason": "a change of mind"}


def renewed(at: str = "2026-12-01", *, paid: str = FLOAT, **parts: object) -> Desk:
    desk = Desk(**parts).active().at(at)  # type: ignore[arg-type]
    desk.do("renew", term="12 months", paid=paid)
    return desk


def last(desk: Desk) -> str:
    return desk.line.sold[-1].act


#: One that was opened after the sale.
LATER = replace(AT_WORK, opened_at=macau("2026-12-02"))


def cash_back(shift: Shift, held_minor: int = 10**6, **payload: object) -> Decision | Refusal:
    """Reverse what was paid in cash before a shift, or in it."""
    desk = renewed(paid=TILL).knowing(shifts={TILL: shift}, available={TILL: held_minor})
    return desk.at("2026-12-03").ask("reverse", of=last(desk), **{**WHY, **payload})


def reversed_twice() -> Desk:
    desk = renewed()
    desk.at("2027-06-01").do("reverse", of=last(desk), **WHY)
    return desk


REFUSED: Refused = {
    "reverse": {
        VerbNotAllowed: lambda: forbidden(renewed(), "reverse").ask("reverse", of="x", **WHY),
        SecondPersonMissing: lambda: renewed().ask("reverse", of="x", mistake=True, **WHY),
        ActUnknown: lambda: renewed().ask("reverse", of="x", **WHY),
        ActReversed: lambda: (desk := reversed_twice()).ask("reverse", of=last(desk), **WHY),
        OthersFollow: lambda: (desk := renewed()).ask("reverse", of=desk.line.sold[0].act, **WHY),
        ChargedThere: lambda: (
            (desk := renewed()).mastered_there().ask("reverse", of=last(desk), **WHY)
        ),
        MoneyShort: lambda: (
            (desk := renewed(paid=TILL))
            .knowing(available={TILL: 11_999})
            .ask("reverse", of=last(desk), **WHY)
        ),
        **{
            refusal: partial(cash_back, shift)
            for refusal, shift in {
                NoShift: CLOSED,
                ShiftCounted: COUNTED,
                OtherClerk: OTHERS,
                OtherShift: LATER,
            }.items()
        },
        TillShort: lambda: cash_back(AT_WORK, held_minor=11_999),
    }
}


def test_cash_of_another_shift_is_given_back_by_two_people() -> None:
    assert isinstance(cash_back(AT_WORK), Decision)
    assert isinstance(cash_back(LATER, approved_by="clerk-1"), OtherShift)
    assert isinstance(cash_back(LATER, approved_by="chief"), Decision)


def test_a_year_that_has_not_begun_was_never_bought() -> None:
    desk = renewed("2026-06-01")
    before = Desk().active().line
    decision = desk.at("2026-12-31").do("reverse", of=last(desk), **WHY)
    assert (desk.line.acts, desk.line.sold, desk.line.standing) == (
        before.acts,
        before.sold,
        before.standing,
    )
    assert money(decision.entries) == {"deferred:keep12:MOP": 12_000}
    assert sum(minor for *_, minor in decision.deferrals) == -12_000
    assert decision.answer["back"] == 12_000


def test_in_the_middle_the_days_that_were_served_stay() -> None:
    """The year runs from 11 Jan 2027; on 10 Apr 2027 90 of its 365 days are served."""
    desk = renewed()
    decision = desk.at("2027-04-10").do("reverse", of=last(desk), **WHY)
    assert (desk.last_day, desk.stage) == ("2027-04-10", "active")
    # 275 of 365 days of MOP 120.00 are 90.41; 29.59 stay.
    assert money(decision.entries) == {"deferred:keep12:MOP": 9_041}
    assert sum(minor for *_, minor in decision.deferrals) == -9_041
    assert desk.line.sold[-1].kept_minor == 2_959
    desk.at("2027-04-12").do("settle")
    assert desk.stage == "grace"


def test_bonus_time_goes_first() -> None:
    desk = renewed(promotions=(gift(HALF_A_YEAR, "renew"),))
    decision = desk.at("2028-03-01").do("reverse", of=last(desk), **WHY)
    assert (desk.last_day, decision.answer["back"]) == ("2028-03-01", 0)
    assert decision.entries == ()


def test_inside_the_window_everything_goes_back_and_the_promotion_is_free_again() -> None:
    desk = renewed("2027-01-20", promotions=(gift(HALF_A_YEAR, "renew"),))
    decision = desk.at("2027-01-26").do("reverse", of=last(desk), **WHY)
    assert (desk.last_day, desk.stage) == ("2027-01-10", "grace")
    assert decision.answer["back"] == 12_000
    assert [use.promotion for use in decision.released] == ["gift"]
    assert [e.kind for e in decision.effects] == ["message", "network"]


def test_a_mistake_goes_back_whole_with_a_second_person() -> None:
    desk = renewed()
    desk.at("2027-09-01")
    decision = desk.do("reverse", of=last(desk), mistake=True, approved_by="chief", **WHY)
    assert decision.answer["back"] == 12_000
    # As if it had never been: grace from 11 Jan, suspended from 10 Feb, gone on 11 Apr.
    told = [e.settled.id for e in decision.events if e.settled]
    assert told == ["grace", "suspended", "quarantined", "recycled"]
    assert (desk.stage, [e.kind for e in decision.effects]) == ("recycled", ["message", "network"])


def test_a_wrong_activation_puts_the_card_back() -> None:
    desk = Desk().active()
    decision = desk.at("2026-01-12").do("reverse", of=last(desk), **WHY)
    assert (desk.stage, desk.line.tenure, desk.line.acts, desk.line.sold) == ("stock", None, (), ())
    assert money(decision.entries) == {"deferred:keep12:MOP": 12_000}
    desk.do("activate", term="12 months", paid=FLOAT, holder="h-2", document="bir")
    assert desk.line.tenure is not None
    assert desk.line.tenure.epoch == 2


def test_credit_that_was_used_cannot_come_back() -> None:
    desk = Desk(BALANCE180).active()
    desk.do("top_up", amount_minor=5_000, paid=FLOAT)
    desk.do("record", kind="call_out", spend_minor=2_000)
    decision = desk.at("2026-01-12").do("reverse", of=last(desk), **WHY)
    assert (desk.balance, decision.answer["back"]) == (0, 3_000)
    assert money(decision.entries) == {"credit:balance180:MOP": 3_000}
    # What it bought of time goes with it from the next day on; what the card came with stays.
    assert desk.last_day == "2026-07-09"


def test_a_gift_that_was_spent_is_kept_from_the_refund() -> None:
    desk = renewed("2026-06-01", promotions=(gift(TEN, "renew"),))
    desk.do("record", kind="call_out", spend_minor=400)
    decision = desk.do("reverse", of=last(desk), **WHY)
    assert (desk.balance, desk.last_day) == (0, "2027-01-10")
    assert money(decision.entries) == {
        "deferred:keep12:MOP": 12_000,
        "breakage:keep12:MOP": -400,
        "credit:keep12:MOP": 600,
        "promotion:gift:MOP": -600,
    }
    assert sum(minor for *_, minor in decision.deferrals) == -12_000


def test_the_money_of_a_captured_payment_goes_back_by_its_own_route() -> None:
    desk = renewed("2026-06-01", paid="advance:p-1:MOP")
    decision = desk.do("reverse", of=last(desk), **WHY)
    (entry,) = decision.entries
    assert str(entry.payer) == "refunds:p-1:MOP"


def test_a_policy_may_give_nothing_back() -> None:
    desk = renewed("2026-06-01")
    rule = replace(desk.policy.reversal, paid="none", within=None)
    decision = desk.varied(reversal=rule).do("reverse", of=last(desk), **WHY)
    assert money(decision.entries) == {
        "deferred:keep12:MOP": 12_000,
        "breakage:keep12:MOP": -12_000,
    }
    assert desk.last_day == "2027-01-10"


def test_time_that_a_late_fact_took_is_given_back_whole() -> None:
    """A number ported out in May, heard of in June: the renewal of 1 June never counted."""
    desk = renewed("2026-06-01")
    late = desk.line.acts[-1]
    gone = replace(late, id="gone", kind="terminate", term=None, bonus=(), amount_minor=None)
    before = replace(gone, at=late.at.replace(day=1, month=5))
    desk.state = acted(desk.line, before, desk.rules)[0]
    decision = desk.do("reverse", of=last(desk), **WHY)
    assert decision.answer["back"] == 12_000


def test_what_the_operators_own_system_did_is_taken_back_by_it_alone() -> None:
    desk = renewed().mastered_there()
    refused = desk.ask("reverse", of=last(desk), **WHY)
    assert getattr(refused, "code", "") == "act.charged_there"
    decision = desk.through("operator").do("reverse", of=last(desk), **WHY)
    assert decision.answer["back"] == 12_000
