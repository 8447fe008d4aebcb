"""Lists of standing orders: those that go on, those that are due, those that an account pays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from baohao.app import show
from baohao.app.ordered import facts
from baohao.core.decide.ordering import OrderUnknown
from baohao.core.line.fold import Rules
from baohao.store import standing_orders
from baohao.store.sql import Connection
from baohao.store.standing_orders import Standing

Json = dict[str, Any]


def whole(conn: Connection, rules: Rules, number: str) -> Json:
    """Return what is told of a line's order; raises `LineUnknown` and `OrderUnknown`."""
    line = show.find(conn, number)
    told = facts(line, rules)
    if told is None:
        raise OrderUnknown(order="at all")
    return {"number": number, **told}


def listed(conn: Connection, until: datetime | None = None) -> Iterator[Json]:
    """Yield the orders that go on, or those with something to do until then, the earliest first."""
    return map(row, standing_orders.listed(conn, until))


def of_payer(conn: Connection, payer: str, after: str, limit: int) -> list[Json]:
    """Return the orders that an account pays, by number, after one of them."""
    return [row(each) for each in standing_orders.of_payer(conn, payer, after, limit)]


def payer_of(conn: Connection, number: str, order: str) -> str | None:
    """Return the account that pays by an order of a line; `None`: the line has no such order."""
    found = show.find(conn, number).order
    return found.payer if found is not None and found.id == order else None


def row(standing: Standing) -> Json:
    """Return an order as a row of a list."""
    return {
        "number": standing.number,
        "order": str(standing.id),
        "payer": standing.payer,
        "deadline": _iso(standing.deadline),
        "step": standing.step,
        "at": _iso(standing.step_at),
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
