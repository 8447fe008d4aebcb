"""
A run through a line's life: acts are applied in order, and between them what falls due by itself.

A run works on one world of a policy. It starts from a standing and ends in one; `fold` is the way in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from baohao.core.civil import after, civil_day, midnight
from baohao.core.line import charges, counts, ladder
from baohao.core.line.acts import COUNTING, ENDINGS, USES, Act
from baohao.core.line.extend import Extended, Grant, deadline_of, extend, shifted, started
from baohao.core.line.standing import (
    Benefit,
    ChargeState,
    ClockState,
    Settled,
    Standing,
    Warning_,
)
from baohao.core.policy.model import Clock, EventRule, Policy, Stage
from baohao.core.policy.terms import Extension

ONE_DAY = timedelta(days=1)
#: A life that settles more often than this between two acts is a defect, not a life.
STEPS_MAX = 20_000


class Run:
    """The state of a fold while it runs. Its dictionaries are its own; a standing is never changed."""

    __slots__ = (
        "at",
        "balances",
        "barred_days",
        "barred_since",
        "barred_through",
        "begun",
        "benefits",
        "charges",
        "clocks",
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
        self.at = standing.at
        self.clocks: dict[str, ClockState] = dict(standing.clocks)
        self.balances: dict[str, int] = dict(standing.balances)
        self.charges: dict[str, ChargeState] = dict(standing.charges)
        self.stage: Stage = ladder.stage_named(policy, standing.stage or "stock")
        self.stage_since = standing.stage_since
        self.begun: dict[str, datetime] = dict(standing.begun)
        self.parked_since = standing.parked_since
        self.parks = standing.parks
        self.held_since = standing.held_since
        self.frozen = standing.frozen
        self.barred_days: dict[int, int] = dict(standing.barred_days)
        self.barred_since = standing.barred_since
        self.barred_through = standing.barred_through
        self.forced = standing.forced
        self.ended = standing.ended
        self.benefits: list[Benefit] = list(standing.benefits)
        self.history: list[Act] = list(history)
        #: When each clock last moved, for sums "since the clock last moved".
        self.moved: dict[str, datetime] = {}
        self.settled: list[Settled] = []
        self.warnings: list[Warning_] = []

    def standing(self) -> Standing:
        """Freeze what the run has come to."""
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
            barred_days=self.barred_days,
            barred_since=self.barred_since,
            barred_through=self.barred_through,
            forced=self.forced,
            ended=self.ended,
            benefits=tuple(self.benefits),
        )

    # -- reading ----------------------------------------------------------------------------------

    @property
    def still(self) -> bool:
        """Whether the ladder stands still: on hold, or parked where a park stops the clocks."""
        park = self.policy.park
        waiting = self.parked_since is not None and park is not None and park.clocks == "wait"
        return self.held_since is not None or waiting

    def deadline(self, clock_id: str) -> datetime | None:
        """Return the deadline of a clock with all that overrides it; `None`: it is not running."""
        clock = self.policy.clocks[clock_id]
        if clock.accumulates is not None:
            return self._limit_day(clock)
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

    def _limit_day(self, clock: Clock) -> datetime | None:
        """Return the start of the civil day on which a yearly limit of barred days is exceeded."""
        if clock.accumulates is None or self.barred_since is None:
            return None
        first = self.barred_since
        used = self.barred_days.get(first.year, 0)
        if self.barred_through is not None and first <= self.barred_through:
            first = self.barred_through + ONE_DAY
        day = first + timedelta(days=max(0, clock.accumulates.limit_days - used))
        if day.year > self.barred_since.year:
            day = date(day.year, 1, 1) + timedelta(days=clock.accumulates.limit_days)
        return midnight(day, clock.zone)

    def rungs(self) -> Iterator[tuple[Stage, datetime | None]]:
        """Yield the stages from the top, each with its end."""
        if "activation" not in self.begun and self.forced is None:
            return iter(((ladder.STOCK, None),))
        return ladder.rungs(self.policy, self.deadline, forced=self.forced, frozen=self.frozen)

    def _stage_at(self, at: datetime) -> Stage:
        """Return the stage at an instant."""
        stage = self.stage
        for stage, end in self.rungs():
            if end is None or end > at:
                break
        return stage

    # -- time goes by -----------------------------------------------------------------------------

    def advance(self, until: datetime) -> None:
        """Settle everything that falls due up to and including `until`."""
        for _ in range(STEPS_MAX):
            due = self.next_due()
            if due is None or due[0] > until:
                return
            self.settle(*due)
        raise AssertionError("a line settles without end")

    def next_due(self) -> tuple[datetime, int, str] | None:
        """Return the next thing that falls due by itself: (instant, rank, name); `None`: nothing."""
        dues: list[tuple[datetime, int, str]] = []
        for charge in self.policy.charges:
            state = self.charges.get(charge.id)
            if state is not None and state.due is not None:
                dues.append((state.due, 5 + charge.order, charge.id))
        if self.parked_since is not None:
            park = self.policy.park
            if park is not None and park.max is not None and park.resumes == "by_itself":
                dues.append((after(self.parked_since, park.max, self.policy.zone), 1, "park"))
        if self.held_since is None:
            self._dues_of_clocks(dues)
        return min(dues) if dues else None

    def _dues_of_clocks(self, dues: list[tuple[datetime, int, str]]) -> None:
        """Add what clocks and stages bring: nothing of it comes while a line is on hold."""
        for clock_id, state in self.clocks.items():
            if state.queued:
                dues.append((state.deadline, 0, clock_id))
        for balance in self.policy.balances.values():
            if balance.expires is not None and self.balances.get(balance.id, 0) > 0:
                passes = self.deadline(balance.expires)
                if passes is not None:
                    dues.append((passes, 3, balance.id))
        for clock in self.policy.clocks.values():
            if clock.accumulates is not None and self.stage.keeping:
                passes = self._limit_day(clock)
                if passes is not None:
                    dues.append((passes, 2, clock.id))
            elif clock.kind == "activate_by" and self.stage is ladder.STOCK:
                passes = self.deadline(clock.id)
                if passes is not None:
                    dues.append((passes, 2, clock.id))
        effect = self.stage.balance
        if (
            effect.kind == "forfeit_after"
            and self.stage_since is not None
            and any(self.balances.values())
        ):
            span = effect.span
            if span is not None:
                dues.append((after(self.stage_since, span, self.policy.zone), 3, "*"))
        if self.stage_since is not None and not self.still:
            end = next((e for s, e in self.rungs() if s.name == self.stage.name), self.stage_since)
            if end is not None:
                dues.append((max(end, self.stage_since), 4, "stage"))

    def settle(self, at: datetime, rank: int, name: str) -> None:
        """Let one due thing happen."""
        if rank == 0:
            self._grant_queued(name, at)
        elif rank == 1:
            self._resume(at, by_itself=True)
        elif rank == 2:
            self.force(ladder.first_lost(self.policy).name, at, by_itself=True)
        elif rank == 3:
            self._forfeit(self.balances if name == "*" else (name,), at)
        elif rank == 4:
            self._restage(at, by_itself=True)
        else:
            charge = next(c for c in self.policy.charges if c.id == name)
            charges.fall_due(self, charge, at)
        self.at = at

    def _grant_queued(self, clock_id: str, at: datetime) -> None:
        """Give queued time at the end of what a cap allowed."""
        clock, state = self.policy.clocks[clock_id], self.clocks[clock_id]
        first, rest = state.queued[0], state.queued[1:]
        day = state.day + timedelta(days=first.days)
        moved = replace(state, day=day, anchor=day, months=0, queued=rest)
        moved = replace(moved, deadline=deadline_of(clock, day))
        self.clocks[clock_id] = moved
        self.benefits.append(
            Benefit(
                act=first.act,
                clock=clock_id,
                kind=first.kind,
                span=None,
                start=at,
                end=moved.deadline,
            )
        )
        self.settled.append(Settled(what="extended", at=at, id=clock_id))

    def _forfeit(self, names: Sequence[str] | Mapping[str, int], at: datetime) -> None:
        for name in tuple(names):
            amount = self.balances.get(name, 0)
            if amount > 0:
                self.balances[name] = 0
                self.settled.append(Settled(what="forfeited", at=at, id=name, amount_minor=amount))
        self.watch_floors(at)

    # -- stages -----------------------------------------------------------------------------------

    def _restage(self, at: datetime, *, by_itself: bool = False) -> None:
        """Put the line on the rung where it belongs at `at`, and do what entering it means."""
        stage = self._stage_at(at)
        if stage.name == self.stage.name:
            return
        if self.still and self._lower(stage):
            return
        left, self.stage, self.stage_since = self.stage, stage, at
        if by_itself:
            self.settled.append(Settled(what="stage", at=at, id=stage.name, origin=left.name))
        for clock in self.policy.clocks.values():
            if f"stage:{left.name}" in clock.starts:
                self.clocks.pop(clock.id, None)
            if f"stage:{stage.name}" in clock.starts:
                self.clocks[clock.id] = started(clock, at)
        for charge in self.policy.charges:
            if f"stage:{left.name}" in charge.starts:
                self.charges.pop(charge.id, None)
            if f"stage:{stage.name}" in charge.starts:
                self.charges[charge.id] = charges.begun(self.policy, charge, at)
        if stage.balance.kind == "forfeit":
            self._forfeit(self.balances, at)
        self.watch_barred(at)

    def _lower(self, stage: Stage) -> bool:
        names = [s.name for s in self.policy.stages]
        if stage.name not in names or self.stage.name not in names:
            return False
        return names.index(stage.name) > names.index(self.stage.name)

    def force(self, name: str, at: datetime, *, by_itself: bool = False) -> None:
        """Put the line on a rung from which only the rungs below can be reached."""
        self.forced = (name, at)
        if self.parked_since is not None:
            self._resume(at, by_itself=True)
        self._restage(at, by_itself=by_itself)

    def watch_barred(self, at: datetime) -> None:
        """Keep count of the civil days on which the line is barred."""
        barred = self.stage.barred or self.parked_since is not None
        zone = self.policy.zone
        if barred and self.barred_since is None:
            self.barred_since = civil_day(at, zone)
        elif not barred and self.barred_since is not None:
            last = civil_day(at, zone)
            if at == midnight(last, zone):
                last -= ONE_DAY
            self._count_barred(last)
            self.barred_since = None

    def _count_barred(self, last: date) -> None:
        """Add the civil days of a closed stretch, none of them twice."""
        first = self.barred_since
        if first is None:
            return
        if self.barred_through is not None and first <= self.barred_through:
            first = self.barred_through + ONE_DAY
        for year in range(first.year, last.year + 1):
            begin, end = max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
            if end >= begin:
                self.barred_days[year] = self.barred_days.get(year, 0) + (end - begin).days + 1
        if self.barred_through is None or last > self.barred_through:
            self.barred_through = last

    # -- acts -------------------------------------------------------------------------------------

    def apply(self, act: Act) -> None:
        """Settle up to an act, then let it do what the policy says."""
        self.advance(act.at)
        self.history.append(act)
        at = act.at
        if act.kind in ("purchase", "activate", "first_use", "identity", "port_in"):
            self._begin("activation" if act.kind == "activate" else act.kind, at)
        elif act.kind in ENDINGS:
            self._end(act)
        elif act.kind not in COUNTING:
            self._steer(act)
        if act.kind in USES and "activation" in self.begun:
            self._begin("first_use", at)
        if act.kind in COUNTING:
            self._count(act)
        self.at = at
        self.watch_floors(at)
        self._restage(at)

    def _begin(self, start: str, at: datetime) -> None:
        """Start what starts with `start`, the first time it happens."""
        if start in self.begun:
            return
        self.begun[start] = at
        for clock in self.policy.clocks.values():
            waits = {"activation": "activate_by", "identity": "register_by"}.get(start)
            if clock.kind == waits:
                self.clocks.pop(clock.id, None)
            elif start in clock.starts and clock.id not in self.clocks and clock.term is not None:
                self.clocks[clock.id] = started(clock, at)
                self.moved[clock.id] = at
        for charge in self.policy.charges:
            if start in charge.starts and charge.id not in self.charges:
                self.charges[charge.id] = charges.begun(self.policy, charge, at)
        if start == "activation" and self.stage is ladder.STOCK:
            self._restage(at)

    def enter(self, at: datetime) -> None:
        """Come into a policy half-way through a life: start what would be running under it."""
        for clock in self.policy.clocks.values():
            started_by = any(start in self.begun for start in clock.starts)
            if started_by and clock.id not in self.clocks and clock.term is not None:
                self.clocks[clock.id] = started(clock, at)
        for charge in self.policy.charges:
            started_by = any(start in self.begun for start in charge.starts)
            if started_by and charge.id not in self.charges:
                self.charges[charge.id] = charges.begun(self.policy, charge, at)

    def _steer(self, act: Act) -> None:
        at = act.at
        if act.kind == "park" and self.parked_since is None:
            self.parked_since = at
            self.parks = (*self.parks, at)
        elif act.kind == "resume":
            self._resume(at, by_itself=False)
        elif act.kind == "hold" and self.held_since is None:
            self.held_since = at
        elif act.kind == "lift" and self.held_since is not None:
            since, self.held_since = self.held_since, None
            self._thaw(since, at, holds_only=True)
        elif act.kind == "adjust":
            self._adjust(act)
        self.watch_barred(at)

    def _resume(self, at: datetime, *, by_itself: bool) -> None:
        if self.parked_since is None:
            return
        park, since = self.policy.park, self.parked_since
        self.parked_since = None
        if park is not None and park.clocks == "wait":
            self._thaw(since, at, holds_only=False)
        if by_itself:
            self.settled.append(Settled(what="resumed", at=at, id="park"))
        self.watch_barred(at)

    def _thaw(self, since: datetime, until: datetime, *, holds_only: bool) -> None:
        """Move on by a stretch of standing still every deadline that had not passed when it began."""
        self.frozen = (*self.frozen, (since, until))
        for clock_id, state in list(self.clocks.items()):
            clock = self.policy.clocks[clock_id]
            if clock.holds or not holds_only:
                self.clocks[clock_id] = shifted(clock, state, since, until)

    def _adjust(self, act: Act) -> None:
        if act.clock and act.until is not None:
            clock = self.policy.clocks[act.clock]
            last = civil_day(act.until - timedelta(microseconds=1), clock.zone)
            old = self.clocks.get(act.clock)
            self.clocks[act.clock] = ClockState(
                deadline=act.until,
                day=last,
                since=old.since if old else act.at,
                grid=old.grid if old else last,
                anchor=last,
            )
        if act.balance:
            self.balances[act.balance] = act.amount_minor or 0

    def _end(self, act: Act) -> None:
        """End a life, or hand its number on."""
        self.ended = act.kind
        if act.kind == "terminate":
            self.force(ladder.first_lost(self.policy).name, act.at)
        elif act.kind == "port_out":
            self.force(ladder.PORTED_OUT.name, act.at)
        elif act.kind == "return":
            self.force(ladder.RETURNED.name, act.at)
        else:
            recycled = [s.name for s in self.policy.stages if s.kind == "recycled"]
            self.force(recycled[0] if recycled else ladder.RECYCLED.name, act.at)

    # -- acts that may count ----------------------------------------------------------------------

    def _count(self, act: Act) -> None:
        """Apply the event rules to an act: money first, then time."""
        here = counts.Circumstance(
            policy=self.policy, stage=self.stage, history=self.history, moved=self.moved
        )
        reasons: list[str] = []
        matched: list[EventRule] = []
        for rule in self.policy.events:
            if act.kind not in rule.kinds:
                continue
            why = counts.why_not(rule, act, here)
            if why is not None:
                reasons.append(why)
                continue
            matched.append(rule)
            if not rule.also:
                break
        before = self.balances.get("main", 0)
        self._money(act, matched)
        for rule in matched:
            self._extend_by(rule, act, before)
        if not matched:
            why = reasons[0] if reasons else "kind"
            self.warnings.append(Warning_(act=act.id, code="did_not_count", why=why))

    def _money(self, act: Act, matched: list[EventRule]) -> None:
        """Credit and take what an act brings and costs."""
        if act.spend_minor:
            main = self.balances.get("main", 0)
            self.balances["main"] = main - min(main, act.spend_minor)
        restore = self.stage.restore
        bucket = matched[0].credit if matched else ""
        if (
            not bucket
            and act.kind in ("topup", "voucher")
            and (matched or self.stage.kind == "live")
        ):
            bucket = "main"
        if bucket in ("", "none"):
            return
        amount = act.credit_minor
        if matched and restore is not None and self.stage.kind != "live" and restore.fee_minor:
            fee = min(amount, restore.fee_minor)
            amount -= fee
            self.settled.append(Settled(what="charged", at=act.at, id="restore", amount_minor=fee))
        held = self.balances.get(bucket, 0) + amount
        rule = self.policy.balances.get(bucket)
        if rule is not None and rule.max_minor is not None and held > rule.max_minor:
            lost = held - rule.max_minor if rule.excess == "truncate" else amount
            self.warnings.append(Warning_(act=act.id, code="balance_capped", amount_minor=lost))
            held -= lost
        self.balances[bucket] = held
        if act.kind in ("topup", "voucher"):
            self._begin("first_topup", act.at)
        charges.pay_owed(self, act.at)

    def _extend_by(self, rule: EventRule, act: Act, balance_before_minor: int) -> None:
        at = act.effective(rule.at)
        extended: set[str] = set()
        for ext in rule.extends:
            amount = act.measured(rule.measure) or 0
            grants = counts.grants_of(
                ext.term, act, amount_minor=amount, balance_minor=balance_before_minor
            )
            if grants and self._in_window(ext, at, act.id):
                self.grant(ext, act.id, at, grants)
                extended.add(ext.clock)
        for clock in self.policy.clocks.values():
            if f"event:{rule.id}" in clock.starts and clock.id not in extended:
                self.clocks[clock.id] = started(clock, at)
                self.moved[clock.id] = at

    def _in_window(self, ext: Extension, at: datetime, act: str) -> bool:
        """Say whether an act is neither too early nor too late for an extension."""
        state = self.clocks.get(ext.clock)
        if ext.window is None or state is None or state.deadline <= at:
            return True
        zone, window = self.policy.zone, ext.window
        early = window.earliest is not None and after(at, window.earliest, zone) < state.deadline
        late = window.latest is not None and after(at, window.latest, zone) > state.deadline
        if early or late:
            why = "too_early" if early else "too_late"
            self.warnings.append(Warning_(act=act, code="did_not_count", why=why))
        return not (early or late)

    def grant(self, ext: Extension, act: str, at: datetime, grants: tuple[Grant, ...]) -> Extended:
        """Extend one clock and note what came of it."""
        clock = self.policy.clocks[ext.clock]
        one_step = self.policy.reversal.promotion_steps == "one"
        outcome = extend(
            clock,
            ext,
            self.clocks.get(ext.clock),
            act=act,
            at=at,
            grants=grants,
            one_step=one_step,
            product=self.clocks.get(ext.product) if ext.product else None,
            activation=self.begun.get("activation"),
        )
        if outcome.lost_days:
            code = "refused_by_cap" if outcome.rejected else "days_lost_to_cap"
            self.warnings.append(Warning_(act=act, code=code, days=outcome.lost_days))
        if outcome.shortened_days:
            self.warnings.append(Warning_(act=act, code="shortened", days=outcome.shortened_days))
        if not outcome.rejected:
            self.clocks[ext.clock] = outcome.state
            self.moved[ext.clock] = at
            self.benefits.extend(outcome.benefits)
        return outcome

    def watch_floors(self, at: datetime) -> None:
        """Start and stop the clocks that run while a balance is under its floor."""
        for clock in self.policy.clocks.values():
            floor = clock.below
            if floor is None or "activation" not in self.begun:
                continue
            held = self.balances.get(floor.balance, 0)
            under = held < floor.floor_minor or (floor.at_most and held == floor.floor_minor)
            if under and clock.id not in self.clocks:
                self.clocks[clock.id] = started(clock, at)
            elif not under:
                self.clocks.pop(clock.id, None)
