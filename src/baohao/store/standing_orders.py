"""Standing orders that go on: written with their lines, found by when they are due and who pays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from baohao.core.bucket import bucket_of
from baohao.core.line.state import LineState
from baohao.core.standing_orders import Step, StepKind
from baohao.store import reports
from baohao.store.sql import Connection, Row, rows
from baohao.store.writes import Writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A standing order that goes on, and what it does next."""

    bucket: int
    number: str
    epoch: int
    id: UUID
    channel: str
    payer: str
    #: The line's version.
    version: int
    #: `None`: nothing, as things stand.
    step: str | None
    deadline: datetime | None
    step_at: datetime | None


def write(
    writes: Writes,
    before: LineState | None,
    after: LineState,
    following: tuple[datetime, Step] | None,
) -> None:
    """Add the row of a line's order; `following` is what it does next, after its deadline."""
    ordered, bucket = after.order, bucket_of(after.number)
    if ordered is None or not ordered.is_live:
        if before is not None and before.order is not None and before.order.is_live:
            writes.add("delete_standing_orders", bucket, after.number)
        return
    what = (UUID(ordered.id), ordered.channel, ordered.payer, after.version)
    ahead: Row = (None, None, None, None)
    if following is not None:
        deadline, step = following
        next_at = None if step.kind is StepKind.HAND_OVER else step.at
        ahead = (step.kind.value, deadline, step.at, next_at)
    writes.add("put_standing_orders", bucket, after.number, after.epoch, *what, *ahead)


def due(
    conn: Connection, now: datetime, limit: int, after: Standing | None
) -> tuple[Standing, ...]:
    """
    Return at most `limit` orders that are due at `now`, the earliest first, all behind `after`.
    """
    if after is None:
        found = rows(conn, "find_standing_orders", now, limit)
    else:
        place = (after.step_at, after.bucket, after.number)
        found = rows(conn, "find_standing_orders_after", now, *place, limit)
    return tuple(map(_standing, found))


def number_of(conn: Connection, bucket: int, id_: UUID) -> str | None:
    """Return the number of an order that goes on."""
    found = rows(conn, "find_standing_order", bucket, id_)
    return next((number for (number,) in found), None)


def of_payer(conn: Connection, payer: str, after: str, limit: int) -> tuple[Standing, ...]:
    """Return at most `limit` orders that an account pays, by their number, all behind `after`."""
    found = rows(conn, "list_standing_orders_of", payer, after, limit)
    return tuple(map(_standing, found))


def listed(conn: Connection, until: datetime | None) -> Iterator[Standing]:
    """Yield all orders, or those that have something to do until then; the earliest first."""
    return map(_standing, reports.stream(conn, "list_standing_orders", until, until))


def _standing(row: Row) -> Standing:
    return Standing(**dict(zip(_COLUMNS, row, strict=True)))


_COLUMNS = (
    *("bucket", "number", "epoch", "id", "channel", "payer", "version"),
    *("step", "deadline", "step_at"),
)
