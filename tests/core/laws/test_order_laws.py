"""
Standing orders, whatever schedule a worker keeps: doubled runs change nothing, late ones charge no
sooner and never twice. The twin's runs do one step each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.decide.desk import FLOAT, Desk, macau

from baohao.core.asks import Decision
from baohao.core.decide.case import safe_until
from baohao.core.line.event import Event
from baohao.core.line.ordered import CHARGED, FAILED, OWED, TOLD

BEGINS, OWN, PRICE = macau("2026-12-15 00:00"), "wallet:h-1:MOP", 12_000
HOUR, QUARTER, DAY = timedelta(hours=1), timedelta(hours=6), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Doing:
    """Something that happens beside the worker's runs, at an instant."""

    at: datetime
    #: "run", "tell", "fund", "empty", "renew" or "stop".
    what: str


def lived(doings: Sequence[Doing], most: int = 100) -> list[Event]:
    """Return the journal of a line that all this happens to; a run does so many steps at most."""
    desk = Desk(available={FLOAT: 10**7}).active()
    desk.do("order", term="12 months", payer=OWN, limit_minor=PRICE, consent="form 12")
    order = {"order": desk.line.order.id} if desk.line.order is not None else {}
    journal: list[Event] = []
    for doing in sorted(doings, key=lambda each: each.at):
        desk.now = doing.at
        # A run goes on until nothing is due.
        for _ in range(most if doing.what == "run" else 1):
            decision = _done(desk, doing.what, order)
            if not isinstance(decision, Decision):
                break
            journal += decision.events
            desk.state = decision.state
    return journal


def told_of(journal: Sequence[Event]) -> list[object]:
    """A journal but for the ids of acts: each ask has one of its own, the vain ones too."""
    return [(event.kind, event.effective_at, event.data) for event in journal]


def _done(desk: Desk, what: str, order: dict[str, str]) -> object:
    until = safe_until(desk.line)
    if what == "run":
        return desk.ask("keep_order", **order, paid=OWN)
    if what == "tell" and until is not None:
        said = {"deadline": until.isoformat(), "evidence": "sms"}
        return desk.ask("tell_order", **order, **said)
    if what in ("fund", "empty"):
        return desk.knowing(available={FLOAT: 10**7, OWN: PRICE if what == "fund" else 0})
    if what == "renew":
        return desk.ask("renew", term="12 months", paid=FLOAT)
    return desk.ask("stop_order", **order)


@st.composite
def worldly(draw: st.DrawFn) -> list[Doing]:
    """What others do: whoever tells looks every so often; the rest is now and then."""
    every, first = draw(st.integers(1, 30)), draw(st.integers(0, 40))
    found = [(n, "tell") for n in range(first, 4 * 40, every)]
    kinds = st.sampled_from((*("fund",) * 6, *("empty",) * 3, "renew", "stop"))
    found += draw(st.lists(st.tuples(st.integers(0, 4 * 40), kinds), max_size=5))
    return [Doing(BEGINS + n * QUARTER, what) for n, what in found]


def runs() -> st.SearchStrategy[list[Doing]]:
    """A schedule of its own making: every so many hours, or days apart."""
    often = st.lists(st.integers(1, 30), min_size=30, max_size=60)
    seldom = st.lists(st.integers(1, 24 * 6), min_size=10, max_size=20)
    return st.one_of(often, seldom).map(_runs)


def _runs(waits: list[int]) -> list[Doing]:
    found, hours = [], 0
    for wait in waits:
        hours += wait
        found.append(Doing(BEGINS + hours * HOUR, "run"))
    return found


@given(worldly(), runs(), st.integers(2, 3))
def test_a_schedule_that_is_doubled_gives_the_same_journal(
    doings: list[Doing], schedule: list[Doing], times: int
) -> None:
    once = lived([*doings, *schedule])
    assert told_of(lived([*doings, *schedule * times])) == told_of(once)


def in_time(days: int) -> list[Doing]:
    """Runs every six hours: whatever falls due here does so then."""
    return [Doing(BEGINS + n * QUARTER, "run") for n in range(4 * days)]


@given(worldly(), st.lists(st.integers(0, 60 * 24 * 40), max_size=60))
@settings(max_examples=30)
def test_runs_between_those_that_are_in_time_change_nothing(
    doings: list[Doing], minutes: list[int]
) -> None:
    more = [Doing(BEGINS + timedelta(minutes=m, seconds=1), "run") for m in minutes]
    on_time = in_time(40)
    once = lived([*doings, *on_time])
    assert told_of(lived([*doings, *on_time, *more])) == told_of(once)


@given(worldly(), runs())
def test_however_late_the_runs_nobody_is_charged_too_soon_or_twice(
    doings: list[Doing], schedule: list[Doing]
) -> None:
    journal = lived([*doings, *schedule])
    for deadline in {e.data["deadline"] for e in journal if "deadline" in e.data}:
        of = [e for e in journal if e.data.get("deadline") == deadline]
        told = [e.effective_at for e in of if e.kind == TOLD]
        tries = [e.effective_at for e in of if e.kind in (FAILED, CHARGED)]
        assert len([e for e in of if e.kind == CHARGED]) <= 1
        assert len([e for e in of if e.kind == OWED]) <= 1
        assert len(told) <= 1
        assert not tries or tries[0] - told[0] >= 7 * DAY
        assert all(later - sooner >= DAY for sooner, later in pairwise(tries))
    stops = [n for n, e in enumerate(journal) if e.kind == "order_stopped"]
    assert not stops or not [e for e in journal[stops[0] :] if e.kind in (CHARGED, FAILED, OWED)]


def test_twin_a_worker_that_does_one_step_a_run_ends_otherwise() -> None:
    """A run that is late by days finds the last try due, and after it that it was the last."""
    days = ("12-21", "12-28", "12-29", "12-30", "12-31")
    schedule = [Doing(macau(f"2026-{day} 00:00"), "run") for day in days]
    schedule += [Doing(macau("2027-01-05 00:00"), "run"), Doing(macau("2026-12-21 00:00"), "tell")]
    twice = schedule * 2
    assert told_of(lived(schedule)) == told_of(lived(twice))
    assert told_of(lived(schedule, most=1)) != told_of(lived(twice, most=1))
