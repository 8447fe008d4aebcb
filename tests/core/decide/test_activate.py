"""Activate: a card becomes a holder's line, and its clocks begin."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.core.decide.desk import (
    FLOAT,
    HALF_A_YEAR,
    KEEP12,
    NOTHING,
    SEVEN,
    TEN,
    Desk,
    Refused,
    full,
    gift,
    money,
    quote_until,
    unsellable,
)
from tests.core.decide.sales import of_service_fee, of_till

from baohao.core.decide.activate import NotInStock, NotYours
from baohao.core.decide.case import ExternalNotSold, VerbNotAllowed
from baohao.core.decide.offered import BalanceFull, NotOffered, NotSellable
from baohao.core.decide.people import (
    DocumentExpired,
    DocumentRefused,
    GuardianMissing,
    QuotaReached,
)
from baohao.core.decide.selling import (
    CurrencyOther,
    MoneyShort,
    PayerUnknown,
    PriceMoved,
    QuoteMoved,
    QuoteOver,
    QuoteUnknown,
)
from baohao.core.fees import VerbNotOffered
from baohao.core.policy.model import Permission

GOOD: dict[str, object] = {"term": "12 months", "paid": FLOAT, "holder": "h-1", "document": "bir"}


def quoted() -> Desk:
    desk = Desk().stocked()
    desk.do("quote", what="activate", term="12 months")
    return desk


def dearer() -> Desk:
    desk = quoted()
    assert desk.facts.quote is not None
    terms = dict(desk.facts.quote.terms) | {"total": 11_999}
    return desk.knowing(quote=replace(desk.facts.quote, terms=terms))


QUOTE = "00000000-0000-0000-0000-000000000002"
REFUSED: Refused = {
    "activate": {
        NotInStock: lambda: Desk().active().ask("activate", **GOOD),
        NotYours: lambda: Desk().stocked().by("agent-7", SEVEN).ask("activate", **GOOD),
        DocumentRefused: lambda: Desk().stocked().ask("activate", **GOOD | {"document": "hkid"}),
        DocumentExpired: lambda: (
            Desk().stocked().ask("activate", **GOOD, identity_until="2026-01-09")
        ),
        GuardianMissing: lambda: Desk().stocked().ask("activate", **GOOD, age_years=15),
        QuotaReached: lambda: Desk().stocked().knowing(holder_cards=10).ask("activate", **GOOD),
        ExternalNotSold: lambda: Desk(custody="external").stocked().ask("activate", **GOOD),
        VerbNotAllowed: lambda: (
            Desk()
            .varied(permissions={"activate": Permission(channels=frozenset({"app"}))})
            .stocked()
            .ask("activate", **GOOD)
        ),
        NotOffered: lambda: Desk().stocked().ask("activate", **GOOD | {"term": "6 months"}),
        NotSellable: lambda: Desk().varied(**unsellable()).stocked().ask("activate", **GOOD),
        BalanceFull: lambda: (
            Desk(promotions=(gift(TEN, "activate"),))
            .varied(**full(KEEP12))
            .stocked()
            .ask("activate", **GOOD)
        ),
        VerbNotOffered: lambda: Desk().stocked().charging(NOTHING).ask("activate", **GOOD),
        PayerUnknown: lambda: Desk().stocked().ask("activate", **GOOD | {"paid": "bank:b:MOP"}),
        CurrencyOther: lambda: Desk().stocked().ask("activate", **GOOD | {"paid": "float:a:HKD"}),
        MoneyShort: lambda: Desk(available={FLOAT: 11_999}).stocked().ask("activate", **GOOD),
        PriceMoved: lambda: Desk().stocked().ask("activate", **GOOD, total_minor=11_999),
        QuoteUnknown: lambda: Desk().stocked().ask("activate", **GOOD, quote=QUOTE),
        QuoteOver: lambda: quoted().at("2026-01-10 12:15").ask("activate", **GOOD, quote=QUOTE),
        QuoteMoved: lambda: dearer().ask("activate", **GOOD, quote=QUOTE),
        **of_till("activate", lambda: Desk().stocked(), GOOD),
        **of_service_fee(
            "activate", lambda: Desk().stocked(), {"what": "activate", "term": "12 months"}, GOOD
        ),
    }
}


def test_a_year_begins_and_is_earned_month_by_month() -> None:
    desk = Desk().stocked()
    decision = desk.do("activate", **GOOD)
    assert (desk.stage, desk.last_day, desk.balance) == ("active", "2027-01-10", 0)
    assert money(decision.entries) == {"deferred:keep12:MOP": -12_000}
    # 366 days from 10 Jan 2026 to 10 Jan 2027: 22 of January, 28 of February, ... 10 of January.
    assert decision.deferrals[0] == ("keep12", "MOP", date(2026, 1, 1), 721)
    assert decision.deferrals[-1] == ("keep12", "MOP", date(2027, 1, 1), 328)
    assert sum(minor for *_, minor in decision.deferrals) == 12_000
    assert [effect.kind for effect in decision.effects] == ["message", "network"]
    assert desk.line.tenure is not None
    assert (desk.line.tenure.holder, desk.line.tenure.identity) == ("h-1", "registered")
    assert decision.answer["total"] == 12_000


def test_a_promotion_gives_time_and_credit_with_the_card() -> None:
    desk = Desk(promotions=(gift(HALF_A_YEAR, "activate"),)).active()
    assert desk.last_day == "2027-07-10"
    desk = Desk(promotions=(gift(TEN, "activate"),)).stocked()
    decision = desk.do("activate", **GOOD)
    assert desk.balance == 1_000
    assert money(decision.entries) == {
        "deferred:keep12:MOP": -12_000,
        "credit:keep12:MOP": -1_000,
        "promotion:gift:MOP": 1_000,
    }


def test_a_minor_has_somebody_who_answers() -> None:
    desk = Desk().active(age_years=15, guardian="h-9")
    assert desk.line.tenure is not None
    assert desk.line.tenure.guardian == "h-9"
    assert Desk().active(age_years=16).stage == "active"


def test_the_eleventh_card_of_an_organisation_is_none_too_many() -> None:
    desk = Desk().stocked().knowing(holder_cards=10)
    desk.do("activate", **GOOD, holder_kind="organisation")
    assert desk.stage == "active"


def test_a_quote_of_the_card_is_kept() -> None:
    desk = quoted()
    assert quote_until(desk, 5).until > desk.now
    desk.at("2026-01-10 12:14").do("activate", **GOOD, quote=QUOTE)
    assert desk.last_day == "2027-01-10"
