"""Move to another policy: a new version of the same product, or another plan."""

from __future__ import annotations

from dataclasses import replace

from tests.core.decide.desk import BALANCE180, FLOAT, KEEP12, Desk, Refused, fees, money, version_2
from tests.core.decide.sales import external, forbidden, of_fee
from tests.core.decide.test_newer import early, other

from baohao.core.civil import Span, Unit
from baohao.core.decide.case import ExternalNotSold, NotYetTrue, VerbNotAllowed
from baohao.core.decide.repin import (
    NoticeMissing,
    PinSame,
    PlanElsewhere,
    ProductOther,
    TimeWouldBeLost,
)
from baohao.core.line.fold import PolicyMissing, TooManyWorlds
from baohao.core.policy.model import Policy, Until

NEWER = version_2(KEEP12, repin_notice=None)
#: The demo operator's other plan, as if both plans asked for no notice.
OTHER = replace(BALANCE180, repin_notice=None)
ELSEWHERE = version_2(KEEP12, operator="demo2")
MANY = version_2(KEEP12, worlds=(KEEP12,) * 17)


#: Its ladder ends with a clock of its own, which would be a day long.
SHORTER = version_2(
    KEEP12,
    clocks={"other": replace(KEEP12.clocks["service"], id="other", term=Span(1, Unit.DAY))},
    stages=(replace(KEEP12.stages[0], until=Until(clock="other")), *KEEP12.stages[1:]),
    events=(),
)
TOLD: dict[str, object] = {"notified_at": "2026-01-01T09:00:00+08:00"}


def desk(*others: Policy) -> Desk:
    return Desk(KEEP12, *others).active().at("2026-02-15")


REFUSED: Refused = {
    "repin": {
        VerbNotAllowed: lambda: forbidden(desk(NEWER), "repin").ask("repin", pin=NEWER.pin),
        PinSame: lambda: desk().ask("repin", pin=KEEP12.pin, **TOLD),
        PlanElsewhere: lambda: desk(ELSEWHERE).ask("repin", pin=ELSEWHERE.pin, **TOLD),
        PolicyMissing: lambda: desk().ask("repin", pin="mo.demo.keep12@1999", **TOLD),
        NoticeMissing: lambda: desk(NEWER).ask(
            "repin", pin=NEWER.pin, notified_at="2026-01-17T09:00:00+08:00"
        ),
        TimeWouldBeLost: lambda: desk(SHORTER).ask("repin", pin=SHORTER.pin, **TOLD),
        TooManyWorlds: lambda: desk(MANY).ask("repin", pin=MANY.pin, **TOLD),
        NotYetTrue: early,
        ProductOther: other,
    },
    "change_plan": {
        **of_fee("change_plan", lambda: desk(OTHER), {"plan": "balance180", "pin": OTHER.pin}),
        ExternalNotSold: lambda: external(desk()).ask("change_plan", plan="p", pin="x@1"),
        VerbNotAllowed: lambda: forbidden(desk(), "change_plan").ask(
            "change_plan", plan="p", pin="x@1"
        ),
        PinSame: lambda: desk().ask("change_plan", plan="p", pin=KEEP12.pin),
        PlanElsewhere: lambda: desk(ELSEWHERE).ask("change_plan", plan="p", pin=ELSEWHERE.pin),
        PolicyMissing: lambda: desk().ask("change_plan", plan="p", pin="x@1"),
        TimeWouldBeLost: lambda: desk(SHORTER).ask("change_plan", plan="p", pin=SHORTER.pin),
        TooManyWorlds: lambda: desk(MANY).ask("change_plan", plan="p", pin=MANY.pin),
    },
}


def test_a_line_takes_its_time_along_to_the_next_version() -> None:
    ready = desk(NEWER)
    decision = ready.do("repin", pin=NEWER.pin, **TOLD)
    assert (ready.line.pin, ready.line.first_pin) == (NEWER.pin, KEEP12.pin)
    assert (ready.last_day, ready.stage) == ("2027-01-10", "active")
    assert (decision.entries, decision.answer["pin"]) == ((), NEWER.pin)
    ready.do("renew", term="12 months", paid=FLOAT)
    assert ready.last_day == "2028-01-10"


def test_notice_is_counted_to_the_day() -> None:
    ready = desk(NEWER)
    told: dict[str, object] = {"notified_at": "2026-01-16T12:00:00+08:00"}
    ready.do("repin", pin=NEWER.pin, **told)
    assert isinstance(desk(NEWER).ask("repin", pin=NEWER.pin), NoticeMissing)


def test_a_change_of_plan_takes_the_credit_along() -> None:
    ready = desk(OTHER)
    ready.do("adjust", balance="main", amount_minor=700, reason="goodwill", approved_by="chief")
    decision = ready.do("change_plan", plan="balance180", pin=OTHER.pin)
    assert (ready.line.plan, ready.line.pin, ready.balance) == ("balance180", OTHER.pin, 700)
    assert money(decision.entries) == {
        "credit:keep12:MOP": 700,
        "credit:balance180:MOP": -700,
    }
    # What was sold under the old plan is still earned under it.
    assert decision.deferrals == ()
    ready.do("top_up", amount_minor=5_000, paid=FLOAT)
    assert ready.balance == 5_700


def test_what_a_change_of_plan_costs_the_fee_schedule_says() -> None:
    ready = desk(OTHER).charging(fees(change_plan=1_500))
    decision = ready.do("change_plan", plan="balance180", pin=OTHER.pin, paid=FLOAT)
    assert money(decision.entries) == {"fees:demo:MOP": -1_500}
    assert decision.answer["total"] == 1_500
