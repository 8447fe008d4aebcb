"""
Remind: look through the lines, bucket by bucket, and write down the reminders that are due.

What there is to remind of is worked out from a line as it stands (docs/rules/reminders.md); a mark
says how far that was done, and when the next is due, so that lines on which nothing has happened
are passed over by the database. A line is told of once for each subject, last good day, day and
turn: that is the key of the message, and the database keeps it to one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from baohao.app.messages.teller import Event, Teller
from baohao.app.messages.wording import Facts
from baohao.app.shell import Shell
from baohao.app.show import on_offer, reminders_of, viewed
from baohao.core.civil import civil_day
from baohao.core.decide.case import safe_until
from baohao.core.kept import is_kept, number_of
from baohao.core.line import codec
from baohao.core.line.project import HORIZON, LOST, Projection
from baohao.core.line.state import LineState
from baohao.core.policy.model import Offer, Policy
from baohao.core.promotions.apply import eligible
from baohao.core.promotions.model import Candidate, Promotion, PromotionFacts
from baohao.core.reminders import Reminder, Wishes, most_urgent
from baohao.store import clock, messages
from baohao.store.messages import Mark
from baohao.store.sql import Connection

log = logging.getLogger(__name__)

#: What messages about deadlines are called.
REMINDER = "reminder"
#: Buckets that one transaction looks through, and until they are looked through again.
BUCKETS, AGAIN = 64, timedelta(minutes=5)
#: Of a line that is seen for the first time: how late a reminder may still be told.
LATE = timedelta(days=1)
#: How far ahead the next one is looked for; a line without any is looked at when it moves.
AHEAD = HORIZON
#: When a line is looked at again that a defect of ours kept from being.
DEFECT = timedelta(days=1)
#: Terms that a reminder names.
OFFERS_MAX = 3

#: The level of a reminder -> its title.
TITLES = {1: "soon", 2: "urgent", 3: "last"}


def run(shell: Shell, teller: Teller, new_id: Callable[[], UUID]) -> int:
    """Look through all that is due to be; return how many reminders were written down."""
    written = 0
    while (turn := once(shell, teller, new_id)) is not None:
        written += turn
    return written


def once(shell: Shell, teller: Teller, new_id: Callable[[], UUID]) -> int | None:
    """Look through some buckets; `None`: none is due to be."""
    return shell.run(lambda conn: look(conn, teller, new_id))


def look(conn: Connection, teller: Teller, new_id: Callable[[], UUID]) -> int | None:
    """Write down what is due in some buckets, in the caller's transaction."""
    now = clock.now(conn)
    buckets = messages.take_buckets(conn, now, now + AGAIN, BUCKETS)
    if not buckets:
        return None
    written, marks = 0, []
    for state, until in messages.to_remind(conn, buckets, now):
        line = codec.decode(state)
        try:
            with conn.transaction():
                new, next_at = _line(conn, teller, line, until or now - LATE, now, new_id)
        except psycopg.Error:
            raise
        except Exception as defect:  # noqa: BLE001 - whatever it is, the others must not suffer
            # Its kind alone: what it says of a line is not for a log.
            log.error("a line was not reminded by a %s", type(defect).__name__)  # noqa: TRY400
            new, next_at = 0, now + DEFECT
        written += new
        marks.append(Mark(number=line.number, version=line.version, until=now, next_at=next_at))
    messages.mark(conn, marks)
    return written


def _line(
    conn: Connection,
    teller: Teller,
    line: LineState,
    since: datetime,
    now: datetime,
    new_id: Callable[[], UUID],
) -> tuple[int, datetime | None]:
    """Write down what is due of a line; return how much, and when the next is due."""
    if line.tenure is None:
        return 0, None
    # Never before what was settled, though somebody set the clock back.
    policy, views = viewed(teller.terms.rules, line, max(now, line.standing.at or now))
    wishes = teller.wishes_of(conn, line.tenure.holder, policy.zone)
    end = now + AHEAD
    found = reminders_of(policy, views, line, min(since, now), end, wishes)
    due = most_urgent(each for each in found if each.due_at <= now)
    written = 0
    for each in due:
        # One that is a day late may have been overtaken by the deadline itself.
        if each.deadline > now:
            facts = _facts(conn, teller, policy, views, line, each, now)
            if facts is not None:
                written += teller.write(conn, line, _event(line, each, facts, new_id()), now)
    ahead = [each.due_at for each in found if each.due_at > now]
    return written, min([*ahead, *_ends(views, line, now)], default=None)


def _ends(views: Sequence[Projection], line: LineState, now: datetime) -> Iterator[datetime]:
    """Yield when one of several dates of a clock has passed: then another is told of."""
    told = [reading.until for reading in line.readings if reading.until is not None]
    if told or len(views) > 1:
        told += [each.at for view in views for each in view.clocks.values() if each is not None]
    yield from (at for at in told if at > now)


def stands(teller: Teller, line: LineState, key: str, wishes: Wishes, now: datetime) -> bool:
    """Say whether a reminder is still to be told, of a line that has moved on meanwhile."""
    policy, views = viewed(teller.terms.rules, line, max(now, line.standing.at or now))
    found = reminders_of(policy, views, line, now - AHEAD, now + AHEAD, wishes)
    return any(key_of(each) == key and each.deadline > now for each in found)


def key_of(reminder: Reminder) -> str:
    """Return what a reminder is known by among a tenure's messages."""
    subject, last_day, day, turn = reminder.key
    return f"{subject}|{last_day.isoformat()}|{day.isoformat()}|{turn}"


def _facts(
    conn: Connection,
    teller: Teller,
    policy: Policy,
    views: Sequence[Projection],
    line: LineState,
    reminder: Reminder,
    now: datetime,
) -> Facts | None:
    """Return what a reminder says; `None`: nobody is to be told."""
    if is_kept(line.number):
        return teller.cards.facts(conn, line, reminder, now) if teller.cards else None
    offers = [each for each in on_offer(policy, line) if each.verb == "renew"][:OFFERS_MAX]
    running = _running(teller.terms.promotions, policy, line, offers, reminder.due_at)
    bare = facts_of(policy, views, line, reminder, title=TITLES[reminder.level])
    return replace(
        bare,
        offers=tuple((each.term, each.price_minor) for each in offers if each.term is not None),
        promotions=tuple({"": each.title, **each.titles} for each in running),
    )


def _event(line: LineState, reminder: Reminder, facts: Facts, id_: UUID) -> Event:
    assert line.tenure is not None  # noqa: S101 - nobody else is reminded
    return Event(
        id=id_,
        what=REMINDER,
        key=key_of(reminder),
        holder=line.tenure.holder,
        epoch=line.tenure.epoch,
        facts=facts,
        deadline=reminder.deadline,
        named=reminder.channels,
        # On the last day by every way that there is.
        by_all=reminder.level == max(TITLES),
        # The number of another operator's card is not ours to write to, and may be off.
        handset="" if is_kept(line.number) else line.number,
    )


def facts_of(
    policy: Policy,
    views: Sequence[Projection],
    line: LineState,
    reminder: Reminder,
    *,
    title: str,
) -> Facts:
    """Return what a reminder is about."""
    return Facts(
        text=_text(views[0], line, reminder),
        title=title,
        number=number_of(line.number),
        day=reminder.last_day,
        deadline=reminder.deadline,
        currency=policy.currency,
        asks=True,
    )


def _text(view: Projection, line: LineState, reminder: Reminder) -> str:
    """Say what the deadline is to the holder: the end of the number, of paid time, of a service."""
    kinds = {boundary.at: boundary.kind for boundary in view.ahead}
    if kinds.get(reminder.deadline) in LOST:
        return "lost"
    return "paid" if reminder.deadline == safe_until(line) else "stops"


def _running(
    promotions: Sequence[Promotion],
    policy: Policy,
    line: LineState,
    offers: Sequence[Offer],
    at: datetime,
) -> Iterator[Promotion]:
    """Yield the promotions that a renewal now would have, as far as the line alone can say."""
    unused, activated = PromotionFacts.unused(promotions), line.standing.begun.get("activation")
    for promotion in promotions:
        if promotion.operator != line.operator or promotion.code:
            continue
        for offer in offers:
            candidate = Candidate(
                operator=line.operator,
                currency=policy.currency,
                verb="renew",
                plan=offer.plan,
                term=offer.term,
                price_minor=offer.price_minor,
                channel="app",
                at=at,
                number=line.number,
                activated=civil_day(activated, policy.zone) if activated else None,
                batch=line.batch,
                identity=line.tenure.identity if line.tenure else "",
                first_time=not line.sold,
            )
            if eligible(promotion, candidate, unused) is None:
                yield promotion
                break
