"""Commission: what an agent earns by a sale, what a reversal takes back, and its own fee on top."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from tests.core.decide.desk import BALANCE180, FLOAT, TILL, Desk, Refused, fees, money
from tests.core.decide.test_correct import GOOD as CORRECTLY
from tests.core.decide.test_correct import OFFERS

from baohao.core.commissions import Earned, Rate

#: Its refusals are met where the verbs are.
REFUSED: Refused = {}

FIVE = Rate(verbs=frozenset({"renew", "top_up", "activate", "restore"}), basis_points=500)
WHY: dict[str, object] = {"reason": "a change of mind"}
YEAR: dict[str, object] = {"term": "12 months", "paid": FLOAT}


def desk(rate: Rate = FIVE) -> Desk:
    return Desk().selling(rate).active(paid=TILL).at("2026-06-01")


def test_a_sale_earns_a_share_of_what_was_paid() -> None:
    decision = desk().do("renew", **YEAR)
    assert decision.earned == (
        Earned(
            agent="agent-7",
            verb="renew",
            plan="keep12",
            currency="MOP",
            total_minor=12_000,
            commission_minor=600,
        ),
    )
    # The agent's side is posted by the batch, in the agent's own bucket.
    assert money(decision.entries) == {"deferred:keep12:MOP": -12_000}


def test_fees_earn_nothing() -> None:
    ready = desk().charging(fees(renew=700, replace_card=5_000))
    (sold,) = ready.do("renew", **YEAR).earned
    assert (sold.total_minor, sold.commission_minor) == (12_700, 600)
    (paid,) = ready.do("replace_card", iccid="8985301000000000002", paid=FLOAT).earned
    assert (paid.verb, paid.total_minor, paid.commission_minor) == ("replace_card", 5_000, 0)


def test_credit_earns_as_time_does() -> None:
    ready = Desk(BALANCE180).selling(FIVE).active().at("2026-02-01")
    (sold,) = ready.do("top_up", amount_minor=10_000, paid=FLOAT).earned
    assert (sold.verb, sold.commission_minor) == ("top_up", 500)


def test_who_is_not_in_the_register_pays_as_before_and_earns_nothing() -> None:
    for payer in (TILL, "wallet:w-1:MOP", "advance:p-1:MOP"):
        ready = desk()
        assert ready.do("renew", term="12 months", paid=payer).earned == ()
        assert ready.line.sold[-1].agent == ""
    # A float in another currency than its own is not the agent's.
    ready = desk().selling(FIVE, currency="HKD")
    assert ready.do("renew", **YEAR).earned == ()
    ready = desk()
    ready.agents = {}
    assert ready.do("renew", **YEAR).earned == ()


def test_without_a_schedule_of_its_currency_nothing_is_earned() -> None:
    ready = desk()
    ready.commissions = {"demo": replace(ready.commissions["demo"], currency="HKD")}
    (sold,) = ready.do("renew", **YEAR).earned
    assert (sold.total_minor, sold.commission_minor) == (12_000, 0)
    assert ready.ask("renew", **YEAR, service_fee_minor=1).code == "service_fee.too_high"  # type: ignore[union-attr]


def test_a_whole_reversal_takes_all_of_it_back() -> None:
    ready = desk()
    ready.do("renew", **YEAR)
    act = ready.line.sold[-1].act
    (lost,) = ready.at("2026-06-02").do("reverse", of=act, **WHY).earned
    assert (lost.total_minor, lost.commission_minor, lost.of) == (-12_000, -600, UUID(act))
    assert (lost.verb, lost.service_fee_minor) == ("reverse", 0)


def test_a_partial_reversal_takes_back_the_same_share_rounded_up() -> None:
    """The year runs from 11 Jan 2027; on 10 Apr 275 of its 365 days come back: 9,041 of 12,000."""
    ready = desk().at("2026-12-01")
    ready.do("renew", **YEAR)
    decision = ready.at("2027-04-10").do("reverse", of=ready.line.sold[-1].act, **WHY)
    (lost,) = decision.earned
    assert (decision.answer["back"], lost.total_minor) == (9_041, -9_041)
    # 600 * 2,959 / 12,000 = 147.95: what is kept has earned 147, and 453 are lost.
    assert lost.commission_minor == -453


def test_what_is_put_right_is_taken_back_and_earned_anew() -> None:
    ready = Desk().varied(offers=OFFERS).selling(FIVE).active(paid=TILL).at("2026-06-01")
    ready.do("renew", **YEAR)
    lost, sold = ready.do("correct", **CORRECTLY).earned
    assert (lost.verb, lost.total_minor, lost.commission_minor) == ("correct", -12_000, -600)
    assert (sold.verb, sold.total_minor, sold.commission_minor) == ("renew", 1_500, 75)


def test_an_agent_that_sells_no_more_loses_what_is_reversed() -> None:
    ready = desk()
    ready.do("renew", **YEAR)
    ready.selling(FIVE, is_active=False)
    (lost,) = ready.do("reverse", of=ready.line.sold[-1].act, **WHY).earned
    assert lost.commission_minor == -600


def test_the_service_fee_is_shown_and_kept_and_booked_nowhere() -> None:
    ready = desk()
    quote = ready.by("agent-7").do("quote", term="12 months", service_fee_minor=2_000).quote
    assert quote is not None
    assert (quote.terms["service_fee"], quote.terms["total"]) == (2_000, 12_000)
    decision = ready.do("renew", **YEAR, quote=str(quote.id), service_fee_minor=1_500)
    assert decision.answer["total"] == 12_000
    assert money(decision.entries) == {"deferred:keep12:MOP": -12_000}
    assert ready.line.sold[-1].service_fee_minor == 1_500
    assert decision.earned[0].service_fee_minor == 1_500


def test_a_quote_without_a_service_fee_allows_none() -> None:
    ready = desk()
    quote = ready.do("quote", term="12 months").quote
    assert quote is not None
    asked = ready.ask("renew", **YEAR, quote=str(quote.id), service_fee_minor=1)
    assert asked.code == "service_fee.moved"  # type: ignore[union-attr]
    assert ready.ask("renew", **YEAR, service_fee_minor="1").code == "ask.field"  # type: ignore[union-attr]
