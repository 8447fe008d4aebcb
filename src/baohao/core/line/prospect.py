"""
Prospect: what every world of a line's policy says, told as one: instants as ranges, stages as a
set.

See docs/rules/unknowns-and-worlds.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from baohao.core.line.fold import Rules, policy_of
from baohao.core.line.project import Deadline, Projection, barred, project
from baohao.core.line.state import LineState
from baohao.core.policy.model import KEEPING, PLACES
from baohao.core.policy.worlds import worlds_of


@dataclass(frozen=True, slots=True)
class Range:
    """A deadline as far as it is known."""

    #: Of a number: `None` where some world has lost it already, or where no world has an end.
    earliest: Deadline | None
    #: `None`: some world has no end in sight.
    latest: Deadline | None

    @property
    def is_known(self) -> bool:
        """Whether all worlds agree."""
        return self.earliest == self.latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What is true of a line at `at`, as far as it is known."""

    at: datetime
    #: In alphabetical order; one where all worlds agree.
    stages: tuple[str, ...]
    safe_until: Range
    service_until: Range
    clocks: Mapping[str, Range]
    #: place -> what works there in every world.
    services: Mapping[str, frozenset[str]]
    #: One for each world.
    views: tuple[Projection, ...]


def prospect(state: LineState, rules: Rules, at: datetime) -> Prospect:
    """
    Return what is true of a line at `at`, if nothing more happens to it.

    `at` is not earlier than what has been settled. Raises `PolicyMissing`.
    """
    worlds = worlds_of(policy_of(rules, state.pin))
    views = [
        project(worlds[index % len(worlds)], standing, state.acts, at)
        for index, standing in enumerate(state.standings)
    ]
    return together(views if state.lost is None else [barred(view) for view in views])


def together(views: Sequence[Projection]) -> Prospect:
    """Return what projections of one line, one for each world, say together."""
    first = views[0]
    return Prospect(
        at=first.at,
        stages=tuple(sorted({view.stage for view in views})),
        safe_until=_safe_until(views),
        service_until=range_of([view.service_until for view in views]),
        clocks={name: range_of([view.clocks[name] for view in views]) for name in first.clocks},
        services={
            place: frozenset.intersection(*(view.services.get(place, _NOTHING) for view in views))
            for place in PLACES
        },
        views=tuple(views),
    )


_NOTHING: frozenset[str] = frozenset()


def range_of(deadlines: Sequence[Deadline | None]) -> Range:
    """Return the earliest and the latest of several deadlines."""
    known = sorted((d for d in deadlines if d is not None), key=lambda d: d.at)
    if not known:
        return Range(None, None)
    return Range(known[0], None if None in deadlines else known[-1])


def _safe_until(views: Sequence[Projection]) -> Range:
    """Return until when the number is the holder's; where it is lost there is no such day."""
    kept = [view.safe_until for view in views if view.kind in KEEPING]
    found = range_of(kept)
    return found if len(kept) == len(views) else Range(None, found.latest)
