"""
Project: what is true of a line at an instant, and what will become true if nothing more happens.

A projection settles on a copy; nothing is stored. Where the worlds of a policy differ, instants
become ranges and stages become sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from baohao.core.line.acts import Act
from baohao.core.line.dues import advance, next_due, settle
from baohao.core.line.extend import last_good_day
from baohao.core.line.ladder import PORTED_OUT, RETURNED
from baohao.core.line.run import Run
from baohao.core.line.standing import Standing
from baohao.core.policy.model import PLACES, Clock, Policy

#: How far ahead a life is followed, and through how many settlements: charges can go on for ever.
HORIZON = timedelta(days=366 * 30)
SETTLEMENTS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Deadline:
    """A half-open instant, and the last civil day, in the policy's zone, that is still good."""

    at: datetime
    last_day: date


@dataclass(frozen=True, slots=True)
class Boundary:
    """The line enters a stage at an instant, if nothing more happens."""

    stage: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What is true at `at` in one world."""

    at: datetime
    stage: str
    kind: str
    #: place -> what works there.
    services: Mapping[str, frozenset[str]]
    #: clock -> its deadline; `None`: it is not running.
    clocks: Mapping[str, Deadline | None]
    balances: Mapping[str, int]
    #: When the number is lost; `None`: no end in sight.
    safe_until: Deadline | None
    #: When full service ends; `None`: no end in sight, or it has ended.
    service_until: Deadline | None
    ahead: tuple[Boundary, ...]
    parked: bool = False
    held: bool = False
    #: Civil days of being barred, by calendar year, up to `at`.
    barred_days: Mapping[int, int]


def project(policy: Policy, standing: Standing, history: Sequence[Act], at: datetime) -> Projection:
    """Return what is true at `at`, which is not earlier than the standing, in one world."""
    run = Run(policy, standing, history)
    advance(run, at)
    ahead = tuple(ahead_of(run, at))
    lost_at = next((b.at for b in ahead if b.kind in LOST), None)
    ends_at = next((b.at for b in ahead if b.kind != "live"), None)
    stage = run.stage
    return Projection(
        at=at,
        stage=stage.name,
        kind=stage.kind,
        services=_services(run),
        clocks={c.id: _deadline(run, c) for c in policy.clocks.values()},
        balances=dict(run.balances),
        safe_until=_told(policy, lost_at) if stage.keeping else None,
        service_until=_told(policy, ends_at) if stage.kind == "live" else None,
        ahead=ahead,
        parked=run.parked_since is not None,
        held=run.held_since is not None,
        barred_days=_barred_days(run, at),
    )


def barred(view: Projection) -> Projection:
    """Return what is true of a line whose card is lost: the same, and nothing works."""
    return replace(view, services=dict.fromkeys(PLACES, frozenset[str]()))


#: Kinds of stages in which the number is no longer the holder's.
LOST = frozenset({"lost", "quarantined", "recycled"})


# Kept: most deadlines are midnights, which lines by the million share.
@lru_cache(maxsize=65536)
def _last_day(at: datetime, zone: tzinfo) -> date:
    """Return the last civil day of which some part lies before `at`."""
    return (at - timedelta(microseconds=1)).astimezone(zone).date()


def _told(policy: Policy, at: datetime | None) -> Deadline | None:
    """Say an instant with its last good civil day."""
    if at is None:
        return None
    return Deadline(at, _last_day(at, policy.zone))


def _deadline(run: Run, clock: Clock) -> Deadline | None:
    at = run.deadline(clock.id)
    if at is None:
        return None
    state = run.clocks.get(clock.id)
    if state is not None and state.deadline == at:
        return Deadline(at, last_good_day(clock, state))
    return Deadline(at, _last_day(at, clock.zone))


def _services(run: Run) -> Mapping[str, frozenset[str]]:
    if run.parked_since is not None and run.policy.park is not None:
        return run.policy.park.services
    return run.stage.services or dict.fromkeys(PLACES, frozenset())


def _barred_days(run: Run, at: datetime) -> Mapping[int, int]:
    return run.barred.ended(at, run.policy.zone).by_year


def ahead_of(run: Run, at: datetime) -> Iterable[Boundary]:
    """Yield the stages that follow if nothing more happens."""
    if run.stage is PORTED_OUT or run.stage is RETURNED:
        return
    if _plain(run):
        yield from _by_ladder(run, at)
        return
    copy = Run(run.policy, run.standing(), run.history)
    for _ in range(SETTLEMENTS_MAX):
        due = next_due(copy)
        if due is None or due[0] > at + HORIZON:
            return
        settle(copy, due)
        for settled in copy.settled:
            if settled.what == "stage":
                stage = copy.stage
                yield Boundary(stage.name, stage.kind, settled.at)
        copy.settled.clear()
        # A lost number that rests for ever: charges go on being looked at, and change no stage.
        if not copy.stage.keeping and copy.stage_end() is None:
            return


def _plain(run: Run) -> bool:
    """
    Whether nothing but the ladder moves this line: no charge, queue, park, hold or yearly limit.
    """
    return run.course.plain and not (
        run.charges
        or run.parked_since
        or run.held_since
        or run.frozen
        # The ladder alone stays inside a yearly limit; with days of before it may not.
        or (run.course.limits and (run.barred.since or run.barred.by_year))
        or (run.course.queues and any(state.queued for state in run.clocks.values()))
    )


def _by_ladder(run: Run, at: datetime) -> Iterable[Boundary]:
    """Read what is ahead off the ladder itself."""
    current, begins, passed = run.stage, None, False
    for stage, end in run.rungs():
        if passed and begins is not None and (end is None or end > begins) and begins > at:
            yield Boundary(stage.name, stage.kind, begins)
        passed = passed or stage.name == current.name
        begins = end
