"""Lines of one operator: found, listed page by page, and the journal of one verified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from baohao.app import audit
from baohao.core.bucket import bucket_of
from baohao.core.line.fold import Rules
from baohao.store import clock, console, lines, tenures
from baohao.store.console import Row
from baohao.store.sql import Connection

#: Before every key.
START = (-1, "")
#: Lines of a page on the screen, and of one that is exported.
PAGE, EXPORTED = 50, 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines, and behind which key."""

    operator: str
    plan: str | None = None
    #: Kind of stage.
    kind: str | None = None
    #: They leave that stage from `since` to before `until` if nothing happens.
    since: datetime | None = None
    until: datetime | None = None
    after: tuple[int, str] = START


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some lines, and behind which key the next are; `None`: there are no more."""

    rows: tuple[Row, ...]
    next: tuple[int, str] | None


def page(conn: Connection, wanted: Wanted, size: int = PAGE) -> Page:
    """Return lines behind a key, in the order of keys."""
    found = console.page(
        conn,
        wanted.operator,
        clock.now(conn),
        after=wanted.after,
        limit=size + 1,
        plan=wanted.plan,
        kind=wanted.kind,
        since=wanted.since,
        until=wanted.until,
    )
    shown = tuple(found[:size])
    more = (shown[-1].bucket, shown[-1].number) if len(found) > size else None
    return Page(rows=shown, next=more)


def every(conn: Connection, wanted: Wanted) -> Iterator[Row]:
    """Yield all lines behind a key, a page of them at a time."""
    while True:
        found = page(conn, wanted, EXPORTED)
        yield from found.rows
        if found.next is None:
            return
        wanted = replace(wanted, after=found.next)


def of_holder(conn: Connection, operator: str, holder: str) -> list[str]:
    """Return the numbers of an operator that a holder holds, by the holder's random id."""
    held = [each.number for each in tenures.of_holder(conn, holder)] if holder else []
    return [line.number for line in lines.find_all(conn, held) if line.operator == operator]


def verified(conn: Connection, rules: Rules, number: str) -> audit.Audited:
    """
    Hold the journal of a line against itself and its row, with the rest of its bucket.

    The sealed days take the whole house: `baohao audit verify` holds the journal against them.
    """
    bucket = bucket_of(number)
    found = audit.verify(conn, rules, buckets=range(bucket, bucket + 1), exported={})
    return replace(found, faults=tuple(f for f in found.faults if f.subject == number))
