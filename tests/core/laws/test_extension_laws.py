"""The arithmetic of extensions, against a reference that steps from day to day, and its laws."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.core.laws.lives import (
    FIRST_DAY,
    ZONES,
    civil_spans,
    clocks,
    days,
    instants,
    month_ends,
)

from baohao.core.civil import MonthEnd, Span, Unit, add_span
from baohao.core.line.extend import Grant, extend, shifted, started
from baohao.core.line.standing import ClockState
from baohao.core.policy.model import Clock
from baohao.core.policy.terms import Base, Cap, Extension, Fixed

MACAU = ZoneInfo("Asia/Macau")


# --- a reference that counts on its fingers -------------------------------------------------------


def stepped(start: date, span: Span, month_end: MonthEnd) -> date:
    """Count a span one day at a time; months by walking to the same day of the next month."""
    if span.unit in (Unit.DAY, Unit.WEEK):
        day = start
        for _ in range(span.count * (7 if span.unit is Unit.WEEK else 1)):
            day += timedelta(days=1)
        return day
    wanted = start.day if month_end.rule != "day" else min(start.day, month_end.day)
    year, month = start.year, start.month
    for _ in range(span.count * (12 if span.unit is Unit.YEAR else 1)):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    day, left = date(year, month, 1), wanted - 1
    last = monthrange(year, month)[1]
    while left and (day.day < last or month_end.rule == "overflow"):
        day, left = day + timedelta(days=1), left - 1
    return day


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """Look for the first minute of a day, minute by minute, from a safe distance."""
    at = datetime.combine(day, time(0), UTC) - timedelta(hours=15)
    while at.astimezone(zone).date() < day:
        at += timedelta(minutes=15)
    return at


def last_day(clock: Clock, at: datetime, span: Span) -> date:
    day = stepped(at.astimezone(clock.zone).date(), span, clock.month_end)
    return day - timedelta(days=1) if clock.inclusive else day


plain_clocks = st.sampled_from(ZONES).flatmap(
    lambda zone: clocks(zone, ends="end_of_day", wall=None, never_shorten=False)
)
spans = st.one_of(civil_spans, st.integers(1, 9).map(lambda n: Span(n, Unit.WEEK)))


@given(plain_clocks, st.data(), spans)
def test_a_first_term_is_counted_day_by_day(clock: Clock, data: st.DataObject, span: Span) -> None:
    at = data.draw(instants(clock.zone))  # type: ignore[arg-type]
    day = last_day(clock, at, span)
    assert started(clock, at, span).day == day
    assert started(clock, at, span).deadline == first_instant(
        day + timedelta(days=1),
        clock.zone,  # type: ignore[arg-type]
    )


@given(plain_clocks, st.data(), spans, spans, st.sampled_from(Base))
def test_each_base_counts_from_where_it_says(
    clock: Clock, data: st.DataObject, first: Span, term: Span, base: Base
) -> None:
    assume(base not in (Base.AFTER_PRODUCT, Base.ANCHOR))
    zone = clock.zone
    assert isinstance(zone, ZoneInfo)
    # "keep" remembers its anchor, which a reference without memory cannot.
    assume(clock.month_end.rule != "keep")
    begin, at = sorted([data.draw(instants(zone)), data.draw(instants(zone))])
    state = started(clock, begin, first)
    got = extended(clock, state, at, base, (("paid", term),))
    from_act = last_day(clock, at, term)
    after = state.day + timedelta(days=1) if clock.inclusive else state.day
    stacked = stepped(after, term, clock.month_end)
    stacked -= timedelta(days=1) if clock.inclusive else timedelta(0)
    alive = first_instant(state.day + timedelta(days=1), zone) > at
    expected = {
        Base.RESET: from_act,
        Base.STACK: stacked if alive else from_act,
        Base.STACK_STRICT: stacked,
        Base.LONGEST: max(state.day, from_act),
    }[base]
    assert got.day == expected


@given(st.sampled_from(ZONES), st.data(), civil_spans)
def test_an_anchor_is_the_next_date_of_the_grid(
    zone: ZoneInfo, data: st.DataObject, span: Span
) -> None:
    clock = data.draw(clocks(zone, ends="end_of_day", wall=None, inclusive=False))
    begin, at = sorted([data.draw(instants(zone)), data.draw(instants(zone))])
    state = started(clock, begin, span)
    got = extended(clock, state, at, Base.ANCHOR, (("paid", span),)).day
    floor = max(state.day, at.astimezone(zone).date())
    # Far below the floor there is nothing to find: begin beside it.
    longest = 31 * span.months + span.days
    grid = (
        stepped(state.grid, Span(span.count * n, span.unit), clock.month_end)
        for n in count(max(1, (floor - state.grid).days // longest))
    )
    assert got == next(day for day in grid if day > floor)


# --- laws -----------------------------------------------------------------------------------------


def extended(
    clock: Clock,
    state: ClockState | None,
    at: datetime,
    base: Base,
    grants: tuple[Grant, ...],
    cap: Cap | None = None,
) -> ClockState:
    ext = Extension(clock=clock.id, base=base, term=Fixed(Span(1, Unit.DAY)), cap=cap)
    return extend(clock, ext, state, act="a", at=at, grants=grants).state


def macau(*, rule: str = "clamp", inclusive: bool = False) -> Clock:
    return Clock(id="c", kind="service", zone=MACAU, month_end=MonthEnd(rule), inclusive=inclusive)


@given(st.integers(0, 800), st.integers(1, 30), st.booleans())
def test_single_months_that_keep_their_anchor_are_one_long_term(
    offset: int, months: int, inclusive: bool
) -> None:
    clock = macau(rule="keep", inclusive=inclusive)
    at = first_instant(FIRST_DAY + timedelta(days=offset), MACAU)
    step = started(clock, at, Span(1, Unit.MONTH))
    for _ in range(months - 1):
        step = extended(clock, step, at, Base.STACK_STRICT, (("paid", Span(1, Unit.MONTH)),))
    assert step.deadline == started(clock, at, Span(months, Unit.MONTH)).deadline


@given(st.integers(1, 28), st.integers(1, 30))
def test_inclusive_months_follow_each_other(day: int, months: int) -> None:
    """From the 1st to the last of a month, and again: never a day lost."""
    clock = macau(inclusive=True)
    at = first_instant(date(2026, 1, day), MACAU)
    step = started(clock, at, Span(1, Unit.MONTH))
    for _ in range(months - 1):
        step = extended(clock, step, at, Base.STACK, (("paid", Span(1, Unit.MONTH)),))
    assert step.deadline == started(clock, at, Span(months, Unit.MONTH)).deadline


def test_twelve_and_six_months_are_eighteen_at_once() -> None:
    """V8: from 31 Aug 2026, 18 months at once end on 29 Feb 2028; 6 then 12 on 28 Feb."""
    clock, at = macau(), datetime(2026, 8, 1, tzinfo=UTC)
    state = started(clock, datetime(2025, 8, 30, 16, tzinfo=UTC), Span(1, Unit.YEAR))
    assert state.day == date(2026, 8, 31)
    year, half = Span(12, Unit.MONTH), Span(6, Unit.MONTH)
    at_once = extended(clock, state, at, Base.STACK, (("paid", year), ("bonus", half)))
    assert at_once.day == date(2028, 2, 29)
    first = extended(clock, state, at, Base.STACK, (("paid", half),))
    assert extended(clock, first, at, Base.STACK, (("paid", year),)).day == date(2028, 2, 28)


@given(plain_clocks, st.data(), days, st.lists(days, min_size=2, max_size=4))
def test_stacked_days_may_come_in_any_order(
    clock: Clock, data: st.DataObject, first: Span, terms: list[Span]
) -> None:
    zone = clock.zone
    assert isinstance(zone, ZoneInfo)
    at = data.draw(instants(zone))
    ends = set()
    for order in (terms, terms[::-1], sorted(terms, key=lambda s: s.count)):
        state = started(clock, at, first)
        for term in order:
            state = extended(clock, state, at, Base.STACK, (("paid", term),))
        ends.add(state.deadline)
    assert len(ends) == 1


@given(
    st.data(),
    st.sampled_from(Base),
    st.lists(st.tuples(st.sampled_from(["paid", "bonus"]), civil_spans), min_size=1, max_size=3),
    st.builds(Cap, max=st.one_of(days, civil_spans), excess=st.sampled_from(["truncate", "queue"])),
)
def test_a_cap_is_never_passed_and_takes_nothing_that_was_there(
    data: st.DataObject, base: Base, grants: list[Grant], cap: Cap
) -> None:
    assume(base is not Base.AFTER_PRODUCT)
    zone = data.draw(st.sampled_from(ZONES))
    clock = data.draw(clocks(zone, ends="end_of_day", wall=None, never_shorten=True))
    begin, at = sorted([data.draw(instants(zone)), data.draw(instants(zone))])
    state = started(clock, begin)
    ext = Extension(clock=clock.id, base=base, term=Fixed(Span(1, Unit.DAY)), cap=cap)
    outcome = extend(clock, ext, state, act="a", at=at, grants=tuple(grants))
    assert cap.max is not None
    limit = last_day(clock, at, cap.max)
    assert outcome.state.day <= max(limit, state.day)
    assert outcome.state.deadline >= state.deadline
    free = extend(
        clock,
        Extension(clock=clock.id, base=base, term=Fixed(Span(1, Unit.DAY))),
        state,
        act="a",
        at=at,
        grants=tuple(grants),
    )
    # What is lost or waits, and what is given, is what there would have been, in one step.
    waits = sum(q.days for q in outcome.state.queued)
    if len(grants) == 1 and base is not Base.ANCHOR:
        missing = (free.state.day - outcome.state.day).days
        assert outcome.lost_days + waits == missing


@given(st.data(), st.sampled_from(["truncate", "reject", "queue"]))
def test_a_cap_that_leaves_room_changes_nothing(data: st.DataObject, excess: str) -> None:
    zone = data.draw(st.sampled_from(ZONES))
    clock = data.draw(clocks(zone, ends="end_of_day", wall=None))
    at, span = data.draw(instants(zone)), data.draw(civil_spans)
    exactly = Cap(max=span, excess=excess)
    for base in (Base.RESET, Base.LONGEST):
        free = extended(clock, None, at, base, (("paid", span),))
        assert extended(clock, None, at, base, (("paid", span),), exactly) == free


@given(st.data(), st.integers(0, 10**9))
def test_a_pause_takes_no_civil_day(data: st.DataObject, length: int) -> None:
    zone = data.draw(st.sampled_from(ZONES))
    clock = data.draw(clocks(zone))
    assume(clock.ends != "exact")
    begin, since = sorted([data.draw(instants(zone)), data.draw(instants(zone))])
    until = since + timedelta(seconds=length % (200 * 86_400))
    state = started(clock, begin)
    moved = shifted(clock, state, since, until)
    if state.deadline <= since:
        assert moved == state
        return
    assert moved.deadline > until

    def left(deadline: datetime, at: datetime) -> int:
        return (deadline.astimezone(zone).date() - at.astimezone(zone).date()).days

    assert left(moved.deadline, until) >= left(state.deadline, since)


@pytest.mark.parametrize("rule", ["clamp", "keep", "overflow", "day"])
def test_hours_and_grids_of_hours_end(rule: str) -> None:
    """A grid of hours has no days to look for; it is counted on."""
    clock = Clock(
        id="c",
        kind="cycle",
        zone=MACAU,
        ends="exact",
        month_end=MonthEnd(rule, 28 if rule == "day" else 0),
    )
    at = datetime(2026, 1, 1, tzinfo=UTC)
    state = started(clock, at, Span(36, Unit.HOUR))
    got = extended(clock, state, at, Base.ANCHOR, (("paid", Span(36, Unit.HOUR)),))
    assert got.deadline == at + timedelta(hours=72)


@given(month_ends, civil_spans, st.integers(0, 1_000))
def test_the_reference_and_the_calendar_agree(rule: MonthEnd, span: Span, offset: int) -> None:
    start = FIRST_DAY + timedelta(days=offset)
    assert add_span(start, span, rule) == stepped(start, span, rule)
