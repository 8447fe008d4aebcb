"""Quote: price, promotions, bonus time and the exact new deadline, before anything is paid."""

from __future__ import annotations

from datetime import timedelta

from tests.core.decide.desk import (
    HALF_A_YEAR,
    KEEP12,
    NOTHING,
    TEN,
    Desk,
    Refused,
    fees,
    full,
    gift,
    unsellable,
    with_base,
    with_cap,
)
from tests.core.decide.sales import external, forbidden, of_agent
from tests.core.decide.test_restore import lost

from baohao.core.decide.case import ExternalNotSold, VerbNotAllowed
from baohao.core.decide.commission import ServiceFeeRefused, ServiceFeeTooHigh
from baohao.core.decide.offered import (
    BalanceFull,
    NothingGained,
    NotOffered,
    NotSellable,
    RefusedByCap,
)
from baohao.core.decide.recycle import NotQuarantined
from baohao.core.decide.restore import PriorityOver
from baohao.core.fees import VerbNotOffered
from baohao.core.policy.terms import Base

GOOD: dict[str, object] = {"what": "renew", "term": "12 months"}


def desk() -> Desk:
    return Desk().active()


def by_agent() -> Desk:
    """An agent asks, for itself."""
    return desk().by("agent-7")


REFUSED: Refused = {
    "quote": {
        ExternalNotSold: lambda: external(desk()).ask("quote", **GOOD),
        VerbNotAllowed: lambda: forbidden(desk(), "renew").ask("quote", **GOOD),
        NotOffered: lambda: desk().ask("quote", **GOOD | {"term": "5 months"}),
        NotSellable: lambda: desk().varied(**unsellable()).ask("quote", **GOOD),
        NothingGained: lambda: desk().at("2027-06-01").ask("quote", **GOOD),
        RefusedByCap: lambda: desk().varied(**with_cap(KEEP12, "renew", 9)).ask("quote", **GOOD),
        BalanceFull: lambda: (
            Desk(promotions=(gift(TEN, "renew"),))
            .active()
            .varied(**full(KEEP12))
            .ask("quote", **GOOD)
        ),
        VerbNotOffered: lambda: desk().charging(NOTHING).ask("quote", **GOOD),
        **of_agent("quote", by_agent, GOOD | {"service_fee_minor": 1}),
        ServiceFeeRefused: lambda: desk().selling().ask("quote", **GOOD, service_fee_minor=1),
        ServiceFeeTooHigh: lambda: (
            by_agent().selling().ask("quote", **GOOD, service_fee_minor=2_001)
        ),
        NotQuarantined: lambda: (
            lost().at("2026-12-01").ask("quote", what="restore", term="12 months")
        ),
        PriorityOver: lambda: (
            lost().at("2027-04-30").ask("quote", what="restore", term="12 months")
        ),
    }
}


def test_everything_is_said_and_nothing_changed() -> None:
    ready = Desk(promotions=(gift(HALF_A_YEAR, "renew"),)).active().charging(fees(renew=500))
    before = ready.line
    decision = ready.at("2026-12-01").do("quote", **GOOD)
    assert decision.state is before
    assert (decision.events, decision.entries, decision.deferrals) == ((), (), ())
    assert [use.promotion for use in decision.uses] == ["gift"]
    quote = decision.quote
    assert quote is not None
    assert (quote.now, quote.until) == (ready.now, ready.now + timedelta(minutes=15))
    assert quote.terms == {
        "verb": "renew",
        "plan": "keep12",
        "term": "12 months",
        "list": 12_000,
        "price": 12_000,
        "discounts": [],
        "bonus": [["gift", "6 months"]],
        "gifts": [],
        "fee": 500,
        "government": 0,
        "total": 12_500,
        "service_fee": 0,
        "currency": "MOP",
        "before": "2027-01-10T16:00:00+00:00",
        "until": "2028-07-10T16:00:00+00:00",
        "lost_days": 0,
        "shortened_days": 0,
    }


def test_a_rule_that_takes_time_is_said_beforehand() -> None:
    """RESET: a year from 1 Feb 2026 ends on 1 Feb 2027; a second one from 1 Mar on 1 Mar 2027."""
    ready = desk().varied(**with_base(KEEP12, "renew", Base.RESET)).at("2026-02-01")
    ready.do("renew", term="12 months", paid="float:agent-7:MOP")
    ready.do(
        "adjust", clock="service", until="2028-02-01T00:00:00+08:00", reason="r", approved_by="b"
    )
    quote = ready.at("2026-03-01").do("quote", **GOOD).quote
    assert quote is not None
    # 31 Jan 2028 to 1 Mar 2027 are 336 days.
    assert quote.terms["shortened_days"] == 336


def test_what_fell_due_is_left_to_whoever_changes_the_line() -> None:
    ready = desk().at("2027-02-01")
    decision = ready.do("quote", **GOOD)
    assert (decision.events, ready.stage) == ((), "active")
    assert decision.quote is not None
    assert decision.quote.version == ready.line.version == 2
