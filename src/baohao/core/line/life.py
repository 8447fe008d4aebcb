"""
A line's life under a policy when nothing happens after it begins: what a drawing shows.

The stages and deadlines are those of the fold itself, in every world; where worlds differ, an
instant is a range.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from baohao.core.civil import Span, Unit
from baohao.core.line.acts import Act
from baohao.core.line.fold import fold
from baohao.core.line.project import Projection, project
from baohao.core.policy.model import EventRule, Policy, Stage
from baohao.core.policy.terms import Bought, BySku, Tiers
from baohao.core.policy.worlds import worlds_of

#: What begins a life: a card is bought, registered, activated and used on one day.
_BEGINNING = ("purchase", "identity", "activate", "first_use")


@dataclass(frozen=True, slots=True)
class Between:
    """An instant as far as it is known; `latest` is `None` where some world has no such instant."""

    earliest: datetime
    latest: datetime | None

    @property
    def is_known(self) -> bool:
        """Whether all worlds agree."""
        return self.earliest == self.latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The time a line spends in one stage."""

    stage: Stage
    begins: Between
    #: `None`: it lasts.
    ends: Between | None
    #: Whether every world has it.
    is_sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The first deadline of a clock."""

    clock: str
    kind: str
    at: Between


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """All stretches and marks, in order."""

    begins: datetime
    #: The purchase on the first day, where a line without one has no life to show.
    purchase: Act | None
    stretches: tuple[Stretch, ...]
    marks: tuple[Mark, ...]


def life(policy: Policy, begins: datetime) -> Life:
    """
    Return the life of a line that is bought, activated and registered at `begins`, and then left.

    Where activation alone gives no time, the least purchase that counts is made at once.
    """
    found = _life(policy, begins, None)
    if _begins_well(found):
        return found
    for event in policy.events:
        if event.stages is None or policy.stages[0].name in event.stages:
            bought = _life(policy, begins, _least_purchase(policy, event, begins))
            if _begins_well(bought):
                return bought
    return found


def _begins_well(found: Life) -> bool:
    """Whether the line lives for a day at least, and not for ever."""
    for stretch in found.stretches[:1]:
        if stretch.stage.kind == "live" and stretch.ends is not None:
            return stretch.ends.earliest - found.begins >= timedelta(days=1)
    return False


def _life(policy: Policy, begins: datetime, purchase: Act | None) -> Life:
    worlds = worlds_of(policy)
    acts = [Act(id=kind, kind=kind, at=begins) for kind in _BEGINNING]
    acts += [] if purchase is None else [purchase]
    folded = fold({policy.pin: policy}, policy.pin, acts, until=begins)
    seen = [
        project(world, fold.standing, acts, begins)
        for world, fold in zip(worlds, folded, strict=True)
    ]
    ways = [_way(projection) for projection in seen]
    return Life(
        begins=begins,
        purchase=purchase,
        stretches=tuple(_stretches(policy, ways)),
        marks=tuple(sorted(_marks(policy, seen), key=lambda mark: mark.at.earliest)),
    )


def _least_purchase(policy: Policy, event: EventRule, at: datetime) -> Act:
    """Return the cheapest act that the event lets through."""
    # Where the event has no threshold: ten whole units are more than any floor under a balance.
    ten_minor = 10 * 10**policy.exponent
    least = [event.min_minor or ten_minor]
    if event.above_minor is not None:
        least.append(event.above_minor + 1)
    sku, term = next(iter(sorted(event.skus or ())), ""), None
    for extension in event.extends:
        if isinstance(extension.term, Tiers) and extension.term.steps:
            least.append(extension.term.steps[0][0])
        if isinstance(extension.term, BySku) and extension.term.spans and not sku:
            sku = extension.term.spans[0][0]
        if isinstance(extension.term, Bought):
            term = next((o.term for o in policy.offers if o.term), Span(1, Unit.MONTH))
    if event.sum is not None:
        least.append(event.sum.at_least + event.sum.strict)
    return Act(
        id="first",
        kind=min(event.kinds),
        at=at,
        amount_minor=max(least),
        sku=sku,
        term=term,
        tags=event.tags,
        channel=next(iter(sorted(event.channels or ())), ""),
        actor=next(iter(sorted(event.actors or ())), ""),
    )


#: The stages of one world, each with its beginning.
_Way = list[tuple[str, datetime]]


def _way(projection: Projection) -> _Way:
    first = (projection.stage, projection.at)
    return [first, *((boundary.stage, boundary.at) for boundary in projection.ahead)]


def _stretches(policy: Policy, ways: Sequence[_Way]) -> Iterable[Stretch]:
    for stage in policy.stages:
        begins: list[datetime] = []
        ends: list[datetime | None] = []
        for way in ways:
            for index, (name, at) in enumerate(way):
                if name == stage.name:
                    begins.append(at)
                    ends.append(way[index + 1][1] if index + 1 < len(way) else None)
        if begins:
            yield Stretch(
                stage=stage,
                begins=Between(min(begins), max(begins)),
                ends=_between(ends),
                is_sure=len(begins) >= len(ways),
            )


def _between(instants: Sequence[datetime | None]) -> Between | None:
    known = [instant for instant in instants if instant is not None]
    if not known:
        return None
    return Between(min(known), max(known) if len(known) == len(instants) else None)


def _marks(policy: Policy, seen: Sequence[Projection]) -> Iterable[Mark]:
    for name, clock in policy.clocks.items():
        deadlines = [view.clocks[name] for view in seen]
        at = _between([None if deadline is None else deadline.at for deadline in deadlines])
        if at is not None and at.earliest > seen[0].at:
            yield Mark(clock=name, kind=clock.kind, at=at)
