"""Holds and parks: nobody loses time by one, and barred days are those of a calendar."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.core.laws.lives import END, EXTRA, NONE, Life, instants, lives, policies

from baohao.core.civil import Span, Unit
from baohao.core.line.acts import Act
from baohao.core.line.fold import fold
from baohao.core.line.project import project
from baohao.core.line.standing import Standing
from baohao.core.policy.model import Clock, Park, Policy

MOMENT = timedelta(microseconds=1)
#: What does not depend on how long ago something else was.
QUIET = ("renewal", "topup", "call_out")


def left(policy: Policy, standing: Standing, at: datetime) -> dict[str, timedelta]:
    """What is left of each clock that has not passed: civil days, or to the minute."""
    return {
        name: _left(policy.clocks[name], state.deadline, at)
        for name, state in standing.clocks.items()
        if state.deadline > at
    }


def _left(clock: Clock, deadline: datetime, at: datetime) -> timedelta:
    if clock.ends == "exact":
        return deadline - at
    return deadline.astimezone(clock.zone).date() - at.astimezone(clock.zone).date()


def frozen_lives(extra: tuple[str, ...] = EXTRA) -> st.SearchStrategy[Life]:
    return lives(kinds=QUIET, extra=extra).filter(lambda life: life.at > life.acts[0].at)


@given(frozen_lives(), st.integers(1, 400 * 86_400))
def test_a_hold_takes_nothing(life: Life, seconds: int) -> None:
    policy = replace(
        life.policy, clocks={n: replace(c, holds=True) for n, c in life.policy.clocks.items()}
    )
    _takes_nothing(policy, life, "hold", "lift", seconds)


@given(
    frozen_lives(("inactivity", "credit", "low", "respite", "product")),
    st.integers(1, 400 * 86_400),
)
def test_a_park_that_stops_the_clocks_takes_nothing(life: Life, seconds: int) -> None:
    park = Park(services=NONE, clocks="wait", resumes="on_request")
    # What a park costs is the product's business; here it is free.
    policy = replace(life.policy, park=park, charges=())
    _takes_nothing(policy, life, "park", "resume", seconds)


def _takes_nothing(policy: Policy, life: Life, begin: str, end: str, seconds: int) -> None:
    # A month from another day is another number of days; what is counted here are days.
    stages = tuple(replace(s, lasts=s.lasts and Span(40, Unit.DAY)) for s in policy.stages)
    policy = replace(policy, stages=stages)
    since, until = life.at, life.at + timedelta(seconds=seconds)
    seen = [act for act in life.acts if act.at < since]
    paused = [*seen, Act(id="x", kind=begin, at=since)]
    rules = {policy.pin: policy}
    (before,) = fold(rules, policy.pin, seen, until=since)
    (during,) = fold(rules, policy.pin, paused, until=until)
    (after,) = fold(rules, policy.pin, [*paused, Act(id="y", kind=end, at=until)], until=until)
    assert during.standing.stage == before.standing.stage
    assert after.standing.stage == before.standing.stage
    if begin == "hold":
        assert after.standing.balances == before.standing.balances
    was, will = left(policy, before.standing, since), left(policy, after.standing, until)
    assert {
        name: (n, will.get(name)) for name, n in was.items() if will.get(name, -MOMENT) < n
    } == {}
    now, then = (
        project(policy, folded.standing, seen, at)
        for folded, at in ((before, since), (after, until))
    )
    if now.safe_until is None:
        return
    # Charges fall on their own days, whatever a hold does to clocks: with them less can be said.
    assume(not policy.charges and "low" not in policy.clocks)
    assert then.safe_until is not None
    kept = (now.safe_until.last_day - since.astimezone(policy.zone).date()).days
    assert (then.safe_until.last_day - until.astimezone(policy.zone).date()).days >= kept


@given(
    frozen_lives(("inactivity", "credit")),
    st.lists(st.integers(1, 90 * 86_400), min_size=3, max_size=3),
    st.booleans(),
)
def test_overlapping_pauses_count_once(life: Life, lengths: list[int], held_first: bool) -> None:
    """A hold and a park that overlap move a deadline by the time in either, not by both."""
    park = Park(services=NONE, clocks="wait", resumes="on_request")
    clocks = {
        n: replace(c, holds=True, ends="exact", inclusive=False)
        for n, c in life.policy.clocks.items()
    }
    stages = tuple(replace(s, barred=False) for s in life.policy.stages)
    policy = replace(life.policy, park=park, clocks=clocks, charges=(), stages=stages)
    seen = [act for act in life.acts if act.at < life.at]
    first, second, third = (timedelta(seconds=n) for n in lengths)
    t0, t1 = life.at, life.at + first
    t2, t3 = t1 + second, t1 + second + third
    names = ("hold", "park", "lift", "resume") if held_first else ("park", "hold", "resume", "lift")
    acts = [
        Act(id=f"x{i}", kind=k, at=t)
        for i, (k, t) in enumerate(zip(names, (t0, t1, t2, t3), strict=True))
    ]
    rules = {policy.pin: policy}
    (before,) = fold(rules, policy.pin, seen, until=t0)
    (after,) = fold(rules, policy.pin, [*seen, *acts], until=t3)
    for name, state in before.standing.clocks.items():
        if state.deadline > t0 and not policy.clocks[name].starts[0].startswith("event"):
            assert after.standing.clocks[name].deadline - state.deadline == t3 - t0


@given(st.data())
def test_barred_days_are_those_of_the_calendar(data: st.DataObject) -> None:
    drawn = data.draw(policies(extra=()))
    zone = drawn.zone
    assert isinstance(zone, ZoneInfo)
    park = Park(services=NONE, resumes="on_request")
    policy = replace(drawn, park=park, charges=())
    begins = data.draw(instants(zone, last=20))
    moments = sorted({data.draw(instants(zone)) for _ in range(6)})
    assume(moments[0] > begins)
    acts = [Act(id="begun", kind="activate", at=begins)]
    acts += [
        Act(id=f"{i}", kind="resume" if i % 2 else "park", at=at) for i, at in enumerate(moments)
    ]
    rules = {policy.pin: policy}
    (folded,) = fold(rules, policy.pin, acts, until=END)
    counted = project(policy, folded.standing, acts, END).barred_days
    assert dict(counted) == _by_brute_force(policy, acts)


def _by_brute_force(policy: Policy, acts: list[Act]) -> dict[int, int]:
    """Look at the line at each boundary, and mark each civil day that a barred stretch touches."""
    rules = {policy.pin: policy}
    (whole,) = fold(rules, policy.pin, acts, until=END)
    marks = {act.at for act in acts} | {s.at for s in whole.settled} | {END}
    barred: set[date] = set()
    ordered = sorted(marks)
    for since, until in pairwise(ordered):
        (at,) = fold(rules, policy.pin, acts, until=since)
        stage = next((s for s in policy.stages if s.name == at.standing.stage), None)
        if at.standing.parked_since is None and not (stage is not None and stage.barred):
            continue
        day = since.astimezone(policy.zone).date()
        last = (until - MOMENT).astimezone(policy.zone).date()
        while day <= last:
            barred.add(day)
            day += timedelta(days=1)
    return dict(Counter(day.year for day in barred))


@given(lives())
def test_no_year_has_more_barred_days_than_the_limit(life: Life) -> None:
    (folded,) = fold(life.rules, life.pin, life.acts, until=END)
    clock = life.policy.clocks.get("deactivated")
    if clock is None or clock.accumulates is None or not clock.holds:
        return
    days = folded.standing.barred_days
    assert all(n <= clock.accumulates.limit_days + 1 for n in days.values())
