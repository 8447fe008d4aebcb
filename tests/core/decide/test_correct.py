"""Correct: the wrong term was sold; it goes back whole and the right one is sold, as one act."""

from __future__ import annotations

from dataclasses import replace

from tests.core.decide.desk import (
    AT_WORK,
    FLOAT,
    KEEP12,
    TEN,
    TILL,
    WALLET,
    Desk,
    Refused,
    full,
    gift,
    macau,
    money,
    unsellable,
    with_base,
    with_cap,
)
from tests.core.decide.sales import forbidden, of_money
from tests.core.decide.test_reverse import last, reversed_twice

from baohao.core.asks import Decision
from baohao.core.civil import Span, Unit
from baohao.core.decide.case import (
    ExpectationMissing,
    SecondPersonMissing,
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
from baohao.core.decide.reverse import ActReversed, ActUnknown, ChargedThere, OthersFollow
from baohao.core.decide.selling import MoneyShort, PriceMoved
from baohao.core.policy.terms import Base
from baohao.core.refusals import Refusal
from baohao.core.shifts import TillShort

MONTH = Span(1, Unit.MONTH)
OFFERS = (*KEEP12.offers, replace(KEEP12.offers[1], term=MONTH, price_minor=1_500))


def desk(paid: str = FLOAT, **parts: object) -> Desk:
    """A year was sold where a month was meant."""
    ready = Desk(**parts).varied(offers=OFFERS).active().at("2026-06-01")  # type: ignore[arg-type]
    ready.do("renew", term="12 months", paid=paid)
    return ready


GOOD: dict[str, object] = {
    "of": "00000000-0000-0000-0000-000000000003",
    "term": "1 month",
    "paid": FLOAT,
    "reason": "a month was meant",
    "approved_by": "chief",
}


def unexpected() -> Decision | Refusal:
    ready = desk()
    return ready.answer(replace(ready.asking("correct", **GOOD), expect_version=None))


def in_cash(held_minor: int = 10**6, **payload: object) -> Decision | Refusal:
    """Correct what was paid in cash, in the shift that took it in."""
    ready = desk(paid=TILL).knowing(shifts={TILL: AT_WORK}, available={TILL: held_minor})
    return ready.ask("correct", **GOOD | {"paid": TILL} | payload)


REFUSED: Refused = {
    "correct": {
        **of_money("correct", desk, GOOD),
        # What goes back to one float does not help another wallet.
        MoneyShort: lambda: (
            desk().knowing(available={WALLET: 1}).ask("correct", **GOOD | {"paid": WALLET})
        ),
        ExpectationMissing: unexpected,
        VerbNotAllowed: lambda: forbidden(desk(), "correct").ask("correct", **GOOD),
        SecondPersonMissing: lambda: desk().ask("correct", **GOOD | {"approved_by": "clerk-1"}),
        ActUnknown: lambda: desk().ask("correct", **GOOD | {"of": "x"}),
        ActReversed: lambda: (ready := reversed_twice()).ask(
            "correct", **GOOD | {"of": last(ready)}
        ),
        OthersFollow: lambda: (ready := desk()).ask(
            "correct", **GOOD | {"of": ready.line.sold[0].act}
        ),
        ChargedThere: lambda: desk().mastered_there().ask("correct", **GOOD),
        NotOffered: lambda: desk().ask("correct", **GOOD | {"term": "2 months"}),
        NotSellable: lambda: desk().varied(**unsellable()).ask("correct", **GOOD),
        NothingGained: lambda: desk().at("2028-07-01").ask("correct", **GOOD),
        RefusedByCap: lambda: desk().varied(**with_cap(KEEP12, "renew", 9)).ask("correct", **GOOD),
        BalanceFull: lambda: (
            desk(promotions=(gift(TEN, "renew"),)).varied(**full(KEEP12)).ask("correct", **GOOD)
        ),
        WouldShorten: lambda: (
            desk().varied(**with_base(KEEP12, "renew", Base.RESET)).ask("correct", **GOOD)
        ),
        PriceMoved: lambda: desk().ask("correct", **GOOD, total_minor=12_000),
        TillShort: lambda: in_cash(11_999),
    }
}


def test_nobody_is_their_own_second_person_by_a_space() -> None:
    assert isinstance(in_cash(), Decision)
    for alone in ("clerk-1", "clerk-1 ", " ", ""):
        assert isinstance(in_cash(approved_by=alone), SecondPersonMissing)


def test_cash_of_an_earlier_shift_has_its_second_person_already() -> None:
    later = replace(AT_WORK, opened_at=macau("2026-06-02"))
    ready = desk(paid=TILL).at("2026-06-03")
    ready = ready.knowing(shifts={TILL: later}, available={TILL: 10**6})
    assert isinstance(ready.ask("correct", **GOOD | {"paid": TILL}), Decision)
    alone = ready.ask("correct", **GOOD | {"paid": TILL, "approved_by": "clerk-1"})
    assert type(alone) is SecondPersonMissing


def test_one_act_puts_it_right() -> None:
    ready = desk()
    assert ready.last_day == "2028-01-10"
    decision = ready.at("2026-09-01").do("correct", **GOOD)
    assert ready.last_day == "2027-02-10"
    assert [e.kind for e in decision.events] == ["undone", "acted"]
    assert money(decision.entries) == {"deferred:keep12:MOP": 12_000 - 1_500}
    assert sum(minor for *_, minor in decision.deferrals) == 1_500 - 12_000
    assert (decision.answer["back"], decision.answer["total"]) == (12_000, 1_500)
    assert len(ready.line.sold) == 2


def test_what_goes_back_pays_for_what_is_right() -> None:
    ready = desk().knowing(available={FLOAT: 0})
    assert isinstance(ready.ask("correct", **GOOD), Decision)


def test_a_promotion_that_was_used_up_by_the_mistake_is_free_for_the_right_one() -> None:
    once = replace(gift(TEN, "renew"), per_number=1)
    ready = desk(promotions=(once,))
    decision = ready.do("correct", **GOOD)
    assert [u.promotion for u in decision.released] == ["gift"]
    assert [e.kind for e in decision.effects] == ["message", "message"]
