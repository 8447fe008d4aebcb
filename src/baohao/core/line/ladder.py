"""
The ladder of stages: where each rung ends, given the clocks.

A stage is never stored as truth: it is the first rung whose end has not come. Moving a clock on
moves the line up again by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache

from baohao.core.civil import Span, Unit, after, civil_day
from baohao.core.policy.model import Policy, Stage, Until

_NONE_WORK: dict[str, frozenset[str]] = {}

#: Stages that every policy has, whatever it says.
STOCK = Stage(name="stock", kind="stock", services=_NONE_WORK)
PORTED_OUT = Stage(name="ported_out", kind="recycled", services=_NONE_WORK)
RETURNED = Stage(name="returned", kind="stock", services=_NONE_WORK)
RECYCLED = Stage(name="recycled", kind="recycled", services=_NONE_WORK)
ALWAYS = {stage.name: stage for stage in (STOCK, PORTED_OUT, RETURNED, RECYCLED)}

Deadline = Callable[[str], datetime | None]
Frozen = tuple[tuple[datetime, datetime], ...]


def until_of(until: Until, deadline: Deadline) -> datetime | None:
    """Return when a stage's clocks end it; `None` where none of them runs."""
    if until.clock is not None:
        return deadline(until.clock)
    ends = [end for part in until.parts if (end := until_of(part, deadline)) is not None]
    if not ends:
        return None
    return min(ends) if until.how == "earliest_of" else max(ends)


def rungs(
    policy: Policy,
    deadline: Deadline,
    *,
    forced: tuple[str, datetime] | None = None,
    frozen: Frozen = (),
) -> Iterator[tuple[Stage, datetime | None]]:
    """
    Yield each stage with its end (`None`: it lasts), from the top, or from the one a line was
    forced into.

    `frozen` are the stretches in which the ladder stood still: a stage's own length is longer by
    them.
    """
    stages, previous = policy.stages, None
    if forced is not None:
        name, previous = forced
        names = [stage.name for stage in stages]
        if name not in names:
            yield ALWAYS[name], None
            return
        stages = stages[names.index(name) :]
    for stage in stages:
        end: datetime | None
        if stage.until is not None and (forced is None or stage.name != forced[0]):
            end = until_of(stage.until, deadline)
        elif stage.lasts is not None:
            start = previous
            if stage.origin is not None:
                start = deadline(stage.origin) or previous
            end = None if start is None else lasting(policy, start, stage.lasts, frozen)
        else:
            end = None
        if end is not None and previous is not None and end < previous:
            end = previous
        yield stage, end
        if end is None:
            return
        previous = end


# Kept: rungs are counted from midnights, and lines by the million share those.
_after = lru_cache(maxsize=65536)(after)


def lasting(policy: Policy, start: datetime, span: Span, frozen: Frozen) -> datetime:
    """
    Return the end of a span that the ladder counts from `start`.

    Every stretch between in which it stood still moves the end on: by civil days, a span of hours
    by its exact length, and always to after it.
    """
    zone = policy.zone
    end = _after(start, span, zone)
    for since, until in frozen:
        if since >= end or until <= start:
            continue
        since = max(since, start)
        if span.seconds:
            end += until - since
            continue
        days = (civil_day(until, zone) - civil_day(since, zone)).days
        moved = after(end, Span(days, Unit.DAY), zone)
        end = moved if moved > until else after(end, Span(days + 1, Unit.DAY), zone)
    return end
