"""
Reminders due: which deadlines a holder is told about, and when.

A lead is counted in civil days before the last good day of the *earlier* of what we compute and
what the operator says, in the deadline's zone; the message goes out in the holder's morning and
never in quiet hours. Reminders stop only when the deadline moves: they are worked out from the
deadlines as they are now, so a renewal ends those of the old one and nothing else does. All
intervals are half-open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from baohao.core.civil import Span, add_months, at_wall, before, civil_day
from baohao.core.policy.model import ReminderRule

#: When a day's first message goes out, by the holder's clock; several a day are spread over the
#: hours after it.
MORNING, SPREAD = time(9), timedelta(hours=12)
#: How long before a deadline, or before quiet hours that lead up to it, is the last chance to tell.
LAST_CALL = timedelta(hours=1)

#: Under rules that are not trusted one is told so many days earlier, for operators give notice of
#: two weeks; what is due so near the end is told in its own time as well.
EARLIER_DAYS, NEAR_DAYS = 14, 7

_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a deadline: of a clock, or of the end of a stage."""

    #: The earliest and the latest instant that the worlds of the policy give; equal when nothing is
    #: unknown.
    earliest: datetime | None = None
    latest: datetime | None = None
    #: The operator's own reading.
    observed: datetime | None = None
    #: Of a stage: when it begins or began. Nothing is told about its end before.
    begins: datetime | None = None

    @property
    def deadline(self) -> datetime | None:
        """The instant to act before: the earlier of what is computed and what was observed."""
        return min(filter(None, (self.earliest, self.observed)), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How a holder wants to be told."""

    #: Where the holder is: quiet hours and mornings are by its clock.
    zone: tzinfo
    #: Half-open wall times, over midnight too; None: as the policy says.
    quiet: tuple[time, time] | None = None
    #: In order of preference; empty: as the policy says.
    channels: tuple[str, ...] = ()
    #: Further leads, beside the policy's.
    leads: tuple[Span, ...] = ()


#: (civil day, number that day, instant) of a message, before quiet hours are looked at.
_Turn = tuple[date, int, datetime]
#: (subject, the last good day, the day it is for, its number that day).
ReminderKey = tuple[str, date, date, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One message to one holder about one deadline."""

    #: "clock:service" or "stage:grace".
    subject: str
    #: The civil day, in the deadline's zone, that it was due for; `lead_days` before the last good
    #: day.
    day: date
    lead_days: int
    #: Counted from 0; more than one a day only when escalating.
    turn: int
    due_at: datetime
    #: The instant to act before.
    deadline: datetime
    #: The latest that it may be, where that is not known exactly.
    latest: datetime | None
    #: The last day on which acting is in time, less the policy's margin.
    last_day: date
    #: 1 a notice, 2 escalating, 3 the last day.
    level: int
    #: To be tried in this order.
    channels: tuple[str, ...]

    @property
    def key(self) -> ReminderKey:
        """What it is recognised by once it was sent."""
        return (self.subject, self.last_day, self.day, self.turn)


def reminders(
    rules: Iterable[ReminderRule],
    clocks: Mapping[str, Known],
    stages: Mapping[str, Known],
    *,
    zone: tzinfo,
    wishes: Wishes,
    since: datetime,
    until: datetime,
    sent: Set[ReminderKey] = frozenset(),
    doubted_from: date | None = None,
) -> tuple[Reminder, ...]:
    """
    Return the reminders that fall due from `since` to before `until`, in order.

    `clocks` and `stages` (stage -> its end) hold what is known now; what is missing has no
    deadline. `zone` is that of the deadlines. The union over consecutive windows is the answer for
    the whole. Where a schedule ran late, `most_urgent` says what is still worth sending. On days
    from `doubted_from` on the rules themselves are not trusted: each lead comes `EARLIER_DAYS`
    earlier, and those of the last week in their own time too.
    """
    found: dict[tuple[str, datetime], Reminder] = {}
    for rule in rules:
        known = (clocks if rule.clock else stages).get(rule.clock or rule.stage or "")
        if known is None or known.deadline is None:
            continue
        for reminder in _of_rule(rule, known, known.deadline, zone, wishes, doubted_from):
            # Two that quiet hours push together are one message, the more urgent one.
            at = (reminder.subject, reminder.due_at)
            if at not in found or found[at].day < reminder.day:
                found[at] = reminder
    due = (r for r in found.values() if since <= r.due_at < until and r.key not in sent)
    return tuple(sorted(due, key=lambda r: (r.due_at, r.subject)))


def most_urgent(due: Iterable[Reminder]) -> tuple[Reminder, ...]:
    """Return the last of each subject's reminders: nobody wants last week's five beside today's."""
    last: dict[str, Reminder] = {}
    for reminder in due:
        kept = last.get(reminder.subject)
        if kept is None or reminder.due_at > kept.due_at:
            last[reminder.subject] = reminder
    return tuple(sorted(last.values(), key=lambda r: (r.due_at, r.subject)))


def _of_rule(
    rule: ReminderRule,
    known: Known,
    deadline: datetime,
    zone: tzinfo,
    wishes: Wishes,
    doubted_from: date | None,
) -> Iterator[Reminder]:
    """Yield all reminders of one deadline, whatever the window; each is due before it."""
    act_before = before(deadline, rule.margin, zone) if rule.margin else deadline
    last_day = civil_day(act_before - _MICROSECOND, zone)
    louder = _day_before(last_day, rule.escalate_from) if rule.escalate_from else None
    quiet = wishes.quiet or rule.quiet
    turns = _turns(rule, act_before, last_day, louder, zone, wishes)
    for day, turn, nominal in sorted(_sooner(turns, last_day, doubted_from)):
        due_at = _awake(nominal, act_before, quiet, wishes.zone)
        if known.begins is not None and due_at < known.begins:
            continue
        yield Reminder(
            subject=f"clock:{rule.clock}" if rule.clock else f"stage:{rule.stage}",
            day=day,
            lead_days=(last_day - day).days,
            turn=turn,
            due_at=due_at,
            deadline=deadline,
            latest=known.latest if known.latest != deadline else None,
            last_day=last_day,
            level=_level(day, last_day, louder),
            channels=wishes.channels or rule.fallback,
        )


def _turns(
    rule: ReminderRule,
    act_before: datetime,
    last_day: date,
    louder: date | None,
    zone: tzinfo,
    wishes: Wishes,
) -> set[_Turn]:
    """
    Return (civil day, number that day, instant) of each message, before quiet hours are looked at.
    """
    turns: set[_Turn] = set()
    for lead in (*rule.leads, *wishes.leads):
        if lead.seconds:
            # "24 hours" before is that instant, not that day.
            at = act_before - timedelta(seconds=lead.seconds)
            turns.add((civil_day(at, zone), 0, at))
        else:
            day = _day_before(last_day, lead)
            turns.add((day, 0, at_wall(day, MORNING, wishes.zone)))
    if louder is not None:
        for day in _days(louder, last_day):
            morning = at_wall(day, MORNING, wishes.zone)
            for turn in range(rule.escalate_per_day):
                turns.add((day, turn, morning + SPREAD / rule.escalate_per_day * turn))
    return turns


def _sooner(turns: set[_Turn], last_day: date, doubted_from: date | None) -> set[_Turn]:
    """Return those of days on which the rules are doubted earlier, and those of the last week."""
    if doubted_from is None:
        return turns
    by = timedelta(days=EARLIER_DAYS)
    told = {turn for turn in turns if turn[0] < doubted_from or _is_near(turn[0], last_day)}
    # Of a day that was louder, one message is enough so early.
    sooner = {(day - by, turn, at - by) for day, turn, at in turns if turn == 0}
    return told | {turn for turn in sooner if turn[0] >= doubted_from}


def _is_near(day: date, last_day: date) -> bool:
    return (last_day - day).days <= NEAR_DAYS


def _level(day: date, last_day: date, louder: date | None) -> int:
    if day >= last_day:
        return 3
    return 2 if louder is not None and day >= louder else 1


def _day_before(day: date, lead: Span) -> date:
    """Return the civil day `lead` before `day`; hours count as the whole days in them."""
    if lead.months:
        return add_months(day, -lead.months)
    return day - timedelta(days=lead.days + lead.seconds // 86400)


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _DAY


def _awake(
    nominal: datetime, act_before: datetime, quiet: tuple[time, time] | None, zone: tzinfo
) -> datetime:
    """
    Return when to tell: after quiet hours, or before them when after would be too late.

    Always before `act_before`; a nominal instant that is too late itself becomes the last call.
    """
    due_at = nominal if quiet is None else _after_quiet(nominal, quiet, zone)
    if due_at < act_before:
        return due_at
    last_call = act_before - LAST_CALL
    if quiet is None or (began := _quiet_since(last_call, quiet, zone)) is None:
        return last_call
    return began - LAST_CALL


def _after_quiet(instant: datetime, quiet: tuple[time, time], zone: tzinfo) -> datetime:
    """Return `instant`, or the end of the quiet hours that it is in."""
    began = _quiet_since(instant, quiet, zone)
    if began is None:
        return instant
    day, (start, end) = civil_day(began, zone), quiet
    return at_wall(day if start < end else day + _DAY, end, zone)


def _quiet_since(instant: datetime, quiet: tuple[time, time], zone: tzinfo) -> datetime | None:
    """Return when the quiet hours began that `instant` is in; None when it is in none."""
    start, end = quiet
    today = civil_day(instant, zone)
    wall = instant.astimezone(zone).time()
    if start == end:
        return None
    if start < end:
        return at_wall(today, start, zone) if start <= wall < end else None
    if wall >= start:
        return at_wall(today, start, zone)
    return at_wall(today - _DAY, start, zone) if wall < end else None
