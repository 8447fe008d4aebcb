"""Quotes that have ended: they keep nothing any more, and are forgotten a day later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from baohao.core.line.codec import use_of
from baohao.core.promotions.model import Use
from baohao.store.promotions import Given
from baohao.store.sql import Call, Connection, Row, rows, run
from baohao.store.writes import Writes

#: As many as are looked at by one batch; what is left ends with the next.
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A quote that ended, with the uses of promotions that it had kept."""

    bucket: int
    id: UUID
    uses: tuple[Use, ...]


def lock_ended() -> Call:
    """Return the call that locks quotes that have ended; others that do so take what is left."""
    return Call("lock_ended_quotes", [AT_ONCE])


def read_ended(found: Iterable[Row]) -> tuple[Ended, ...]:
    """Return what `lock_ended` found."""
    return tuple(
        Ended(bucket=bucket, id=id_, uses=tuple(map(use_of, uses))) for bucket, id_, uses in found
    )


def release(writes: Writes, ended: Iterable[Ended], given: Given) -> None:
    """Add the rows of quotes that keep nothing any more; `given` counts what they give back."""
    for quote in ended:
        writes.add("release_quotes", quote.bucket, quote.id)
        given.give_back(quote.uses)


def end(conn: Connection, now: datetime) -> int:
    """Let at most `AT_ONCE` quotes that have ended keep nothing any more; return how many."""
    ended = read_ended(rows(conn, "lock_ended_quotes", AT_ONCE))
    if ended:
        writes, given = Writes(now), Given(promotions={}, totals={}, had={})
        release(writes, ended, given)
        given.write(writes)
        writes.send(conn)
    return len(ended)


def forget(conn: Connection) -> int:
    """Forget quotes that ended a day ago; return how many."""
    return run(conn, "forget_quotes")
