"""The way back is told before it is needed, and is what the door will grant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from tests.shop import BALANCE180, KEEP12, rules

from baohao.core.civil import Span
from baohao.core.fees import Fee, FeeSchedule
from baohao.core.line.project import Boundary, Projection
from baohao.core.policy.model import Permission, Policy
from baohao.core.way_back import Place, WayBack, ways_back

MACAU = ZoneInfo("Asia/Macau")


def at(month: int, day: int) -> datetime:
    return datetime(2027, month, day, tzinfo=MACAU)


def ahead(policy: Policy, now: datetime, begins: dict[str, datetime]) -> Projection:
    kinds = {stage.name: stage.kind for stage in policy.stages}
    (first, *_), rest = begins, list(begins.items())[1:]
    return Projection(
        at=now,
        stage=first,
        kind=kinds[first],
        services={},
        clocks={},
        balances={},
        safe_until=None,
        service_until=None,
        ahead=tuple(Boundary(name, kinds[name], when) for name, when in rest),
        barred_days={},
    )


LADDER = {
    "active": at(1, 1),
    "grace": at(2, 1),
    "suspended": at(3, 3),
    "quarantined": at(5, 2),
    "recycled": at(7, 31),
}


def fees(**verbs: tuple[str, ...]) -> FeeSchedule:
    found = {(verb, channel): Fee() for verb, channels in verbs.items() for channel in channels}
    return FeeSchedule(operator="demo", currency="MOP", effective_from=at(1, 1).date(), fees=found)


def found(policy: Policy, schedule: FeeSchedule | None) -> dict[str, WayBack]:
    view = ahead(policy, at(1, 10), LADDER)
    return {way.stage: way for way in ways_back(policy, schedule, view, at(1, 1))}


def test_each_stage_has_its_last_day_place_and_fee() -> None:
    ways = found(rules()[KEEP12], fees(renew=("counter", "app", "api")))
    assert [way.verb for way in ways.values()] == ["renew", "renew", "renew", "", ""]
    assert ways["grace"].until == at(3, 3)
    assert ways["grace"].places == (
        Place(channel="counter", fee_minor=0),
        Place(channel="app", fee_minor=0),
    )
    assert {place.fee_minor for place in ways["suspended"].places} == {2_000}
    assert ways["recycled"].until is None


def test_a_channel_that_the_product_bars_is_not_told() -> None:
    policy = rules()[KEEP12]
    barred = replace(policy, permissions={"renew": Permission(channels=frozenset({"counter"}))})
    assert {p.channel for p in found(barred, fees(renew=("counter", "app")))["grace"].places} == {
        "counter"
    }
    never = replace(policy, permissions={"renew": Permission(allowed=False)})
    assert found(never, None)["grace"].places == ()


def test_a_former_holder_has_the_time_that_the_policy_gives() -> None:
    policy = rules()[KEEP12]
    kept = replace(
        policy,
        quarantine=replace(
            policy.quarantine,
            former_holder_within=Span.parse("15 days"),
            former_holder_fee_minor=2_000,
        ),
    )
    way = found(kept, fees(restore=("counter",)))["quarantined"]
    assert (way.verb, way.until) == ("restore", at(5, 17))
    assert way.places == (Place(channel="counter", fee_minor=2_000),)
    # Whoever has longer than the number rests has it for as long as it rests.
    long = replace(kept.quarantine, former_holder_within=Span.parse("1 year"))
    assert found(replace(kept, quarantine=long), None)["quarantined"].until == at(7, 31)
    assert found(kept, None)["recycled"].verb == ""


def test_a_top_up_brings_back_what_a_top_up_keeps() -> None:
    policy = rules()[BALANCE180]
    begins = {stage.name: at(n + 1, 1) for n, stage in enumerate(policy.stages)}
    ways = ways_back(policy, None, ahead(policy, at(1, 10), begins), None)
    back = next(way for way in ways if way.identity)
    assert (back.verb, back.least_minor) == ("top_up", 10_000)
    assert {place.channel for place in back.places} == {"counter"}
    assert back.places[0].fee_minor == 3_000


@pytest.mark.parametrize("now", [at(1, 10).astimezone(UTC), at(1, 10)])
def test_zones_change_nothing(now: datetime) -> None:
    policy = rules()[KEEP12]
    ways = ways_back(policy, None, ahead(policy, now, LADDER), None)
    assert ways[1].until == at(3, 3)
