"""
The arithmetic of extensions: from one act, one clock's new deadline.

Everything is counted on civil days in the clock's zone; only a clock that ends at the exact minute,
or a term in hours, is counted on instants. See docs/rules/extension.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from baohao.core.civil import Span, Unit, add_months, add_span, after, at_wall, civil_day, midnight
from baohao.core.line.standing import Benefit, ClockState, Queued
from baohao.core.policy.model import Clock
from baohao.core.policy.terms import Base, CalendarEnd, Cap, Extension, UntilDate

#: One thing to be granted: "paid" or "bonus", and how long or until when.
Grant = tuple[str, Span | UntilDate | CalendarEnd]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """What an act made of a clock."""

    state: ClockState
    benefits: tuple[Benefit, ...] = ()
    #: Days that a cap took.
    lost_days: int = 0
    #: Days by which the deadline moved nearer.
    shortened_days: int = 0
    #: The cap refused the act altogether.
    rejected: bool = False


def deadline_of(clock: Clock, day: date) -> datetime:
    """Return the half-open deadline that belongs to `day`, for clocks that end by the calendar."""
    if clock.ends == "start_of_day":
        return midnight(day, clock.zone)
    if clock.ends == "at" and clock.wall is not None:
        return at_wall(day, clock.wall, clock.zone)
    return midnight(day + ONE_DAY, clock.zone)


def day_of(clock: Clock, deadline: datetime) -> date:
    """Return the civil day that a deadline belongs to; the inverse of `deadline_of`."""
    if clock.ends == "end_of_day":
        return civil_day(deadline - timedelta(microseconds=1), clock.zone)
    return civil_day(deadline, clock.zone)


def last_before(clock: Clock, cut: date) -> date:
    """Return the day of a clock that ends when the day `cut` begins, or as soon after as it can."""
    return cut if clock.ends in ("start_of_day", "at") else cut - ONE_DAY


def last_good_day(clock: Clock, state: ClockState) -> date:
    """Return the last civil day, in the clock's zone, of which some part is still good."""
    if clock.ends == "end_of_day" and state.deadline == midnight(state.day + ONE_DAY, clock.zone):
        return state.day
    return civil_day(state.deadline - timedelta(microseconds=1), clock.zone)


def started(clock: Clock, at: datetime, term: Span | None = None) -> ClockState:
    """Return a clock that begins at `at` with its first term."""
    span = term or clock.term or Span(0, Unit.DAY)
    day = civil_day(at, clock.zone)
    blank = ClockState(deadline=at, day=day, since=at, grid=day, anchor=day)
    return _step(clock, blank, span, chained=False, at=at)


def _step(
    clock: Clock,
    state: ClockState,
    span: Span | UntilDate | CalendarEnd,
    *,
    chained: bool,
    at: datetime,
) -> ClockState:
    """Count one span on from a base: the state's own day when `chained`, else the day of `at`."""
    zone = clock.zone
    if isinstance(span, UntilDate):
        return _on_day(clock, state, span.last_day)
    base_day = state.day if chained else civil_day(at, zone)
    if isinstance(span, CalendarEnd):
        month = base_day.month if span.of == "month" else 12
        return _on_day(clock, state, add_months(date(base_day.year, month, 1), 1) - ONE_DAY)
    if span.seconds or clock.ends == "exact":
        base = state.deadline if chained else at
        deadline = after(base, span, zone, clock.month_end)
        day = civil_day(deadline, zone)
        return _moved(state, deadline, day, anchor=day)
    less = _less(clock)
    if span.months and clock.month_end.rule == "keep":
        anchor, months = (state.anchor, state.months) if chained else (base_day, 0)
        day = add_months(anchor, months + span.months, clock.month_end) - less
        return _at_day(clock, state, day, anchor=anchor, months=months + span.months)
    # Where the first day counts, the next stretch begins on the day after the last.
    begins = base_day + less if chained else base_day
    return _on_day(clock, state, add_span(begins, span, clock.month_end) - less)


def _less(clock: Clock) -> timedelta:
    """Return by how much sooner a stretch ends when its first day counts."""
    return ONE_DAY if clock.inclusive else timedelta(0)


def _on_day(clock: Clock, state: ClockState, day: date) -> ClockState:
    """Put the clock on a day, from which its next months are counted."""
    return _at_day(clock, state, day, anchor=day + _less(clock), months=0)


def _at_day(clock: Clock, state: ClockState, day: date, *, anchor: date, months: int) -> ClockState:
    deadline = (
        midnight(day + ONE_DAY, clock.zone) if clock.ends == "exact" else deadline_of(clock, day)
    )
    return _moved(state, deadline, day, anchor=anchor, months=months)


def _moved(
    state: ClockState, deadline: datetime, day: date, *, anchor: date, months: int = 0
) -> ClockState:
    return ClockState(
        deadline=deadline,
        day=day,
        since=state.since,
        grid=state.grid,
        anchor=anchor,
        months=months,
        queued=state.queued,
    )


def _next_on_grid(clock: Clock, state: ClockState, span: Span, at: datetime) -> ClockState:
    """Return the first date of the grid after both the deadline and the act."""
    if not (span.months or span.days):
        # Hours have no grid of days.
        return _step(clock, state, span, chained=state.deadline > at, at=at)
    floor = max(state.day, civil_day(at, clock.zone))
    periods, day = 1, state.grid
    while day <= floor:
        day = add_span(state.grid, Span(span.count * periods, span.unit), clock.month_end)
        periods += 1
    return _on_day(clock, state, day)


def _base(
    clock: Clock, ext: Extension, state: ClockState | None, at: datetime, product: ClockState | None
) -> tuple[ClockState, bool]:
    """
    Return what to count from, and whether that is a day already reached (else it is the act's).
    """
    day = civil_day(at, clock.zone)
    blank = ClockState(deadline=at, day=day, since=at, grid=day, anchor=day)
    if ext.base is Base.AFTER_PRODUCT:
        if product is not None and product.deadline > at:
            since, grid, queued = (
                (state.since, state.grid, state.queued) if state else (at, day, ())
            )
            return replace(product, since=since, grid=grid, queued=queued), True
        return (state or blank), False
    if state is None:
        return blank, False
    alive = state.deadline > at
    if ext.base is Base.STACK_STRICT or (ext.base is Base.STACK and alive):
        return state, True
    if not alive:
        state = replace(state, since=at)
    return state, False


def limit_of(
    clock: Clock, cap: Cap, state: ClockState | None, at: datetime, activation: datetime | None
) -> date:
    """Return the furthest day that a cap allows to an act at `at`."""
    day = civil_day(at, clock.zone)
    limits: list[date] = [] if cap.until is None else [cap.until]
    if cap.max is not None:
        origin = activation if cap.origin == "activation" and activation is not None else at
        furthest = add_span(civil_day(origin, clock.zone), cap.max, clock.month_end)
        limits.append(furthest - _less(clock))
    if cap.per_event is not None:
        reached = state.day if state is not None and state.deadline > at else day
        limits.append(add_span(reached, cap.per_event, clock.month_end))
    return min(limits)


def _together(first: Span, second: Span) -> Span | None:
    """Return two spans as one, where they are counted in the same kind of unit."""
    if first.months and second.months:
        return Span(first.months + second.months, Unit.MONTH)
    return Span(first.days + second.days, Unit.DAY) if first.days and second.days else None


def extend(
    clock: Clock,
    ext: Extension,
    state: ClockState | None,
    *,
    act: str,
    at: datetime,
    grants: tuple[Grant, ...],
    one_step: bool = True,
    product: ClockState | None = None,
    activation: datetime | None = None,
) -> Extended:
    """
    Return what `grants` make of a clock.

    `state` is the clock before the act (`None`: not running), `product` the clock that
    AFTER_PRODUCT counts from, `activation` what a cap may count from. With `one_step`, 12 and 6
    months are 18 counted at once.
    """
    base, chained = _base(clock, ext, state, at, product)
    begin = base.deadline if chained else at
    if state is not None and ext.base in (Base.LONGEST, Base.ANCHOR) and state.deadline > at:
        begin = state.deadline
    limit = limit_of(clock, ext.cap, state, at, activation) if ext.cap else None
    guard = ext.never_shorten or clock.never_shorten or ext.base is Base.LONGEST
    benefits: list[Benefit] = []
    lost: list[Queued] = []
    now, whole, over = base, None, 0
    for kind, span in grants:
        whole = _together(whole, span) if one_step and whole and isinstance(span, Span) else None
        if ext.base is Base.ANCHOR and isinstance(span, Span):
            reached = _next_on_grid(clock, now, span, at)
        elif whole is not None:
            reached = _step(clock, base, whole, chained=chained, at=at)
        else:
            reached = _step(clock, now, span, chained=chained or bool(benefits), at=at)
            over = 0
        whole = whole or (span if isinstance(span, Span) and not benefits else None)
        if guard and state is not None and reached.deadline < state.deadline:
            reached = replace(state, since=reached.since)
        if limit is not None and reached.day > limit:
            capped = _capped(clock, state, reached, limit)
            # What was counted from the base again has lost what it had lost before, too.
            fresh, over = (reached.day - capped.day).days - over, (reached.day - capped.day).days
            lost += [Queued(act, kind, fresh)] if fresh > 0 else []
            reached = capped
        benefits.append(
            Benefit(
                act=act,
                clock=clock.id,
                kind=kind,
                span=span if isinstance(span, Span) else None,
                start=min(begin, reached.deadline),
                end=reached.deadline,
            )
        )
        begin, now = reached.deadline, reached
    return _outcome(ext, state, now, tuple(benefits), tuple(lost))


def _capped(clock: Clock, state: ClockState | None, reached: ClockState, limit: date) -> ClockState:
    """Cut a clock back to the cap, but never to before what it already had."""
    day = limit if state is None else max(limit, min(state.day, reached.day))
    return _on_day(clock, reached, day)


def _outcome(
    ext: Extension,
    state: ClockState | None,
    now: ClockState,
    benefits: tuple[Benefit, ...],
    lost: tuple[Queued, ...],
) -> Extended:
    """Say what a cap did with the rest, and whether the act brought the deadline nearer."""
    lost_days = sum(part.days for part in lost)
    if lost and ext.cap is not None and ext.cap.excess == "reject":
        return Extended(state=state or now, lost_days=lost_days, rejected=True)
    if lost and ext.cap is not None and ext.cap.excess == "queue":
        return Extended(state=replace(now, queued=(*now.queued, *lost)), benefits=benefits)
    shorter = (
        (state.day - now.day).days if state is not None and now.deadline < state.deadline else 0
    )
    return Extended(
        state=now, benefits=benefits, lost_days=lost_days, shortened_days=max(0, shorter)
    )


def later(clock: Clock, state: ClockState, days: int) -> ClockState:
    """Return a clock some civil days later, at the same time of the day."""
    if state.deadline == deadline_of(clock, state.day) and clock.ends != "exact":
        return _on_day(clock, state, state.day + timedelta(days=days))
    deadline = after(state.deadline, Span(days, Unit.DAY), clock.zone)
    day = state.day + timedelta(days=days)
    return _moved(state, deadline, day, anchor=day + _less(clock))


def shifted(clock: Clock, state: ClockState, since: datetime, until: datetime) -> ClockState:
    """
    Move a deadline that had not passed at `since` on by the time from `since` to `until`.

    Civil days, but for a clock that ends at the exact minute; and always to after `until`.
    """
    if state.deadline <= since:
        return state
    if clock.ends == "exact":
        deadline = state.deadline + (until - since)
        day = civil_day(deadline, clock.zone)
        return _moved(state, deadline, day, anchor=day)
    days = (civil_day(until, clock.zone) - civil_day(since, clock.zone)).days
    moved = later(clock, state, days) if days else state
    return moved if moved.deadline > until else later(clock, state, days + 1)
