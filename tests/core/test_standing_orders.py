"""Standing orders: told first, charged then, tried again, stopped by one tap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.civil import Span
from baohao.core.standing_orders import (
    NoticeTooShort,
    OverLimit,
    Progress,
    StandingOrder,
    StandingOrderMalformed,
    Step,
    StepKind,
    due,
    hold_to_limit,
    next_step,
    stop,
)

MACAU = ZoneInfo("Asia/Macau")
DEADLINE = datetime(2027, 1, 1, tzinfo=MACAU)


def order(**parts: object) -> StandingOrder:
    facts: dict[str, object] = {"number": "+85366123456", "epoch": 1, "plan": "keep12"}
    facts |= {"term": Span.parse("12 months"), "means": "wallet:w-19:MOP", "currency": "MOP"}
    facts |= {"limit_minor": 13000, "zone": MACAU, "consented_at": datetime(2026, 1, 1, tzinfo=UTC)}
    return StandingOrder(**{**facts, **parts})  # type: ignore[arg-type]


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MACAU)


def test_told_three_weeks_before_charged_two() -> None:
    told = Progress(deadline=DEADLINE, noticed_at=day("2026-12-11"))
    assert next_step(order(), DEADLINE) == Step(StepKind.NOTIFY, day("2026-12-11"))
    assert next_step(order(), DEADLINE, told) == Step(StepKind.CHARGE, day("2026-12-18"))


def test_a_late_notice_moves_the_charge_never_the_notice() -> None:
    told = Progress(deadline=DEADLINE, noticed_at=day("2026-12-28"))
    assert next_step(order(), DEADLINE, told) == Step(StepKind.CHARGE, day("2027-01-04"))
    consented = order(consented_at=day("2026-12-30"))
    assert next_step(consented, DEADLINE) == Step(StepKind.NOTIFY, day("2026-12-30"))


def test_a_failed_charge_is_tried_daily_until_the_cure_period_ends() -> None:
    progress = Progress(deadline=DEADLINE, noticed_at=day("2026-12-11"))
    tries = []
    while (step := next_step(order(), DEADLINE, progress)) and step.kind is StepKind.CHARGE:
        tries.append(step.at)
        progress = replace(progress, failed_at=(*progress.failed_at, step.at))
    assert tries == [day(f"2026-12-{n}") for n in range(18, 25)]
    assert step == Step(StepKind.GIVE_UP, day("2026-12-25"))
    assert next_step(order(), DEADLINE, replace(progress, gave_up=True)) is None


def test_a_deadline_that_moved_begins_anew() -> None:
    old = Progress(deadline=DEADLINE, noticed_at=day("2026-12-11"), gave_up=True)
    later = day("2028-01-01")
    assert next_step(order(), later, old) == Step(StepKind.NOTIFY, day("2027-12-11"))


def test_one_tap_stops_it_and_a_second_changes_nothing() -> None:
    at = day("2026-12-12")
    stopped = stop(order(), at)
    told = Progress(deadline=DEADLINE, noticed_at=day("2026-12-11"))
    assert next_step(stopped, DEADLINE, told) is None
    assert stop(stopped, at + timedelta(days=1)) == stopped
    assert next_step(order(), None) is None


def test_a_charge_stays_within_the_consent() -> None:
    hold_to_limit(order(), 13000)
    with pytest.raises(OverLimit):
        hold_to_limit(order(), 13001)


@pytest.mark.parametrize("notice", ["6 days", "0 days", "200 hours"])
def test_a_short_notice_is_refused(notice: str) -> None:
    with pytest.raises(NoticeTooShort):
        order(notice=Span.parse(notice))


@pytest.mark.parametrize(
    "parts", [{"limit_minor": 0}, {"lead": Span.parse("5 hours")}, {"cure": Span.parse("5 hours")}]
)
def test_a_malformed_order_is_refused(parts: dict[str, object]) -> None:
    with pytest.raises(StandingOrderMalformed):
        order(**parts)


@pytest.mark.parametrize("notice", ["7 days", "1 week", "1 month"])
def test_a_notice_of_a_week_or_more_is_good(notice: str) -> None:
    assert order(notice=Span.parse(notice)).notice == Span.parse(notice)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=60))
def test_law_a_charge_is_always_a_notice_after_the_holder_was_told(waits: list[int]) -> None:
    """Whenever the schedule happens to run: told once, first charge at least seven days later."""
    now, progress = day("2026-11-20"), Progress(deadline=DEADLINE)
    told: list[datetime] = []
    charged: list[datetime] = []
    for hours in waits:
        now += timedelta(hours=hours)
        step = due(order(), DEADLINE, now, progress)
        if step is None:
            continue
        assert step.at <= now
        if step.kind is StepKind.NOTIFY:
            told.append(now)
            progress = replace(progress, noticed_at=now)
        elif step.kind is StepKind.CHARGE:
            charged.append(now)
            progress = replace(progress, failed_at=(*progress.failed_at, now))
        else:
            progress = replace(progress, gave_up=True)
    assert len(told) <= 1
    assert not charged or charged[0] - told[0] >= timedelta(days=7)
    assert all(b - a >= timedelta(days=1) for a, b in pairwise(charged))
