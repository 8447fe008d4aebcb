"""Reminders: told in time, told awake, told about the deadline as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.civil import Span
from baohao.core.policy.model import ReminderRule
from baohao.core.reminders import Known, Reminder, Wishes, most_urgent, reminders

MACAU, LISBON, HONOLULU = map(ZoneInfo, ("Asia/Macau", "Europe/Lisbon", "Pacific/Honolulu"))
AT_HOME = Wishes(zone=MACAU)
#: Good to the end of 31 December 2026 in Macau.
DEADLINE = datetime(2027, 1, 1, tzinfo=MACAU)
LONG_AGO, FAR_OFF = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)


def rule(*leads: str, **parts: object) -> ReminderRule:
    facts: dict[str, object] = {"clock": "service", "leads": tuple(map(Span.parse, leads))}
    return ReminderRule(**{**facts, **parts})  # type: ignore[arg-type]


def due(
    of: ReminderRule,
    known: Known | None = None,
    wishes: Wishes = AT_HOME,
    since: datetime = LONG_AGO,
    until: datetime = FAR_OFF,
    **more: object,
) -> tuple[Reminder, ...]:
    known = known or Known(earliest=DEADLINE, latest=DEADLINE)
    clocks, stages = ({"service": known}, {}) if of.clock else ({}, {"grace": known})
    return reminders(
        [of],
        clocks,
        stages,
        zone=MACAU,
        wishes=wishes,
        since=since,
        until=until,
        **more,  # type: ignore[arg-type]
    )


def walls(found: tuple[Reminder, ...], zone: ZoneInfo = MACAU) -> list[str]:
    return [f"{r.due_at.astimezone(zone):%Y-%m-%d %H:%M}" for r in found]


def test_leads_are_civil_days_before_the_last_good_day() -> None:
    found = due(rule("60 days", "7 days", "1 day", "0 days"))
    assert walls(found) == [
        "2026-11-01 09:00",
        "2026-12-24 09:00",
        "2026-12-30 09:00",
        "2026-12-31 09:00",
    ]
    assert [r.lead_days for r in found] == [60, 7, 1, 0]
    assert [r.level for r in found] == [1, 1, 1, 3]
    assert {(r.subject, r.deadline, r.latest) for r in found} == {("clock:service", DEADLINE, None)}


def test_hours_before_are_that_instant() -> None:
    assert walls(due(rule("36 hours"))) == ["2026-12-30 12:00"]


def test_months_before_are_months() -> None:
    assert walls(due(rule("1 month", "2 months"))) == ["2026-10-31 09:00", "2026-11-30 09:00"]


def test_the_earlier_of_computed_and_observed_counts() -> None:
    sooner = datetime(2026, 12, 29, tzinfo=MACAU)
    known = Known(earliest=DEADLINE, latest=DEADLINE, observed=sooner)
    (found,) = due(rule("1 day"), known)
    assert (walls((found,)), found.deadline) == (["2026-12-27 09:00"], sooner)
    assert found.latest == DEADLINE
    later = replace(known, observed=DEADLINE + timedelta(days=9))
    assert walls(due(rule("1 day"), later)) == ["2026-12-30 09:00"]
    assert walls(due(rule("1 day"), Known(observed=sooner))) == ["2026-12-27 09:00"]
    assert due(rule("1 day"), Known()) == ()


def test_a_range_is_told_by_its_earliest_end() -> None:
    known = Known(earliest=DEADLINE - timedelta(days=4), latest=DEADLINE)
    (found,) = due(rule("0 days"), known)
    assert walls((found,)) == ["2026-12-27 09:00"]
    assert found.latest == DEADLINE


def test_a_margin_moves_everything_earlier() -> None:
    (found,) = due(rule("0 days", margin=Span.parse("4 days")))
    assert walls((found,)) == ["2026-12-27 09:00"]
    assert (found.deadline, found.last_day) == (DEADLINE, date(2026, 12, 27))


@pytest.mark.parametrize(
    ("quiet", "lead", "told"),
    [
        ((time(22), time(8)), "0 days", "2026-12-31 09:00"),
        ((time(22), time(10)), "0 days", "2026-12-31 10:00"),
        ((time(8), time(11)), "0 days", "2026-12-31 11:00"),
        ((time(22), time(8)), "26 hours", "2026-12-31 08:00"),
        ((time(22), time(8)), "16 hours", "2026-12-31 08:00"),
        ((time(22), time(8)), "2 hours", "2026-12-31 21:00"),
        ((time(22), time(8)), "3 hours", "2026-12-31 21:00"),
        ((time(12), time(12)), "12 hours", "2026-12-31 12:00"),
    ],
)
def test_quiet_hours_are_kept_and_the_deadline_too(
    quiet: tuple[time, time], lead: str, told: str
) -> None:
    assert walls(due(rule(lead, quiet=quiet))) == [told]
    assert walls(
        due(rule(lead, quiet=(time(0), time(1))), wishes=replace(AT_HOME, quiet=quiet))
    ) == [told]


def test_a_holder_far_away_is_told_by_their_own_clock_and_in_time() -> None:
    # The end of 31 December in Macau is 06:00 that day in Honolulu: nine o'clock would be too late.
    lazy = Wishes(zone=HONOLULU, quiet=(time(22), time(8)))
    assert walls(due(rule("1 day"), wishes=lazy), HONOLULU) == ["2026-12-30 09:00"]
    assert walls(due(rule("0 days"), wishes=lazy), HONOLULU) == ["2026-12-30 21:00"]
    lisbon = Wishes(zone=LISBON)
    assert walls(due(rule("0 days"), wishes=lisbon), LISBON) == ["2026-12-31 09:00"]


def test_a_deadline_early_in_the_morning_is_told_the_evening_before() -> None:
    five = datetime(2026, 12, 31, 5, tzinfo=MACAU)
    known = Known(earliest=five, latest=five)
    assert walls(due(rule("0 days", quiet=(time(22), time(8))), known)) == ["2026-12-30 21:00"]
    assert walls(due(rule("0 days"), known)) == ["2026-12-31 04:00"]


def test_escalation_is_daily_and_a_lead_on_such_a_day_is_not_told_twice() -> None:
    louder = rule("30 days", "1 day", escalate_from=Span.parse("2 days"), escalate_per_day=2)
    found = due(louder)
    assert walls(found) == [
        "2026-12-01 09:00",
        "2026-12-29 09:00",
        "2026-12-29 15:00",
        "2026-12-30 09:00",
        "2026-12-30 15:00",
        "2026-12-31 09:00",
        "2026-12-31 15:00",
    ]
    assert [r.level for r in found] == [1, 2, 2, 2, 2, 3, 3]


def test_of_two_that_quiet_hours_push_together_the_more_urgent_is_told() -> None:
    # The end is at five in the morning: the evening before is the last chance, and 8 hours before.
    known = Known(earliest=datetime(2026, 12, 31, 5, tzinfo=MACAU))
    for leads in (("8 hours", "0 days"), ("0 days", "8 hours")):
        found = due(rule(*leads, quiet=(time(22), time(8))), known)
        assert [(r.day, r.level) for r in found] == [(date(2026, 12, 31), 3)]
        assert walls(found) == ["2026-12-30 21:00"]


def test_a_stage_is_told_about_only_once_it_has_begun() -> None:
    began = datetime(2026, 12, 20, tzinfo=MACAU)
    known = Known(earliest=DEADLINE, latest=DEADLINE, begins=began)
    found = due(rule("20 days", "7 days", clock=None, stage="grace"), known)
    assert walls(found) == ["2026-12-24 09:00"]
    assert found[0].subject == "stage:grace"


def test_channels_are_the_holders_else_the_policys() -> None:
    of = rule("1 day", fallback=("app", "sms"))
    assert due(of)[0].channels == ("app", "sms")
    assert due(of, wishes=replace(AT_HOME, channels=("telegram",)))[0].channels == ("telegram",)


def test_what_was_sent_is_not_sent_again() -> None:
    of = rule("7 days", "1 day")
    first, second = due(of)
    assert due(of, sent={first.key}) == (second,)


def test_the_window_is_half_open() -> None:
    of = rule("1 day")
    (only,) = due(of)
    micro = timedelta(microseconds=1)
    assert due(of, since=only.due_at, until=only.due_at + micro) == (only,)
    assert due(of, since=only.due_at - micro, until=only.due_at) == ()
    assert due(of, since=only.due_at + micro) == ()


def test_a_late_run_sends_the_most_urgent_only() -> None:
    found = due(rule("60 days", "30 days", "7 days"), until=datetime(2026, 12, 15, tzinfo=MACAU))
    assert walls(found) == ["2026-11-01 09:00", "2026-12-01 09:00"]
    assert most_urgent(found) == (found[-1],)


# --- laws -----------------------------------------------------------------------------------------

spans = st.sampled_from(
    tuple(
        map(Span.parse, ("0 days", "1 day", "7 days", "30 days", "2 months", "5 hours", "30 hours"))
    )
)
wall_times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
quiets = st.none() | st.tuples(wall_times, wall_times)
rules = st.builds(
    ReminderRule,
    clock=st.just("service"),
    leads=st.lists(spans, min_size=1, max_size=4).map(tuple),
    margin=st.none() | st.just(Span.parse("4 days")),
    escalate_from=st.none() | spans,
    escalate_per_day=st.integers(1, 3),
    quiet=quiets,
)
zones = st.sampled_from((MACAU, LISBON, HONOLULU))
wished = st.builds(Wishes, zone=zones, quiet=quiets)
minutes = st.integers(0, 60 * 24 * 200)
deadlines = minutes.map(lambda m: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=m))
moments = st.integers(-60 * 24 * 90, 60 * 24 * 200).map(
    lambda m: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=m)
)


def exact(deadline: datetime) -> Known:
    return Known(earliest=deadline, latest=deadline)


@given(rules, deadlines, wished, st.lists(moments, min_size=2, max_size=6))
def test_law_parts_of_a_window_make_the_whole(
    of: ReminderRule, deadline: datetime, wishes: Wishes, cuts: list[datetime]
) -> None:
    cuts.sort()
    known = exact(deadline)
    parts = [r for since, until in pairwise(cuts) for r in due(of, known, wishes, since, until)]
    assert tuple(parts) == due(of, known, wishes, cuts[0], cuts[-1])


@given(rules, deadlines, wished)
def test_law_everybody_is_told_awake_and_in_time(
    of: ReminderRule, deadline: datetime, wishes: Wishes
) -> None:
    found = due(of, exact(deadline), wishes)
    assert found
    quiet = wishes.quiet or of.quiet
    for r in found:
        assert r.due_at < deadline
        if quiet is None or quiet[0] == quiet[1]:
            continue
        # An hour awake each day at least: else the last call may fall into quiet hours.
        start, end = ((60 * t.hour + t.minute) for t in quiet)
        if (start - end) % 1440 >= 60:
            wall = r.due_at.astimezone(wishes.zone).time()
            asleep = start <= 60 * wall.hour + wall.minute < end
            if start > end:
                asleep = not end <= 60 * wall.hour + wall.minute < start
            assert not asleep


@given(rules, deadlines, deadlines, wished, moments)
def test_law_a_moved_deadline_ends_the_reminders_of_the_old_one(
    of: ReminderRule, old: datetime, new: datetime, wishes: Wishes, moved_at: datetime
) -> None:
    sent = {r.key for r in due(of, exact(old), wishes, until=moved_at)}
    after = due(of, exact(new), wishes, since=moved_at, sent=sent)
    assert all(r.deadline == new and r.due_at >= moved_at for r in after)
    assert not sent & {r.key for r in after}


@given(rules, deadlines, deadlines, wished)
def test_law_an_observation_can_only_bring_reminders_forward(
    of: ReminderRule, computed: datetime, observed: datetime, wishes: Wishes
) -> None:
    both = Known(earliest=computed, latest=computed, observed=observed)
    sooner = min(computed, observed)
    told = {r.due_at for r in due(of, both, wishes)}
    assert told == {r.due_at for r in due(of, exact(sooner), wishes)}


def test_under_doubted_rules_leads_come_earlier_and_the_last_week_comes_again() -> None:
    of = rule("30 days", "3 days")
    doubted = due(of, doubted_from=date(2026, 1, 1))
    assert [r.lead_days for r in doubted] == [44, 17, 3]
    # Doubted only since the middle of December: what was told before was told in its time.
    later = due(of, doubted_from=date(2026, 12, 10))
    assert [r.lead_days for r in later] == [30, 17, 3]
    assert due(of, doubted_from=date(2027, 6, 1)) == due(of)
