"""
Deliver: send each endpoint the event at its cursor, and move the cursor once it is taken.

So each endpoint gets events in the order of the feed. Nothing is sent inside a transaction: an
endpoint is claimed in one, and what became of it is noted in another. A worker that dies between
the two leaves a lease that ends; what it had sent is sent again under the same id.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import msgspec

from baohao.app.feed.endpoints import GIVEN_UP, PAUSED, context_of
from baohao.app.feed.fan_out import fan_out
from baohao.app.ports import Post, SealBroken, Seals, Sent
from baohao.app.shell import Shell
from baohao.core.ids import following
from baohao.store import clock, endpoints, feed
from baohao.store.endpoints import Claim, Cursor
from baohao.store.feed import Event
from baohao.store.sql import Connection

#: Until the next try of an event that failed once, twice ...; then the last one again and again.
BACK_OFF = (
    *(timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10)),
    *(timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=4)),
)
#: An event that failed for so long is tried for the last time.
GIVE_UP = timedelta(days=3)
#: The receiver says that it wants nothing any more.
GONE = 410
#: Endpoints that one worker sends to at once, and events that it sends to one before it notes them.
AT_ONCE, PAGE = 16, 20
#: No event is begun after so many seconds. With the last one's time-out, and a slow directory of
#: names, a worker is done long before its lease ends.
BUDGET_S = 20.0
LEASE = timedelta(minutes=2)

_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one endpoint is to be sent now."""

    claim: Claim
    secrets: tuple[str, ...]
    #: Each cursor, and the events there.
    courses: tuple[tuple[Cursor, tuple[Event, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How far a cursor came."""

    cursor: Cursor
    #: The event to be sent next.
    reached: int
    #: What became of the last one; `None`: there was none to be sent.
    last: Sent | None
    #: How many were taken.
    taken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What a run did."""

    #: Events that came into feeds, that receivers took, and that they did not.
    told: int = 0
    taken: int = 0
    failed: int = 0


def run(shell: Shell, post: Post, seals: Seals, new_id: Callable[[], UUID]) -> Delivered:
    """Fill the feeds and send what is due, until nothing is."""
    told = taken = failed = 0
    while done := turn(shell, post, seals, new_id):
        told, taken, failed = told + done.told, taken + done.taken, failed + done.failed
    return Delivered(told=told, taken=taken, failed=failed)


def turn(shell: Shell, post: Post, seals: Seals, new_id: Callable[[], UUID]) -> Delivered | None:
    """Fill the feeds once and send each endpoint a page; `None`: there was nothing to do."""
    told = shell.run(lambda conn: fan_out(conn, clock.now(conn)))
    works = shell.run(partial(claim, seals=seals))
    if not told and not works:
        return None
    taken = failed = 0
    for work, tried in _sent(works, post):
        taken += sum(each.taken for each in tried)
        failed += sum(each.last is not None and not each.last.is_taken for each in tried)
        shell.run(partial(note, claimed=work.claim, tried=tried, id_=new_id()))
    return Delivered(told=told, taken=taken, failed=failed)


def is_due(conn: Connection) -> bool:
    """Whether there is something to be told or sent."""
    return feed.is_due(conn)


def claim(conn: Connection, seals: Seals, limit: int = AT_ONCE) -> tuple[Work, ...]:
    """Claim endpoints that have something to be sent; nobody else sends to them meanwhile."""
    now = clock.now(conn)
    return tuple(
        Work(
            claim=claimed,
            secrets=_secrets(claimed, seals, now),
            courses=tuple(
                (cursor, _events(conn, claimed, cursor))
                for cursor in endpoints.due(conn, claimed, now)
            ),
        )
        for claimed in endpoints.claim(conn, now, now + LEASE, limit)
    )


def send(work: Work, post: Post) -> tuple[Tried, ...]:
    """Send what an endpoint is to be sent, each cursor up to the first event that fails."""
    ends = time.monotonic() + BUDGET_S
    tried: list[Tried] = []
    for cursor, events in work.courses:
        # Behind the events that were read there are none for this endpoint.
        reached = events[-1].seq + 1 if len(events) == PAGE else cursor.end + 1
        taken, last = 0, None
        for event in events:
            if time.monotonic() > ends:
                reached = event.seq
                break
            last = _send(work, post, event)
            if not last.is_taken:
                reached = event.seq
                break
            taken += 1
        tried.append(Tried(cursor=cursor, reached=reached, last=last, taken=taken))
        if last is not None and last.status == GONE:
            break
    return tuple(tried)


def note(conn: Connection, claimed: Claim, tried: Sequence[Tried], id_: UUID) -> None:
    """
    Note what became of a claim; of one that somebody else has by now, nothing.

    The ids of what the listener may have to be told follow from `id_`.
    """
    now = clock.now(conn)
    gone = [each for each in tried if each.last is not None and each.last.status == GONE]
    over = [each for each in tried if _is_over(_moved(each, now), now)]
    fatal = gone or [each for each in over if each.cursor.until is None]
    last = next((each.last.outcome for each in tried if each.last is not None), None)
    if not endpoints.release(conn, claimed, now, last, dead=bool(fatal)):
        return
    given_up = [] if fatal else over
    for each in tried:
        moved = _moved(each, now)
        if each in given_up:
            endpoints.give_up(conn, claimed, moved)
        else:
            endpoints.move(conn, claimed, moved, _next_try_at(moved, now))
    told = [(PAUSED, each) for each in fatal[:1]] + [(GIVEN_UP, each) for each in given_up]
    feed.write(
        conn,
        [
            Event(
                listener=claimed.listener,
                id=following(id_, n),
                at=now,
                type=type_,
                data={
                    "endpoint": str(claimed.id),
                    "seq": each.reached,
                    "outcome": each.last.outcome if each.last is not None else "",
                },
            )
            for n, (type_, each) in enumerate(told)
        ],
    )


# --- the parts ------------------------------------------------------------------------------------


def _sent(works: Sequence[Work], post: Post) -> Iterator[tuple[Work, tuple[Tried, ...]]]:
    """Send to all endpoints at once, and yield each that is done: a slow one holds nobody up."""
    if not works:
        return
    with ThreadPoolExecutor(len(works)) as pool:
        sending = {pool.submit(send, work, post): work for work in works}
        for done in as_completed(sending):
            yield sending[done], done.result()


def _secrets(claimed: Claim, seals: Seals, now: datetime) -> tuple[str, ...]:
    """Return the secrets that sign now; none where they cannot be read."""
    context = context_of(claimed.listener, claimed.id)
    signing = [s for s in claimed.secrets if s.until is None or now < s.until]
    try:
        return tuple(seals.unseal(secret.sealed, context) for secret in signing)
    except SealBroken:
        return ()


def _send(work: Work, post: Post, event: Event) -> Sent:
    if not work.secrets:
        return Sent(why="its secrets cannot be read")
    body = {
        "type": event.type,
        "timestamp": event.at.astimezone(UTC),
        "seq": event.seq,
        "data": event.data,
    }
    return post.send(work.claim.url, str(event.id), _json(body).decode(), work.secrets)


def _events(conn: Connection, claimed: Claim, cursor: Cursor) -> tuple[Event, ...]:
    return feed.read(
        conn, claimed.listener, cursor.next_seq - 1, cursor.end, claimed.types, limit=PAGE
    )


def _moved(tried: Tried, now: datetime) -> Cursor:
    """Return a cursor where it has come to."""
    was, last = tried.cursor, tried.last
    stayed = tried.reached == was.next_seq
    if last is None and stayed:
        return was
    if last is None or last.is_taken:
        return replace(was, next_seq=tried.reached, tries=0, first_failed_at=None)
    return replace(
        was,
        next_seq=tried.reached,
        tries=was.tries + 1 if stayed else 1,
        first_failed_at=(was.first_failed_at if stayed else None) or now,
    )


def _is_over(cursor: Cursor, now: datetime) -> bool:
    """Whether the next event has failed for too long."""
    since = cursor.first_failed_at
    return since is not None and now - since >= GIVE_UP


def _next_try_at(cursor: Cursor, now: datetime) -> datetime:
    """Return when a cursor goes on; the last try is at the very end of the three days."""
    if cursor.first_failed_at is None:
        return now
    wait = BACK_OFF[min(cursor.tries, len(BACK_OFF)) - 1]
    return max(now, min(now + wait, cursor.first_failed_at + GIVE_UP))
