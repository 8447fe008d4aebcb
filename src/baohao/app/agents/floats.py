"""
An agent's float: what is in it, how fast it is spent, and when it runs out.

Spent is what sales took from it, less what reversals gave back; money paid in and out is neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from baohao.core.agents import Agent
from baohao.core.bucket import bucket_of
from baohao.core.civil import midnight
from baohao.store import clock
from baohao.store.sql import Connection, rows

#: Four weeks, so that every day of the week counts alike.
WEEK, MONTH = timedelta(days=7), timedelta(days=28)
#: Beyond this nothing is foretold.
_FAR = timedelta(days=36_525)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Float:
    """Where an agent's float stands."""

    balance_minor: int
    #: Over the last 7 and 28 days.
    spent_7_minor: int
    spent_28_minor: int
    #: At the average of the last 28 days; `None`: not for a hundred years, or nothing was spent.
    runs_out_at: datetime | None
    #: Below the agent's alarm.
    is_low: bool


def float_of(conn: Connection, agent: Agent, now: datetime) -> Float:
    """Return where an agent's float stands at `now`."""
    account = agent.float_account
    place = (bucket_of(account), account)
    balance = next((minor for (minor,) in rows(conn, "read_balance", *place)), 0)
    [(month, week)] = rows(conn, "sum_spending", now - WEEK, now - MONTH, *place)
    return Float(
        balance_minor=balance,
        spent_7_minor=week,
        spent_28_minor=month,
        runs_out_at=_runs_out(balance, month, now),
        is_low=agent.is_low(balance),
    )


def float_now(conn: Connection, agent: Agent) -> Float:
    """Return where an agent's float stands by the house's clock."""
    return float_of(conn, agent, clock.now(conn))


def days_of(
    conn: Connection, agent: Agent, zone: tzinfo, count: int
) -> tuple[tuple[date, int], ...]:
    """Return what was in a float at the end of each of the last days of a zone; today, what is."""
    account = agent.float_account
    place = (bucket_of(account), account)
    today = clock.now(conn).astimezone(zone).date()
    first = today - timedelta(days=count - 1)
    grown: dict[date, int] = dict(
        rows(conn, "list_days_of_float", str(zone), midnight(first, zone), *place)
    )
    left = next((minor for (minor,) in rows(conn, "read_balance", *place)), 0)
    found: list[tuple[date, int]] = []
    for back in range(count):
        day = today - timedelta(days=back)
        found.append((day, left))
        left -= grown.get(day, 0)
    return tuple(reversed(found))


def below_alarm(conn: Connection) -> Mapping[str, int]:
    """Return the active agents whose float is below their alarm, with what is in it."""
    return dict(rows(conn, "find_low_floats"))


def _runs_out(balance_minor: int, spent_minor: int, now: datetime) -> datetime | None:
    if spent_minor <= 0:
        return None
    # In whole numbers: a duration times an amount may be longer than any duration.
    left_us = balance_minor * (MONTH // _MICROSECOND) // spent_minor
    return None if left_us > _FAR // _MICROSECOND else now + left_us * _MICROSECOND
