"""
Upkeep: the cheapest acts that keep a number until a day, each at the latest safe moment.

A shortest path over deadlines: from every state of the line, each way of `means.options` leads to a
later one. What is not known is taken at its worst: a step must help in every world of the policy,
and comes before the earliest deadline of any. The search is A*, with the least price of a day as
its guess, so that the first plan found costs the least of all that act at these moments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from heapq import heappop, heappush
from operator import ge
from typing import Any

from baohao.core.civil import at_wall, before, civil_day
from baohao.core.line.acts import Act
from baohao.core.line.dues import advance
from baohao.core.line.fold import fold, fold_on
from baohao.core.line.project import ahead_of
from baohao.core.line.run import Run
from baohao.core.line.standing import Standing
from baohao.core.policy.model import Policy
from baohao.core.policy.terms import Base, CalendarEnd, Tiers, UntilDate
from baohao.core.policy.worlds import worlds_of
from baohao.core.refusals import Refusal
from baohao.core.upkeep.means import Means, Option, options
from baohao.core.upkeep.price import day_price

#: By how many days one acts before the last safe one, unless told otherwise.
MARGIN_DAYS = 7
#: When on a day one acts.
NOON = time(12)
#: By how much a plan may cost more than the least, in hundredths, and how many acts are played (in
#: every world) before the next is tried.
PATIENCE = ((0, 8_000), (2, 4_000), (10, 4_000), (50, 6_000), (400, 12_000))
_YEAR_DAYS = 365
#: What begins the life of a line that is not there yet.
_BEGINNING = ("purchase", "identity", "activate", "first_use")
_DAY = timedelta(days=1)
#: Lines that end nowhere.
_NEVER = datetime.max.replace(tzinfo=UTC)


class NothingKeeps(Refusal):
    """
    Nothing that is within these means keeps the number until {until}: {lost} would be its last day.
    {unpriced}
    """

    code = "upkeep.nothing_keeps"


class TooManyWays(Refusal):
    """There are too many ways to keep this number until {until}: ask for an earlier day."""

    code = "upkeep.too_many_ways"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One act of a plan."""

    at: datetime
    option: Option
    #: When the line would leave its stage without it, in the worst world.
    before: datetime
    #: And with it; `None`: not in sight.
    after: datetime | None
    #: What has been paid with this step, in minor units.
    spent_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """The cheapest plan found."""

    policy: Policy
    since: datetime
    steps: tuple[Step, ...]
    #: Until when the line is safe with all of them, in the worst world; `None`: no end in sight.
    safe_until: datetime | None
    cost_minor: int
    #: By how much it may cost more than the least, in hundredths; 0: it is the least.
    excess_percent: int
    #: Rounded up; what the steps cost over the time that they add.
    year_minor: int
    #: What would count, and has no price that anybody said.
    unpriced: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where a line stands when the plan begins: one standing for each world, and its acts."""

    standings: tuple[Standing, ...]
    acts: tuple[Act, ...]


def begun(policy: Policy, at: datetime, first: Option | None = None) -> Stand:
    """Return a line that is bought, registered, activated and used at `at`, and `first` done."""
    acts = tuple(Act(id=f"0-{kind}", kind=kind, at=at) for kind in _BEGINNING)
    acts += () if first is None else tuple(acts_of(first, at, "1-first"))
    folded = fold({policy.pin: policy}, policy.pin, acts, until=at)
    return Stand(standings=tuple(each.standing for each in folded), acts=acts)


def upkeep(
    policy: Policy,
    stand: Stand,
    now: datetime,
    until: datetime,
    means: Means | None = None,
    margin_days: int = MARGIN_DAYS,
) -> Upkeep:
    """
    Return the cheapest acts that keep a line in service from `now` until `until`.

    Each act comes `margin_days` before the last safe day, or now where that is over. Raises
    `NothingKeeps` where no act within the means does it, and `TooManyWays`.
    """
    return _Search(policy, means or Means(), now, until, margin_days).plan(stand)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """A state of the line after some steps."""

    at: datetime
    standings: tuple[Standing, ...]
    acts: tuple[Act, ...]
    #: When each world's line leaves its stage.
    ends: tuple[datetime, ...]
    steps: tuple[Step, ...]
    cost_minor: int

    @property
    def edge(self) -> datetime:
        return min(self.ends)


class _Search:
    """One search for a plan."""

    def __init__(
        self, policy: Policy, means: Means, now: datetime, until: datetime, margin_days: int
    ) -> None:
        self._policy, self._now, self._until = policy, now, until
        self._worlds = worlds_of(policy)
        self._rules = {policy.pin: policy}
        self._margin = timedelta(days=margin_days)
        self._live = {stage.name for stage in policy.stages if stage.kind == "live"}
        found = options(policy, means)
        self._options, self._unpriced = found.known, found.unpriced
        self._day_minor = day_price(policy, found.known)
        self._monotone, self._drains = _is_monotone(policy), _drains(policy)

    def plan(self, stand: Stand) -> Upkeep:
        """Return the plan; raises `NothingKeeps` and `TooManyWays`."""
        first = self._node(self._now, stand.standings, stand.acts, (), 0)
        each = max(1, len(self._options) * len(first.standings))
        for excess_percent, played_max in PATIENCE:
            found = self._found(first, 1 + excess_percent / 100, played_max // each)
            if found is not None:
                return self._told(found, excess_percent)
        raise TooManyWays(until=self._day(self._until))

    def _found(self, first: _Node, weight: float, states_max: int) -> _Node | None:
        """Return the end of a plan; `None`: there are too many states. Raises `NothingKeeps`."""
        latest, seen = first, _Seen(self._monotone, self._drains)
        heap: list[tuple[float, int, int, _Node]] = []
        heappush(heap, (0.0, 0, 0, first))
        for serial in range(1, states_max):
            if not heap:
                raise self._nothing(latest)
            node = heappop(heap)[-1]
            if node.edge >= self._until:
                return node
            latest = max(latest, node, key=lambda each: each.edge)
            if seen.has_better(node):
                continue
            for place, after in enumerate(self._next(node)):
                least = after.cost_minor + self._guess(after) * weight
                # Of those that promise the same, who is further on comes first.
                entry = (least, -after.edge.toordinal(), serial * 10_000 + place, after)
                heappush(heap, entry)
        return None

    # -- states ------------------------------------------------------------------------------------

    def _node(
        self,
        at: datetime,
        standings: tuple[Standing, ...],
        acts: tuple[Act, ...],
        steps: tuple[Step, ...],
        cost_minor: int,
    ) -> _Node:
        ends = tuple(
            _end(self._worlds[index % len(self._worlds)], standing, acts, at)
            for index, standing in enumerate(standings)
        )
        return _Node(
            at=at, standings=standings, acts=acts, ends=ends, steps=steps, cost_minor=cost_minor
        )

    def _next(self, node: _Node) -> Iterator[_Node]:
        """Yield what each option makes of a state, where it brings the line further."""
        stages = {standing.stage for standing in node.standings}
        if stages & self._live:
            stages |= self._live
        for option in self._options:
            if option.rule.stages is not None and not stages & option.rule.stages:
                # What it would come to is another option's, of the rule that is for this stage.
                continue
            # Now as well: at the latest, a tier by what is left in the balance may be out of reach.
            for at in dict.fromkeys((self._latest(node, option), node.at)):
                if at < node.edge:
                    after = self._done(node, option, at)
                    if after is not None:
                        yield after
                        break

    def _latest(self, node: _Node, option: Option) -> datetime:
        """Return the latest safe moment for an option, not before the state's own."""
        zone = self._policy.zone
        day = civil_day(node.edge - timedelta(microseconds=1), zone) - self._margin
        at = at_wall(day, NOON, zone)
        if at >= node.edge:
            at = at_wall(day - _DAY, NOON, zone)
        for extension in option.rule.extends:
            clock = node.standings[0].clocks.get(extension.clock)
            if extension.window is None or clock is None:
                continue
            opens, closes = extension.window.earliest, extension.window.latest
            if closes is not None:
                at = min(at, before(clock.deadline, closes, zone) - timedelta(microseconds=1))
            if opens is not None:
                at = max(at, before(clock.deadline, opens, zone))
        return max(at, node.at)

    def _done(self, node: _Node, option: Option, at: datetime) -> _Node | None:
        """Return the state after an option; `None`: it does not help, in some world at least."""
        acts = acts_of(option, at, f"upkeep-{len(node.steps)}")
        folded = fold_on(self._rules, self._policy.pin, node.standings, node.acts, acts, until=at)
        cost_minor = node.cost_minor + option.cost_minor
        after = self._node(
            at, tuple(each.standing for each in folded), (*node.acts, *acts), (), cost_minor
        )
        if not all(
            new > old or new == _NEVER for new, old in zip(after.ends, node.ends, strict=True)
        ):
            return None
        if not all(self._is_live(standing) for standing in after.standings):
            return None
        step = Step(
            at=at,
            option=option,
            before=node.edge,
            after=None if after.edge == _NEVER else after.edge,
            spent_minor=cost_minor,
        )
        return _Node(
            at=at,
            standings=after.standings,
            acts=after.acts,
            ends=after.ends,
            steps=(*node.steps, step),
            cost_minor=cost_minor,
        )

    def _is_live(self, standing: Standing) -> bool:
        return self._policy.stage(standing.stage).kind == "live"

    def _guess(self, node: _Node) -> float:
        """Return the least that the rest of the way can cost."""
        return max(0, (self._until - node.edge).days) * self._day_minor

    # -- answers -----------------------------------------------------------------------------------

    def _told(self, node: _Node, excess_percent: int) -> Upkeep:
        is_known = node.edge != _NEVER
        # What was paid before the first step is not bought by any.
        begins = node.steps[0].before if node.steps else self._now
        days = max(1, ((node.edge if is_known else self._until) - begins).days)
        return Upkeep(
            policy=self._policy,
            since=self._now,
            steps=node.steps,
            safe_until=node.edge if is_known else None,
            cost_minor=node.cost_minor,
            excess_percent=excess_percent,
            year_minor=-(-node.cost_minor * _YEAR_DAYS // days),
            unpriced=self._unpriced,
        )

    def _day(self, at: datetime) -> str:
        """Say the last good day before an instant."""
        return civil_day(at - timedelta(microseconds=1), self._policy.zone).isoformat()

    def _nothing(self, node: _Node) -> NothingKeeps:
        names = ", ".join(self._unpriced)
        return NothingKeeps(
            until=self._day(self._until),
            lost=self._day(node.edge),
            unpriced=f"These would count, if their price were said: {names}." if names else "",
        )


class _Seen:
    """The states that the search has gone on from, so that none worse is gone on from again."""

    def __init__(self, is_monotone: bool, drains: bool) -> None:
        self._is_monotone, self._drains = is_monotone, drains
        self._before: list[tuple[Any, ...]] = []
        self._exact: set[tuple[object, ...]] = set()

    def has_better(self, node: _Node) -> bool:
        """Say whether a state as good was there before, at no more cost; if not, remember it."""
        if not self._is_monotone:
            exact = (node.at, *(_exact(standing) for standing in node.standings))
            known = exact in self._exact
            self._exact.add(exact)
            return known
        worth: tuple[Any, ...] = (-node.cost_minor, *node.ends)
        if self._drains:
            worth = _worth(node)
        if any(all(map(ge, better, worth)) for better in self._before):
            return True
        self._before = [less for less in self._before if not all(map(ge, worth, less))]
        self._before.append(worth)
        return False


def _worth(node: _Node) -> tuple[Any, ...]:
    """Return what a state is worth: each part is better the greater it is."""
    balances = [sum(standing.balances.values()) for standing in node.standings]
    # Of two with the same money the later one has fewer charges before it.
    return (-node.cost_minor, node.at, *node.ends, *balances)


def _exact(standing: Standing) -> tuple[object, ...]:
    """Return all of a standing that its future hangs on."""
    clocks = sorted((name, clock.deadline) for name, clock in standing.clocks.items())
    return (standing.stage, *clocks, *sorted(standing.balances.items()))


def _end(policy: Policy, standing: Standing, acts: Sequence[Act], at: datetime) -> datetime:
    """
    Return when a line leaves the stage that it is in at `at`, or of a live one service, by itself.
    """
    run = Run(policy, standing, acts)
    advance(run, at)
    if not run.stage.keeping:
        return at
    live = run.stage.kind == "live"
    ahead = (b.at for b in ahead_of(run, at) if not (live and b.kind == "live"))
    return next(ahead, _NEVER)


def acts_of(option: Option, at: datetime, name: str) -> list[Act]:
    """Return what a holder who chooses an option does at an instant; `name` begins the ids."""
    return [
        Act(
            id=f"{name}-{nth}",
            kind=option.kind,
            at=at,
            amount_minor=option.amount_minor,
            sku=option.sku,
            term=option.term,
            channel=option.channel,
            tags=option.rule.tags,
            actor=next(iter(sorted(option.rule.actors or ())), ""),
        )
        for nth in range(option.times)
    ]


def _drains(policy: Policy) -> bool:
    """Whether it matters what is in a balance."""
    terms = (extension.term for rule in policy.events for extension in rule.extends)
    return bool(
        policy.charges
        or any(clock.below for clock in policy.clocks.values())
        or any(isinstance(term, Tiers) and term.by != "amount" for term in terms)
    )


def _is_monotone(policy: Policy) -> bool:
    """Whether a line that is safe for longer is never worse off for what is done next."""
    extensions = [extension for rule in policy.events for extension in rule.extends]
    return not (
        any(c.unless or c.below or c.accumulates for c in policy.clocks.values())
        or any(rule.sum or rule.count for rule in policy.events)
        or any(e.base in (Base.ANCHOR, Base.AFTER_PRODUCT) for e in extensions)
        or any(isinstance(e.term, UntilDate | CalendarEnd) for e in extensions)
        or any(isinstance(e.term, Tiers) and e.term.by != "amount" for e in extensions)
    )
