"""Renew: buy time for a line that keeps its number."""

from __future__ import annotations

from dataclasses import replace as changed
from datetime import date

import pytest
from tests.core.decide.desk import (
    FLOAT,
    HALF_A_YEAR,
    KEEP12,
    NOTHING,
    TEN,
    Desk,
    Refused,
    fees,
    full,
    gift,
    money,
    unsellable,
    with_base,
    with_cap,
    with_window,
)
from tests.core.decide.sales import of_service_fee, of_till

from baohao.core.asks import Decision
from baohao.core.decide.case import (
    ActKnown,
    ExpectationMissing,
    ExternalNotSold,
    LineMoved,
    LineUnknown,
    NotYetTrue,
    VerbNotAllowed,
    WouldShorten,
)
from baohao.core.decide.offered import (
    BalanceFull,
    NothingGained,
    NotOffered,
    NotSellable,
    RefusedByCap,
)
from baohao.core.decide.selling import (
    CurrencyOther,
    DateMoved,
    IdentityMissing,
    MoneyShort,
    PayerUnknown,
    PriceMoved,
    QuoteMoved,
    QuoteOver,
    QuoteUnknown,
    SheetMalformed,
)
from baohao.core.fees import VerbNotOffered
from baohao.core.policy.model import Permission, Restore
from baohao.core.policy.terms import Base
from baohao.core.refusals import Refusal

GOOD: dict[str, object] = {"term": "12 months", "paid": FLOAT}
#: Written on paper two days before the number would have been suspended.
ON_PAPER: dict[str, object] = {"sold_at": "2027-02-08T12:00+08:00", "sheet": "hall/000007"}
QUOTE = "00000000-0000-0000-0000-000000000003"


def quoted() -> Desk:
    desk = Desk().active().at("2026-12-01")
    desk.do("quote", what="renew", term="12 months")
    return desk


def moved() -> Desk:
    """The quote's line was renewed meanwhile by another, and the price went up."""
    desk = quoted()
    desk.do("renew", **GOOD)
    return desk.varied(offers=tuple(changed(o, price_minor=13_000) for o in KEEP12.offers))


def blind() -> Desk:
    """Suspended, where the way back asks for an identity that was never verified."""
    desk = Desk().active(document="")
    stages = tuple(
        changed(s, restore=Restore(by=("renew_late",), identity=True))
        if s.name == "suspended"
        else s
        for s in KEEP12.stages
    )
    return desk.varied(stages=stages).at("2027-03-01")


def unexpected() -> Decision | Refusal:
    desk = Desk().active()
    return desk.answer(changed(desk.asking("renew", **GOOD), expect_version=None))


REFUSED: Refused = {
    "renew": {
        ExpectationMissing: unexpected,
        ExternalNotSold: lambda: Desk(custody="external").active().ask("renew", **GOOD),
        VerbNotAllowed: lambda: (
            Desk()
            .active()
            .varied(permissions={"renew": Permission(allowed=False)})
            .ask("renew", **GOOD)
        ),
        IdentityMissing: lambda: blind().ask("renew", **GOOD),
        NotOffered: lambda: Desk().active().ask("renew", **GOOD | {"term": "7 months"}),
        NotSellable: lambda: Desk().active().varied(**unsellable()).ask("renew", **GOOD),
        NothingGained: lambda: Desk().active().at("2027-05-01").ask("renew", **GOOD),
        RefusedByCap: lambda: (
            Desk().active().varied(**with_cap(KEEP12, "renew", 365)).ask("renew", **GOOD)
        ),
        BalanceFull: lambda: (
            Desk(promotions=(gift(TEN, "renew"),))
            .active()
            .varied(**full(KEEP12))
            .ask("renew", **GOOD)
        ),
        WouldShorten: lambda: (
            Desk()
            .active()
            .varied(**with_base(KEEP12, "renew", Base.RESET))
            .varied(offers=tuple(changed(o, term=HALF_A_YEAR.span) for o in KEEP12.offers))
            .ask("renew", **GOOD | {"term": "6 months"})
        ),
        VerbNotOffered: lambda: Desk().active().charging(NOTHING).ask("renew", **GOOD),
        PayerUnknown: lambda: Desk().active().ask("renew", **GOOD | {"paid": "revenue:p:MOP"}),
        CurrencyOther: lambda: Desk().active().ask("renew", **GOOD | {"paid": "float:a:HKD"}),
        MoneyShort: lambda: Desk().active().knowing(available={FLOAT: 1}).ask("renew", **GOOD),
        PriceMoved: lambda: Desk().active().ask("renew", **GOOD, total_minor=11_000),
        DateMoved: lambda: Desk().active().ask("renew", **GOOD, shown_until="2099-01-01T00:00Z"),
        QuoteUnknown: lambda: Desk().active().ask("renew", **GOOD, quote=QUOTE),
        QuoteOver: lambda: quoted().at("2026-12-01 12:15").ask("renew", **GOOD, quote=QUOTE),
        QuoteMoved: lambda: moved().ask("renew", **GOOD, quote=QUOTE),
        NotYetTrue: lambda: Desk().active().at("2027-02-07").ask("renew", **GOOD, **ON_PAPER),
        SheetMalformed: lambda: Desk().active().at("2027-02-16").ask("renew", **GOOD, **ON_PAPER),
        **of_till("renew", lambda: Desk().active(), GOOD),
        **of_service_fee("renew", lambda: Desk().active(), {"term": "12 months"}, GOOD),
    }
}


def test_a_year_follows_the_year_before() -> None:
    desk = Desk().active().at("2026-12-01")
    decision = desk.do("renew", **GOOD)
    assert (desk.last_day, desk.stage) == ("2028-01-10", "active")
    assert money(decision.entries) == {"deferred:keep12:MOP": -12_000}
    # The year before runs to 10 Jan 2027: what is sold now is earned from the 11th on.
    assert decision.deferrals[0][2] == date(2027, 1, 1)
    assert decision.deferrals[-1][2:] == (date(2028, 1, 1), 329)
    assert decision.answer == {
        "id": "00000000-0000-0000-0000-000000000003",
        "version": 3,
        "until": "2028-01-10T16:00:00+00:00",
        "total": 12_000,
        "currency": "MOP",
    }
    assert [e.kind for e in decision.effects] == ["message"]


def test_twelve_and_six_are_eighteen() -> None:
    desk = Desk(promotions=(gift(HALF_A_YEAR, "renew"),)).active()
    desk.do("renew", **GOOD)
    assert desk.last_day == "2028-07-10"
    paid, bonus = desk.line.standing.benefits[-2:]
    assert (paid.kind, bonus.kind, paid.end) == ("paid", "bonus", bonus.start)


def test_out_of_suspension_the_term_begins_today_and_a_fee_is_paid() -> None:
    desk = Desk().active().at("2027-03-01")
    decision = desk.do("renew", **GOOD)
    assert [e.settled.id for e in decision.events if e.settled] == ["grace", "suspended"]
    assert (desk.stage, desk.last_day) == ("active", "2028-03-01")
    assert money(decision.entries) == {"deferred:keep12:MOP": -12_000, "fees:demo:MOP": -2_000}
    assert [e.kind for e in decision.effects] == ["message", "network"]


def test_what_was_sold_on_paper_counts_from_when_it_was_sold() -> None:
    desk = Desk().active().at("2027-02-12")
    decision = desk.do("renew", **GOOD, **ON_PAPER)
    assert (desk.stage, desk.last_day) == ("active", "2028-01-10")
    # Nobody pays for having been suspended while we could not be reached.
    assert money(decision.entries) == {"deferred:keep12:MOP": -12_000}
    (sold,) = (event for event in decision.events if event.sold is not None)
    assert sold.data == {"sheet": "hall/000007"}


@pytest.mark.parametrize("varied", [{"sheet": ""}, {"quote": QUOTE}, {"channel": "app"}])
def test_only_a_counter_sells_from_paper_and_says_the_sheet(varied: dict[str, str]) -> None:
    desk = Desk().active().at("2027-02-12").through(varied.pop("channel", "counter"))
    refused = desk.ask("renew", **GOOD, **ON_PAPER | varied)
    assert isinstance(refused, SheetMalformed)


def test_the_fee_of_the_channel_is_paid_beside_the_price() -> None:
    desk = Desk().active().charging(fees(renew=500))
    assert desk.do("renew", **GOOD).answer["total"] == 12_500


def test_what_fell_due_by_itself_is_no_change_of_the_line() -> None:
    """The version that was shown is the stored one, however much has fallen due since."""
    desk = Desk().active().at("2027-02-01")
    assert desk.line.version == 2
    desk.do("renew", **GOOD)
    assert (desk.stage, desk.line.version, desk.last_day) == ("active", 4, "2028-01-10")


@pytest.mark.parametrize("shown", ["version", "until"])
def test_nobody_pays_twice_for_what_they_were_shown(shown: str) -> None:
    desk = Desk().active()
    ask = desk.asking("renew", **GOOD)
    if shown == "until":
        until = desk.line.standing.clocks["service"].deadline
        ask = changed(ask, expect_version=None, expect_until=until)
    first = desk.answer(ask)
    assert isinstance(first, Decision)
    desk.state = first.state
    again = desk.answer(changed(ask, key="other"))
    assert isinstance(again, LineMoved)
    assert again.facts["version"] == 3


def test_an_act_is_taken_down_once() -> None:
    desk = Desk().active()
    ask = desk.asking("renew", **GOOD)
    first = desk.answer(ask)
    assert isinstance(first, Decision)
    desk.state = first.state
    again = desk.answer(changed(ask, key="other", expect_version=3))
    assert isinstance(again, ActKnown)


def test_a_line_that_is_not_here() -> None:
    assert isinstance(Desk().ask("renew", **GOOD), LineUnknown)


def test_a_quote_judges_the_stage_at_its_own_moment() -> None:
    """Quoted a minute before the line falls out of grace, paid a few minutes after."""
    desk = Desk().active().at("2027-02-09 23:55")
    quote = desk.do("quote", what="renew", term="12 months")
    assert quote.quote is not None
    assert quote.quote.terms["until"] == "2028-01-10T16:00:00+00:00"
    desk.at("2027-02-10 00:05").do("renew", **GOOD, quote=QUOTE)
    assert (desk.stage, desk.last_day) == ("active", "2028-01-10")
    late = Desk().active().at("2027-02-10 00:05")
    late.do("renew", **GOOD)
    assert late.last_day == "2028-02-10"


def test_a_quote_that_got_better_is_kept() -> None:
    desk = quoted().varied(offers=tuple(changed(o, price_minor=10_000) for o in KEEP12.offers))
    assert desk.do("renew", **GOOD, quote=QUOTE).answer["total"] == 10_000


def test_too_early_for_its_window() -> None:
    desk = Desk().active().varied(**with_window(KEEP12, "renew"))
    early = desk.ask("renew", **GOOD)
    assert isinstance(early, NothingGained)
    assert early.facts["why"] == "too_early"
    desk.at("2026-12-20").do("renew", **GOOD)
    assert desk.last_day == "2028-01-10"


def test_a_longest_that_stays_is_not_sold() -> None:
    desk = Desk().active().varied(**with_base(KEEP12, "renew", Base.LONGEST))
    asked = desk.ask("renew", **GOOD)
    assert isinstance(asked, NothingGained)
    assert asked.facts["why"] == "no_time"
