"""Sales of one operator, page by page: what stands behind its figures of money and renewals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from baohao.store import console
from baohao.store.console import Sale
from baohao.store.sql import Connection

#: Sales of a page on the screen, and of one that is exported.
PAGE, EXPORTED = 50, 5_000

Key = tuple[datetime, int, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which sales, and before which key; the latest come first."""

    operator: str
    since: datetime
    until: datetime
    channel: str | None = None
    renewals: bool = False
    before: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some sales, and before which key the next are; `None`: there are no more."""

    rows: tuple[Sale, ...]
    next: Key | None


def page(conn: Connection, wanted: Wanted, size: int = PAGE) -> Page:
    """Return sales before a key."""
    found = console.page_sales(
        conn,
        wanted.operator,
        wanted.since,
        wanted.until,
        before=wanted.before or (wanted.until, -1, UUID(int=0)),
        channel=wanted.channel,
        renewals=wanted.renewals,
        limit=size + 1,
    )
    shown = tuple(found[:size])
    last = shown[-1] if len(found) > size else None
    return Page(rows=shown, next=None if last is None else (last.at, last.bucket, last.id))


def every(conn: Connection, wanted: Wanted) -> Iterator[Sale]:
    """Yield all sales before a key, a page of them at a time."""
    while True:
        found = page(conn, wanted, EXPORTED)
        yield from found.rows
        if found.next is None:
            return
        wanted = replace(wanted, before=found.next)
