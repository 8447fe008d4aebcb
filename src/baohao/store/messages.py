"""
Messages: what holders are told, written down before it is sent and kept as evidence for ever.

A message is written in the transaction that finds it due, claimed by a lease when it is sent, and
noted when it is known what became of it. The same message by the same channel is one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, Row, rows, run

#: What becomes of a message: it waits, was handed over, could not be, or was overtaken by events.
WAITING, SENT, FAILED, OVER = "waiting", "sent", "failed", "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one holder by one channel."""

    id: UUID
    number: str
    epoch: int
    #: "reminder", or the act that is told.
    what: str
    #: What it is of; the same message has the same.
    key: str
    channel: str
    language: str
    deadline: datetime | None = None
    #: The line's, when it was worded.
    version: int
    #: SHA-256 of its words; these, with the address, sealed.
    digest: bytes
    sealed: str
    code: str
    made_at: datetime
    state: str = WAITING
    #: How often it was claimed, this time included: whose claim it is.
    tries: int = 0
    done_at: datetime | None = None
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A message that a decision owes."""

    #: The effect's.
    id: UUID
    subject: str
    epoch: int
    at: datetime
    data: Mapping[str, Any]


def take_owed(conn: Connection, now: datetime, limit: int) -> tuple[Owed, ...]:
    """Take messages that decisions owe; whoever takes them writes them down before it commits."""
    taken = rows(conn, "take_message_effects", now, limit)
    return tuple(
        Owed(id=id_, subject=subject, epoch=epoch, at=at, data=data)
        for id_, subject, epoch, at, data in sorted(taken, key=lambda row: (row[3], row[0]))
    )


def owe_again(conn: Connection, owed: Owed, at: datetime) -> None:
    """Put back what was taken, to be taken again from then on."""
    data = msgspec.json.encode(owed.data).decode()
    place = [[bucket_of(owed.subject)], [owed.id], [owed.subject], [owed.epoch]]
    run(conn, "insert_effects", *place, ["message"], [at], [data])


def write(conn: Connection, message: Message, due_at: datetime | None) -> bool:
    """Write a message down, to be sent from then on; return whether it was not there yet."""
    m = message
    what = (m.what, m.key, m.channel, m.language, m.deadline, m.version, m.digest, m.sealed, m.code)
    place = (bucket_of(m.number), m.id, m.number, m.epoch)
    ends = (m.made_at, m.state, due_at, m.done_at, m.reply)
    return run(conn, "insert_message", *place, *what, *ends) == 1


def claim(conn: Connection, now: datetime, lease: datetime, limit: int) -> tuple[Message, ...]:
    """Claim at most `limit` messages that are due, until `lease`; of a closed house, none."""
    return _messages(rows(conn, "claim_messages", lease, now, now, limit))


def finish(
    conn: Connection,
    message: Message,
    state: str,
    now: datetime,
    reply: str,
    again: datetime | None,
) -> bool:
    """Note what has become of a message, or when it is tried again; whether it was still ours."""
    place = (bucket_of(message.number), message.id, message.tries)
    done_at = None if state == WAITING else now
    return run(conn, "finish_message", state, again, done_at, reply, *place) == 1


def of_number(conn: Connection, number: str, limit: int) -> tuple[Message, ...]:
    """Return what the holders of a number were told, the last first."""
    return _messages(rows(conn, "list_messages", bucket_of(number), number, limit))


def of_code(conn: Connection, code: str) -> Message | None:
    """Return the last message that left the house with a code."""
    return next(iter(_messages(rows(conn, "list_messages_of_code", code))), None)


def of_id(conn: Connection, bucket: int, id_: UUID) -> Message | None:
    """Return a message."""
    return next(iter(_messages(rows(conn, "read_message", bucket, id_))), None)


def latest(conn: Connection, limit: int) -> tuple[Message, ...]:
    """Return what was sent last."""
    return _messages(rows(conn, "list_latest_messages", limit))


def is_due(conn: Connection) -> bool:
    """Whether somebody is to be told something now."""
    return bool(rows(conn, "has_messages")[0][0])


# --- whom, and since when -------------------------------------------------------------------------


def tenure(conn: Connection, number: str, epoch: int) -> tuple[str, bool] | None:
    """Return the holder of a number in one of its tenures, and whether that goes on."""
    found = rows(conn, "read_tenure", bucket_of(number), number, epoch)
    return next(((holder, is_open) for holder, is_open in found), None)


def key_of(conn: Connection, holder: str) -> tuple[str, str] | None:
    """Return a holder's key, and how they want to be told, sealed."""
    found = rows(conn, "read_preferences", bucket_of(holder), holder)
    return next(((key, sealed) for key, sealed in found), None)


def put_key(conn: Connection, holder: str, key: str, now: datetime) -> None:
    """Give a holder a key, unless there is one."""
    run(conn, "insert_preferences", bucket_of(holder), holder, key, now)


def prefer(conn: Connection, holder: str, sealed: str, now: datetime) -> None:
    """Keep how a holder wants to be told."""
    run(conn, "put_preferences", sealed, now, bucket_of(holder), holder)


def destroy_key(conn: Connection, holder: str) -> None:
    """Destroy a holder's key, and what they said of being told, which is sealed under it."""
    run(conn, "erase_preferences", bucket_of(holder), holder)


def erase(conn: Connection, holder: str) -> None:
    """Destroy a holder's key, and take the address of the calendar away."""
    destroy_key(conn, holder)
    run(conn, "delete_calendar", bucket_of(holder), holder)


# --- reminders ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a line's reminders were worked out."""

    number: str
    version: int
    until: datetime
    #: When the next is due; `None`: none is in sight.
    next_at: datetime | None


def take_buckets(conn: Connection, now: datetime, again: datetime, limit: int) -> list[int]:
    """Take buckets to look through; nobody else does until `again`."""
    return sorted(bucket for (bucket,) in rows(conn, "take_rounds", again, now, limit))


def to_remind(conn: Connection, buckets: Sequence[int], now: datetime) -> list[Row]:
    """Return lines that moved on or are due, as stored, each with how far it was worked out."""
    return rows(conn, "list_to_remind", list(buckets), now)


def mark(conn: Connection, marks: Iterable[Mark]) -> None:
    """Note how far reminders were worked out."""
    found = [(bucket_of(m.number), m.number, m.version, m.until, m.next_at) for m in marks]
    if found:
        run(conn, "put_reminder_marks", *map(list, zip(*found, strict=True)))


def look_again(conn: Connection, number: str) -> None:
    """Have a line's reminders worked out anew, at once."""
    run(conn, "look_again", bucket_of(number), number)
    run(conn, "look_through", bucket_of(number))


# --- calendars ------------------------------------------------------------------------------------


def calendar(conn: Connection, holder: str) -> tuple[UUID, datetime] | None:
    """Return the id in the address of a holder's calendar, and when it was made."""
    found = rows(conn, "read_calendar", bucket_of(holder), holder)
    return next(((id_, made_at) for id_, made_at in found), None)


def holder_of_calendar(conn: Connection, bucket: int, id_: UUID) -> str | None:
    """Return whose calendar is at an address."""
    return next((holder for (holder,) in rows(conn, "find_calendar", bucket, id_)), None)


def put_calendar(conn: Connection, holder: str, id_: UUID, now: datetime) -> None:
    """Give a holder's calendar a new address."""
    run(conn, "put_calendar", bucket_of(holder), holder, id_, now)


def revoke_calendar(conn: Connection, holder: str) -> None:
    """Take the address of a holder's calendar away."""
    run(conn, "delete_calendar", bucket_of(holder), holder)


def _messages(found: Iterable[Row]) -> tuple[Message, ...]:
    return tuple(map(_message, found))


def _message(row: Row) -> Message:
    id_, number, epoch, what, key, channel, language, deadline, version, digest, *rest = row
    sealed, code, made_at, state, tries, done_at, reply = rest
    return Message(
        id=id_,
        number=number,
        epoch=epoch,
        what=what,
        key=key,
        channel=channel,
        language=language,
        deadline=deadline,
        version=version,
        digest=bytes(digest),
        sealed=sealed,
        code=code,
        made_at=made_at,
        state=state,
        tries=tries,
        done_at=done_at,
        reply=reply,
    )
