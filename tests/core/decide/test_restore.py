"""Restore: a former holder comes first, for a while."""

from __future__ import annotations

from dataclasses import replace

from tests.core.decide.desk import FLOAT, KEEP12, TEN, Desk, Refused, full, gift, money
from tests.core.decide.sales import of_quote, of_sale

from baohao.core.asks import Decision
from baohao.core.civil import Span, Unit
from baohao.core.decide.case import ExpectationMissing, VerbNotAllowed, WouldShorten
from baohao.core.decide.offered import BalanceFull, NothingGained, NotOffered
from baohao.core.decide.recycle import NotQuarantined
from baohao.core.decide.restore import PriorityOver
from baohao.core.policy.model import Quarantine
from baohao.core.refusals import Refusal

GOOD: dict[str, object] = {"term": "12 months", "paid": FLOAT}
FIRST = Quarantine(
    min=Span(90, Unit.DAY),
    former_holder_within=Span(15, Unit.DAY),
    former_holder_fee_minor=5_000,
)


def lost(**parts: object) -> Desk:
    """Quarantined since 11 April 2027: 10 Jan + 30 + 60 days; the former holder has to the 26th."""
    return Desk(**parts).active().varied(quarantine=FIRST).at("2027-04-20")  # type: ignore[arg-type]


def unexpected() -> Decision | Refusal:
    ready = lost()
    return ready.answer(replace(ready.asking("restore", **GOOD), expect_version=None))


def nowhere() -> Desk:
    """No clock that a bought term moves begins with the activation: nothing would bring it back."""
    clocks = {name: replace(clock, starts=("first_use",)) for name, clock in KEEP12.clocks.items()}
    return lost().varied(clocks=clocks)


def terminated() -> Desk:
    ready = Desk().active().varied(quarantine=FIRST).at("2026-02-01")
    ready.do("renew", **GOOD)
    ready.do("terminate", cause="holder", reason="a whim")
    return ready


REFUSED: Refused = {
    "restore": {
        **of_sale("restore", lost, GOOD),
        **of_quote("restore", lost, {"what": "restore", "term": "12 months"}, GOOD),
        VerbNotAllowed: lambda: Desk().active().at("2027-04-20").ask("restore", **GOOD),
        ExpectationMissing: unexpected,
        NotQuarantined: lambda: Desk().active().varied(quarantine=FIRST).ask("restore", **GOOD),
        PriorityOver: lambda: lost().at("2027-04-26 00:00").ask("restore", **GOOD),
        NotOffered: lambda: lost().ask("restore", **GOOD | {"term": "5 months"}),
        NothingGained: lambda: nowhere().ask("restore", **GOOD),
        BalanceFull: lambda: (
            lost(promotions=(gift(TEN, "renew"),)).varied(**full(KEEP12)).ask("restore", **GOOD)
        ),
        WouldShorten: lambda: terminated().ask("restore", **GOOD),
    }
}


def test_the_number_comes_back_for_a_term_from_today_and_a_fee() -> None:
    ready = lost().at("2027-04-25 23:59")
    decision = ready.do("restore", **GOOD)
    assert (ready.stage, ready.last_day) == ("active", "2028-04-25")
    assert money(decision.entries) == {"deferred:keep12:MOP": -12_000, "fees:demo:MOP": -5_000}
    assert [effect.kind for effect in decision.effects] == ["message", "network"]
    assert ready.line.tenure is not None
    assert ready.line.tenure.epoch == 1
    ready.at("2028-05-01")
    ready.do("settle")
    assert ready.stage == "grace"


def test_who_ended_a_line_may_have_it_again() -> None:
    ready = terminated()
    ready.do("restore", **GOOD, accept_shorter=True)
    assert (ready.stage, ready.last_day) == ("active", "2027-02-01")
