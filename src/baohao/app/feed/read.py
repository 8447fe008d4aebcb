"""Reading the feed, page by page."""

from __future__ import annotations

from dataclasses import dataclass

from baohao.app.house import house
from baohao.store import feed
from baohao.store.feed import Event
from baohao.store.sql import Connection

__all__ = ["Event", "Page", "page"]

PAGE_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some events of a feed, in its order."""

    events: tuple[Event, ...]
    #: Go on after this place.
    cursor: int
    #: Whether there is more by now.
    more: bool
    #: The house's own: how often it was restored. A place is of one epoch.
    epoch: int
    #: The place that was asked for is of another epoch.
    restored: bool


def page(
    conn: Connection, listener: str, after: int = 0, limit: int = 100, epoch: int | None = None
) -> Page:
    """
    Return what a listener was told after a place; 0: from the beginning.

    Whoever reads for the first time listens from now on. Nothing comes in later before a place that
    was read: places are given under a lock, in order of commit.

    A place of another `epoch` says nothing: since then the house went back to a backup, and what
    stood behind that place was lost or is something else now. The feed begins anew, so that nothing
    is missed; what was told before has the same id.
    """
    current = house(conn).epoch
    restored = epoch not in (None, current)
    after = 0 if restored else after
    last = feed.last_seq(conn, listener)
    if last is None:
        feed.listen(conn, listener)
        last = 0
    events = feed.read(conn, listener, after, last, (), max(1, min(limit, PAGE_MAX)))
    cursor = events[-1].seq if events else after
    return Page(events=events, cursor=cursor, more=cursor < last, epoch=current, restored=restored)
