"""Endpoints: where a listener's events are sent, and how far each has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, Row, rows, run

_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret that signs what is sent to an endpoint."""

    sealed: str
    #: It signs until then; `None`: without an end.
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint as it is set."""

    listener: str
    id: UUID
    url: str
    #: Types of events that it gets; none: all.
    types: tuple[str, ...]
    #: "live", "paused" by a person, or "dead": paused by us.
    state: str
    #: The current one first.
    secrets: tuple[Secret, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An endpoint, and how far it has come."""

    endpoint: Endpoint
    created_at: datetime
    #: "200", or why there was no answer; empty: nothing has been sent.
    last_outcome: str
    #: The event that is sent next, and the last one that there is.
    next_seq: int
    last_seq: int
    tries: int
    first_failed_at: datetime | None
    next_try_at: datetime
    #: Replays that are not over.
    replays: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An endpoint that was claimed; nobody else sends to it until the lease ends."""

    listener: str
    id: UUID
    #: Whose claim it is.
    claims: int
    url: str
    types: tuple[str, ...]
    secrets: tuple[Secret, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far an endpoint has come: with what happens, or with a replay."""

    #: The endpoint's own, or a replay's.
    id: UUID
    next_seq: int
    #: The last event to be sent now.
    end: int
    #: The last event of a replay; `None`: it goes on.
    until: int | None
    #: How often the next event has failed, and since when.
    tries: int
    first_failed_at: datetime | None


def add(conn: Connection, made: Endpoint, after: int) -> None:
    """Add an endpoint that gets what comes after a place in the feed."""
    key = _key(made.listener, made.id)
    run(conn, "insert_endpoint", *key, made.url, list(made.types), _secrets(made.secrets))
    run(conn, "insert_cursor", *key, made.id, after + 1, None)


def lock(conn: Connection, listener: str, endpoint: UUID) -> Endpoint | None:
    """Return an endpoint, locked; `None`: there is none."""
    for url, types, state, secrets in rows(conn, "lock_endpoint", *_key(listener, endpoint)):
        return Endpoint(
            listener=listener,
            id=endpoint,
            url=url,
            types=tuple(types),
            state=state,
            secrets=_read_secrets(secrets),
        )
    return None


def change(conn: Connection, made: Endpoint) -> None:
    """Write an endpoint that is locked."""
    what = (made.url, list(made.types), made.state, _secrets(made.secrets))
    run(conn, "update_endpoint", *what, *_key(made.listener, made.id))


def remove(conn: Connection, listener: str, endpoint: UUID) -> bool:
    """Remove an endpoint; false where there is none."""
    return run(conn, "delete_endpoint", *_key(listener, endpoint)) == 1


def retry(conn: Connection, made: Endpoint) -> None:
    """Try again at once what an endpoint has missed."""
    run(conn, "retry_cursors", *_key(made.listener, made.id))


def replay(conn: Connection, made: Endpoint, cursor: UUID, first: int, last: int) -> None:
    """Send events once more, beside what happens."""
    run(conn, "insert_cursor", *_key(made.listener, made.id), cursor, first, last)


def read(conn: Connection, listener: str | None) -> tuple[Standing, ...]:
    """Return the endpoints of one listener, or of all."""
    bucket = bucket_of(listener) if listener else None
    return tuple(map(_standing, rows(conn, "read_endpoints", listener, bucket, listener)))


# --- sending --------------------------------------------------------------------------------------


def claim(conn: Connection, now: datetime, lease: datetime, limit: int) -> tuple[Claim, ...]:
    """Claim at most `limit` endpoints that have something to be sent, until `lease`."""
    return tuple(
        Claim(
            listener=listener,
            id=endpoint,
            claims=claims,
            url=url,
            types=tuple(types),
            secrets=_read_secrets(secrets),
        )
        for listener, endpoint, claims, url, types, secrets in rows(
            conn, "claim_endpoints", now, now, limit, lease
        )
    )


def due(conn: Connection, claimed: Claim, now: datetime) -> tuple[Cursor, ...]:
    """Return the cursors of an endpoint that go on now."""
    found = rows(conn, "read_due_cursors", *_key(claimed.listener, claimed.id), now)
    return tuple(
        Cursor(id=id_, next_seq=next_seq, end=end, until=until, tries=tries, first_failed_at=since)
        for id_, next_seq, end, until, tries, since in found
    )


def release(
    conn: Connection, claimed: Claim, now: datetime, outcome: str | None, *, dead: bool
) -> bool:
    """Give an endpoint back; false where somebody else has it by now, or it is gone."""
    key = (*_key(claimed.listener, claimed.id), claimed.claims)
    return run(conn, "release_endpoint", now, outcome, dead, *key) == 1


def move(conn: Connection, claimed: Claim, cursor: Cursor, next_try_at: datetime) -> None:
    """Say how far a cursor has come; a replay that is over goes."""
    key = (*_key(claimed.listener, claimed.id), cursor.id)
    if cursor.until is not None and cursor.next_seq > cursor.until:
        run(conn, "delete_cursor", *key)
        return
    how = (cursor.next_seq, cursor.tries, cursor.first_failed_at, next_try_at)
    run(conn, "move_cursor", *how, *key)


def give_up(conn: Connection, claimed: Claim, cursor: Cursor) -> None:
    """End a replay before its time."""
    run(conn, "delete_cursor", *_key(claimed.listener, claimed.id), cursor.id)


def _key(listener: str, endpoint: UUID) -> tuple[int, str, UUID]:
    return bucket_of(listener), listener, endpoint


def _secrets(secrets: Sequence[Secret]) -> str:
    return _json([[s.sealed, s.until and s.until.isoformat()] for s in secrets]).decode()


def _read_secrets(secrets: Sequence[tuple[str, str | None]]) -> tuple[Secret, ...]:
    return tuple(
        Secret(sealed=sealed, until=datetime.fromisoformat(until) if until else None)
        for sealed, until in secrets
    )


def _standing(row: Row) -> Standing:
    listener, endpoint, url, types, state, secrets, outcome, created_at, *cursor = row
    next_seq, tries, first_failed_at, next_try_at, last_seq, replays = cursor
    return Standing(
        endpoint=Endpoint(
            listener=listener,
            id=endpoint,
            url=url,
            types=tuple(types),
            state=state,
            secrets=_read_secrets(secrets),
        ),
        created_at=created_at,
        last_outcome=outcome,
        next_seq=next_seq,
        last_seq=last_seq,
        tries=tries,
        first_failed_at=first_failed_at,
        next_try_at=next_try_at,
        replays=replays,
    )
