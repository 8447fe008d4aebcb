"""
A run: the state of a fold while it goes through a line's life, in one world of its policy.

It starts from a standing and ends in one. What changes it stands in the modules beside: `applying`
(acts), `dues` (what falls due by itself), `staging`, `pauses`, `purse`, `granting`, `charges`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from baohao.core.civil import midnight
from baohao.core.line import ladder
from baohao.core.line.acts import Act
from baohao.core.line.barred_days import BarredDays
from baohao.core.line.course import course_of
from baohao.core.line.extend import started
from baohao.core.line.standing import (
    Benefit,
    ChargeState,
    ClockState,
    Settled,
    Standing,
    Warning_,
)
from baohao.core.policy.model import Clock, Policy, Stage


class Run:
    """The state of a fold. Its dictionaries are its own; a standing is never changed."""

    __slots__ = (
        "at",
        "balances",
        "barred",
        "begun",
        "benefits",
        "charges",
        "clocks",
        "course",
        "ended",
        "forced",
        "frozen",
        "held_since",
        "history",
        "moved",
        "parked_since",
        "parks",
        "policy",
        "settled",
        "stage",
        "stage_since",
        "warnings",
    )

    def __init__(self, policy: Policy, standing: Standing, history: Sequence[Act] = ()) -> None:
        self.policy = policy
        self.course = course_of(policy)
        self.at = standing.at
        self.clocks: dict[str, ClockState] = dict(standing.clocks)
        self.balances: dict[str, int] = dict(standing.balances)
        self.charges: dict[str, ChargeState] = dict(standing.charges)
        self.stage: Stage = self.course.stages[standing.stage or "stock"]
        self.stage_since = standing.stage_since
        self.begun: dict[str, datetime] = dict(standing.begun)
        self.parked_since = standing.parked_since
        self.parks = standing.parks
        self.held_since = standing.held_since
        self.frozen = standing.frozen
        self.barred = BarredDays(
            standing.barred_days, standing.barred_since, standing.barred_through
        )
        self.forced = standing.forced
        self.ended = standing.ended
        self.benefits: list[Benefit] = list(standing.benefits)
        self.history: list[Act] = list(history)
        self.moved: dict[str, datetime] = dict(standing.moved)
        self.settled: list[Settled] = []
        self.warnings: list[Warning_] = []

    def standing(self) -> Standing:
        """Freeze what the run has come to; the run must not go on after it."""
        return Standing(
            at=self.at,
            pin=self.policy.pin,
            clocks=self.clocks,
            balances=self.balances,
            charges=self.charges,
            stage=self.stage.name,
            stage_since=self.stage_since,
            begun=self.begun,
            parked_since=self.parked_since,
            parks=self.parks,
            held_since=self.held_since,
            frozen=self.frozen,
            barred_days=self.barred.by_year,
            barred_since=self.barred.since,
            barred_through=self.barred.through,
            forced=self.forced,
            ended=self.ended,
            benefits=tuple(self.benefits),
            moved=self.moved,
        )

    # -- standing still ---------------------------------------------------------------------------

    @property
    def waiting(self) -> bool:
        """Whether the line is parked where a park stops the clocks."""
        park = self.policy.park
        return self.parked_since is not None and park is not None and park.clocks == "wait"

    @property
    def still(self) -> bool:
        """Whether the ladder stands still: on hold, or parked where a park stops the clocks."""
        return self.held_since is not None or self.waiting

    def paused(self, clock: Clock) -> bool:
        """Say whether a clock stands still."""
        return (self.held_since is not None and clock.holds) or self.waiting

    # -- clocks and rungs -------------------------------------------------------------------------

    def deadline(self, clock_id: str) -> datetime | None:
        """Return the deadline of a clock with all that overrides it; `None`: it is not running."""
        clock = self.policy.clocks[clock_id]
        if clock.accumulates is not None:
            return self.limit(clock)
        state = self.clocks.get(clock_id)
        if state is None:
            return None
        if clock.unless is not None:
            other = self.clocks.get(clock.unless.clock)
            covered = self.deadline(clock.unless.clock)
            if other is not None and covered is not None and other.since <= state.deadline:
                if clock.unless.then == "restart":
                    return started(clock, covered).deadline
                return max(state.deadline, covered)
        return state.deadline

    def limit(self, clock: Clock) -> datetime | None:
        """Return the start of the civil day on which a yearly limit of barred days is exceeded."""
        if clock.accumulates is None or self.barred.since is None:
            return None
        day = self.barred.limit_day(clock.accumulates.limit_days)
        return None if day is None else midnight(day, clock.zone)

    def rungs(self) -> Iterator[tuple[Stage, datetime | None]]:
        """Yield the stages from the top, each with its end."""
        if "activation" not in self.begun and self.forced is None:
            stage = ladder.RETURNED if self.ended == "return" else ladder.STOCK
            return iter(((stage, None),))
        return ladder.rungs(self.policy, self.deadline, forced=self.forced, frozen=self.frozen)

    def stage_at(self, at: datetime) -> Stage:
        """Return the stage at an instant."""
        for stage, end in self.rungs():
            if end is None or end > at:
                return stage
        return self.stage

    def stage_end(self) -> datetime | None:
        """Return when the line leaves its rung; `None`: not by itself."""
        name = self.stage.name
        for stage, end in self.rungs():
            if stage.name == name:
                return end
        # A rung that the ladder no longer has is left at once.
        return self.stage_since
