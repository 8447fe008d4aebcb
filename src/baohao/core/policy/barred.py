"""
How many civil days of one calendar year a line can be barred at worst.

Every span counts with the most days it can touch, parks too, and a park counts in each calendar
year that it touches. A line that can come back is barred again as soon as the shortest term has run
out, and the year is the one in which that happens most often; unless a clock of the policy counts
the days and ends the line in time.
"""

from __future__ import annotations

from baohao.core.civil import Span
from baohao.core.policy.model import Park, Policy, Stage
from baohao.core.policy.spans import shortest_days, shortest_term
from baohao.core.policy.terms import Base, Extension

#: The longest calendar year.
_YEAR_DAYS = 366


def worst_year_days(policy: Policy) -> int:
    """Return the most barred civil days of a calendar year, at most 366: the year itself."""
    stretch = stretch_days(policy)
    days = _repeated(stretch, _gap_days(policy)) if stretch else 0
    if policy.park is not None:
        # A clock that counts barred days ends the line before parks can bring it over its limit.
        guard = min(_limits(policy), default=_YEAR_DAYS)
        days = max(days, min(days + parked_days(policy.park), guard))
    return min(days, _YEAR_DAYS)


def _limits(policy: Policy) -> list[int]:
    clocks = policy.clocks.values()
    return [c.accumulates.limit_days for c in clocks if c.accumulates is not None]


def _repeated(stretch: int, gap: int | None) -> int:
    """The barred days of a year in which stretches follow each other, `gap` days apart."""
    if stretch >= _YEAR_DAYS or gap is None:
        return min(stretch, _YEAR_DAYS)
    whole, rest = divmod(_YEAR_DAYS, stretch + gap)
    return whole * stretch + min(rest, stretch)


def stretch_days(policy: Policy) -> int:
    """Return the most days that the ladder alone keeps a line barred at one go."""
    return sum(_stage_days(policy, stage) for stage in barred_stages(policy))


def barred_stages(policy: Policy) -> tuple[Stage, ...]:
    """Return the stages that count as deactivated while the number is still the holder's."""
    return tuple(stage for stage in policy.stages if stage.barred and stage.keeping)


def _stage_days(policy: Policy, stage: Stage) -> int:
    if stage.lasts is not None:
        days = stage.lasts.longest_days()
        # Where stages do not change at midnight, a span of days touches one civil day more.
        aligned = all(c.ends in ("end_of_day", "start_of_day") for c in policy.clocks.values())
        return days + (0 if aligned and not stage.lasts.seconds else 1)
    limits = [
        clock.accumulates.limit_days
        for name, clock in policy.clocks.items()
        if clock.accumulates is not None and stage.until is not None and stage.until.clock == name
    ]
    return limits[0] if limits else _YEAR_DAYS


def parked_days(park: Park) -> int:
    """Return the most days that parks take of a calendar year."""
    if park.max is None or park.per_year is None:
        return _YEAR_DAYS
    # A park begins and ends within a day, so it touches one civil day more than it lasts.
    return (park.max.longest_days() + 1) * park.per_year


def _gap_days(policy: Policy) -> int | None:
    """The fewest days between two barred stretches; `None`: there is only one."""
    if any(clock.accumulates is not None for clock in policy.clocks.values()):
        return None
    barred = barred_stages(policy)
    first = policy.stages.index(barred[0])
    ways = {name for stage in barred if stage.restore is not None for name in stage.restore.by}
    gaps = [
        _given_days(policy, extension)
        for event in policy.events
        if event.id in ways
        for extension in event.extends
    ]
    if not gaps:
        return None
    between = (stage.lasts for stage in policy.stages[:first] if stage.lasts is not None)
    return max(0, min(gaps)) + sum(shortest_days(span) for span in between)


def _given_days(policy: Policy, extension: Extension) -> int:
    """The fewest days that an extension gives from the day on which a barred line comes back."""
    span = shortest_term(policy, extension.term)
    days = 0 if span is None else shortest_days(span)
    if extension.base is Base.ANCHOR:
        return 0
    if extension.base is Base.STACK_STRICT:
        # The term began at the old deadline, and everything since has been taken off it.
        return days - sum(_most_days(stage.lasts) for stage in policy.stages if stage.keeping)
    return days


def _most_days(span: Span | None) -> int:
    return 0 if span is None else span.longest_days()
