"""Top up: buy credit; what time it gives, the policy's events say."""

from __future__ import annotations

from dataclasses import replace

from tests.core.decide.desk import (
    BALANCE180,
    FLOAT,
    TEN,
    Desk,
    Refused,
    full,
    gift,
    money,
    with_base,
    with_cap,
)
from tests.core.decide.sales import of_quote, of_sale

from baohao.core.asks import Decision
from baohao.core.decide.case import ExpectationMissing, WouldShorten
from baohao.core.decide.offered import BalanceFull, NothingGained, NotOffered, RefusedByCap
from baohao.core.decide.selling import IdentityMissing
from baohao.core.policy.terms import Base
from baohao.core.refusals import Refusal

GOOD: dict[str, object] = {"amount_minor": 10_000, "paid": FLOAT}


def desk() -> Desk:
    return Desk(BALANCE180).active()


def unexpected() -> Decision | Refusal:
    ready = desk()
    return ready.answer(replace(ready.asking("top_up", **GOOD), expect_version=None))


REFUSED: Refused = {
    "top_up": {
        **of_sale("top_up", desk, GOOD),
        **of_quote("top_up", desk, {"what": "top_up", "amount_minor": 10_000}, GOOD),
        ExpectationMissing: unexpected,
        IdentityMissing: lambda: (
            Desk(BALANCE180).active(document="").at("2026-08-15").ask("top_up", **GOOD)
        ),
        NotOffered: lambda: desk().ask("top_up", **GOOD | {"amount_minor": 7_000}),
        NothingGained: lambda: (
            desk().at("2026-08-15").ask("top_up", **GOOD | {"amount_minor": 5_000})
        ),
        RefusedByCap: lambda: (
            desk().varied(**with_cap(BALANCE180, "topup", 180)).ask("top_up", **GOOD)
        ),
        BalanceFull: lambda: desk().varied(**full(BALANCE180)).ask("top_up", **GOOD),
        WouldShorten: lambda: (
            topped()
            .varied(**with_base(BALANCE180, "topup", Base.RESET))
            .ask("top_up", **GOOD | {"amount_minor": 5_000})
        ),
    }
}


def topped() -> Desk:
    ready = desk()
    ready.do("top_up", **GOOD)
    return ready


def test_credit_is_owed_and_time_follows() -> None:
    ready = desk()
    assert ready.last_day == "2026-07-09"
    decision = ready.at("2026-03-01").do("top_up", **GOOD)
    # 9 Jul 2026 + 365 days = 9 Jul 2027; the cap is 1 Mar 2026 + 365 days.
    assert (ready.last_day, ready.balance) == ("2027-03-01", 10_000)
    assert decision.answer["lost_days"] == 130
    assert money(decision.entries) == {"credit:balance180:MOP": -10_000}
    assert decision.deferrals == ()


def test_a_gift_is_credit_too() -> None:
    ready = Desk(BALANCE180, promotions=(gift(TEN, "top_up"),)).active()
    decision = ready.do("top_up", **GOOD | {"amount_minor": 5_000})
    assert ready.balance == 6_000
    assert money(decision.entries) == {"credit:balance180:MOP": -6_000, "promotion:gift:MOP": 1_000}


def test_the_way_back_is_paid_out_of_the_credit() -> None:
    ready = desk().at("2026-08-15")
    decision = ready.do("top_up", **GOOD)
    assert (ready.stage, ready.last_day, ready.balance) == ("active", "2027-02-11", 7_000)
    assert money(decision.entries) == {
        "credit:balance180:MOP": -7_000,
        "revenue:balance180:MOP": -3_000,
    }


def test_credit_counts_for_itself_where_no_rule_gives_time() -> None:
    ready = desk().varied(events=())
    ready.do("top_up", **GOOD)
    assert (ready.last_day, ready.balance) == ("2026-07-09", 10_000)
