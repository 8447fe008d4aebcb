"""
Close a month: what was deferred to it becomes revenue.

One entry for each bucket, plan and currency. Closing a month twice posts nothing the second time,
and a month that is not over cannot be closed: what is sold today may still belong to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from baohao.core.books import income
from baohao.core.deferral import month_of
from baohao.core.refusals import Refusal
from baohao.store import books, deferrals, partitions
from baohao.store.sql import Connection
from baohao.store.writes import Writes


class MonthNotOver(Refusal):
    """{month} is not over; the last month that can be closed is the one before {now}."""

    code = "close.not_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What closing a month released."""

    #: (plan, currency) -> minor units.
    released: dict[tuple[str, str], int]
    entries: int


def close_month(conn: Connection, month: date, *, now: datetime, parent: UUID) -> Closed:
    """
    Release what was deferred up to the end of `month`; the ids of its entries follow from `parent`.

    Raises `MonthNotOver` unless the month was over everywhere on Earth a day ago, and
    `MonthMissing` where the books have no room for `now` yet: the shell makes it and comes again.
    """
    month = month_of(month)
    after = month_of(date.fromordinal(month.toordinal() + 31))
    if date.fromordinal(now.date().toordinal() - 1) < after:
        raise MonthNotOver(month=month.isoformat()[:7], now=now.date().isoformat()[:7])
    this_month = partitions.month_of(now)
    if this_month not in partitions.months(conn):
        raise partitions.MonthMissing(this_month)
    writes, released, posted = Writes(now), dict[tuple[str, str], int](), 0
    for each in deferrals.take(conn, after):
        for entry in income.release(each.plan, each.currency, each.amount_minor):
            books.post(writes, each.subject, 0, [entry], parent, posted)
            posted += 1
        key = (each.plan, each.currency)
        released[key] = released.get(key, 0) + each.amount_minor
    writes.send(conn)
    return Closed(released=released, entries=posted)
