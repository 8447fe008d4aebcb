"""What holds for every history under every policy: the order of arrival, settling, time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.core.laws.lives import END, Life, lives

from baohao.core.line.acts import Act, order
from baohao.core.line.dues import advance, next_due, settle
from baohao.core.line.event import Event
from baohao.core.line.evolve import acted
from baohao.core.line.evolve import settle as settle_line
from baohao.core.line.fold import fold, fold_on
from baohao.core.line.project import Boundary, project
from baohao.core.line.run import Run
from baohao.core.line.standing import Standing
from baohao.core.line.state import LineState
from baohao.core.policy.worlds import worlds_of

MOMENT = timedelta(microseconds=1)


def line_of(life: Life) -> LineState:
    """A line in stock under the policy of a life."""
    standings = tuple(f.standing for f in fold(life.rules, life.pin, ()))
    return LineState(
        number="+85366000000",
        operator="o",
        plan="p",
        first_pin=life.pin,
        pin=life.pin,
        standings=standings,
    )


def settled_to_the_end(state: LineState, life: Life) -> tuple[Standing, ...]:
    folded = fold_on(life.rules, life.pin, state.standings, state.acts, until=END)
    return tuple(f.standing for f in folded)


@given(lives(most=6, many=True), st.data())
def test_any_order_of_arrival_ends_in_the_same_standings(life: Life, data: st.DataObject) -> None:
    whole = tuple(f.standing for f in fold(life.rules, life.pin, life.acts, until=END))
    state = line_of(life)
    heard = data.draw(st.permutations(life.acts))
    until = data.draw(st.lists(st.sampled_from([a.at for a in life.acts]), max_size=3))
    for act in heard:
        state, _ = acted(state, act, life.rules)
        if act.at in until:
            state, _ = settle_line(state, life.rules, max(a.at for a in state.acts))
    assert tuple(a.id for a in state.acts) == tuple(a.id for a in sorted(life.acts, key=order))
    assert settled_to_the_end(state, life) == whole


@given(lives(many=True), st.data())
def test_folding_on_equals_folding_from_the_beginning(life: Life, data: st.DataObject) -> None:
    ordered = sorted(life.acts, key=order)
    cut = data.draw(st.integers(0, len(ordered)))
    first, then = ordered[:cut], ordered[cut:]
    # Settled to the last instant before the next act, or not at all.
    before = then[0].at - MOMENT if then else END
    until = data.draw(st.sampled_from([None, before])) if first else None
    whole = fold(life.rules, life.pin, ordered, until=END)
    begun = fold(life.rules, life.pin, first, until=until)
    standings = [f.standing for f in begun]
    on = fold_on(life.rules, life.pin, standings, first, then, until=END)
    for one, early, late in zip(whole, begun, on, strict=True):
        assert one.standing == late.standing
        assert one.settled == early.settled + late.settled
        assert one.warnings == early.warnings + late.warnings


@given(lives(), st.lists(st.integers(0, 1_200), max_size=8))
def test_any_schedule_of_settling_gives_the_same(life: Life, schedule: list[int]) -> None:
    begins = life.acts[0].at
    runs = [begins + timedelta(days=n) for n in schedule]
    once, often = line_of(life), line_of(life)
    events_of_once: list[Event] = []
    events_of_often: list[Event] = []
    for act in life.acts:
        for at in sorted(run for run in runs if run <= act.at):
            # Every run comes twice.
            for _ in range(2):
                often, due = settle_line(often, life.rules, at)
                events_of_often += due
        once, due = settle_line(once, life.rules, act.at)
        events_of_once += due
        once, _ = acted(once, act, life.rules)
        often, due = settle_line(often, life.rules, act.at)
        events_of_often += due
        often, _ = acted(often, act, life.rules)
    for at in sorted(run for run in runs if run > life.acts[-1].at):
        often, due = settle_line(often, life.rules, at)
        events_of_often += due
    end = max([END, *runs])
    once, due = settle_line(once, life.rules, end)
    events_of_once += due
    often, due = settle_line(often, life.rules, end)
    events_of_often += due
    assert events_of_once == events_of_often
    assert once == often


@given(lives())
def test_time_only_moves_forward(life: Life) -> None:
    (folded,) = fold(life.rules, life.pin, life.acts, until=END)
    instants = [settled.at for settled in folded.settled]
    assert instants == sorted(instants)


@given(lives())
def test_an_untouched_line_only_goes_down_the_ladder(life: Life) -> None:
    seen = [act for act in life.acts if act.at <= life.at]
    (folded,) = fold(life.rules, life.pin, seen, until=life.at)
    run = Run(life.policy, folded.standing, seen)
    depths = run.course.depths
    depth = depths.get(run.stage.name, -1)
    for boundary in project(life.policy, folded.standing, seen, life.at).ahead:
        # Charges that buy validity, queues and products bring a line up again; the others do not.
        if any(c.extends for c in life.policy.charges) or "product" in life.policy.clocks:
            break
        if any(state.queued for state in run.clocks.values()):
            break
        assert depths[boundary.stage] > depth
        depth = depths[boundary.stage]


@given(lives(many=True), st.integers(0, 900))
def test_projecting_ahead_equals_settling_first(life: Life, days: int) -> None:
    seen = [act for act in life.acts if act.at <= life.at]
    later = life.at + timedelta(days=days)
    for world, folded in zip(
        worlds_of(life.policy), fold(life.rules, life.pin, seen, until=life.at), strict=True
    ):
        (settled,) = fold({life.pin: replace(world, worlds=())}, life.pin, seen, until=later)
        assert project(world, folded.standing, seen, later) == project(
            world, settled.standing, seen, later
        )


@given(lives())
def test_what_lies_ahead_is_what_happens(life: Life) -> None:
    seen = [act for act in life.acts if act.at <= life.at]
    (folded,) = fold(life.rules, life.pin, seen, until=life.at)
    view = project(life.policy, folded.standing, seen, life.at)
    before = view.stage
    for boundary in view.ahead[:4]:
        stages = [
            project(life.policy, folded.standing, seen, at).stage
            for at in (boundary.at - MOMENT, boundary.at, boundary.at + MOMENT)
            if at >= life.at
        ]
        assert stages[-2:] == [boundary.stage, boundary.stage]
        if len(stages) == 3:
            assert stages[0] == before
        before = boundary.stage
    if not view.ahead:
        (at_the_end,) = fold(life.rules, life.pin, seen, until=life.at + timedelta(days=4_000))
        assert at_the_end.standing.stage == view.stage


@given(lives())
def test_the_short_way_ahead_leads_where_the_long_one_does(life: Life) -> None:
    seen = [act for act in life.acts if act.at <= life.at]
    (folded,) = fold(life.rules, life.pin, seen, until=life.at)
    view = project(life.policy, folded.standing, seen, life.at)
    run = Run(life.policy, folded.standing, seen)
    boundaries: list[Boundary] = []
    for _ in range(400):
        due = next_due(run)
        if due is None or len(boundaries) == len(view.ahead) + 1:
            break
        settle(run, due)
        boundaries += [
            Boundary(run.stage.name, run.stage.kind, s.at) for s in run.settled if s.what == "stage"
        ]
        run.settled.clear()
    most = min(len(boundaries), len(view.ahead))
    assert list(view.ahead[:most]) == boundaries[:most]
    assume(len(boundaries) != 400)


@given(lives(most=6))
def test_a_next_life_knows_nothing_of_the_last(life: Life) -> None:
    last = max(act.at for act in life.acts)
    returned = Act(id="x", kind="return", at=last + MOMENT)
    again = Act(id="y", kind="activate", at=last + timedelta(days=400))
    (both,) = fold(life.rules, life.pin, (*life.acts, returned, again), until=END)
    (alone,) = fold(life.rules, life.pin, (returned, again), until=END)
    assert both.standing == alone.standing


@given(lives())
def test_each_world_stands_alone(life: Life) -> None:
    """Advancing in one leap or in steps is the same."""
    (folded,) = fold(life.rules, life.pin, life.acts)
    leap, steps = (Run(life.policy, folded.standing, life.acts) for _ in range(2))
    advance(leap, END)
    at = life.acts[-1].at
    while at < END:
        at = min(END, at + timedelta(days=17, hours=5))
        advance(steps, at)
    assert leap.standing() == steps.standing()
