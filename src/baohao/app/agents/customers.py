"""
An agent's customers: the holders that it has sold to, for as long as they hold the number.

Once a number has another holder, the old one's agent sees nothing more of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from baohao.core.bucket import bucket_of
from baohao.core.line.fold import Rules, policy_of
from baohao.store import clock
from baohao.store.owned import owned
from baohao.store.sql import Connection, rows

#: Where a page of the due list ends: the `safe_until` and number of its last row.
Place = tuple[datetime, str]
#: The columns of the due list as it is exported.
COLUMNS = ("number", "plan", "stage", "safe_until")
_PAGE = 1_000
#: How far ahead one looks who does not say.
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer's number that is lost soon."""

    number: str
    plan: str
    #: The policy that it is under.
    pin: str
    #: The stage that it is in now.
    stage: str
    #: When the number is lost if nothing happens.
    safe_until: datetime

    @property
    def place(self) -> Place:
        """Where the page after it begins."""
        return self.safe_until, self.number


def due(
    conn: Connection, agent: str, until: datetime, after: Place | None = None, limit: int = 100
) -> list[Customer]:
    """Return the customers whose number is lost before `until`, the first to be lost first."""
    now = clock.now(conn)
    # One that is lost already is due no more, whether or not the daily run has come by.
    begins = max((now, ""), after or (now, ""))
    who = (bucket_of(agent), agent)
    found = rows(conn, "list_customers_due", now, *who, until, *begins, limit)
    return [
        Customer(number=number, plan=plan, pin=pin, stage=stage, safe_until=safe_until)
        for number, plan, pin, safe_until, stage in found
    ]


def due_soon(
    conn: Connection, agent: str, after: Place | None = None, limit: int = 100
) -> list[Customer]:
    """Return, as `due` does, the customers whose number is lost within `SOON`."""
    return due(conn, agent, clock.now(conn) + SOON, after, limit)


def due_list(
    conn: Connection, rules: Rules, agent: str, days: int
) -> Iterator[tuple[str, str, str, str]]:
    """
    Yield the due list of the next days, as `COLUMNS` has it, with the last day on which each number
    is safe, in its policy's zone.
    """
    until, after = clock.now(conn) + timedelta(days=days), None
    while page := due(conn, agent, until, after, _PAGE):
        after = page[-1].place
        for each in page:
            zone = policy_of(rules, each.pin).zone
            last = (each.safe_until - timedelta(microseconds=1)).astimezone(zone).date()
            yield each.number, each.plan, each.stage, last.isoformat()


def is_customer(conn: Connection, agent: str, numbers: Collection[str]) -> set[str]:
    """Return those of the numbers whose holder of today is the agent's customer."""
    return {number for number, sold in owned(conn, agent, numbers) if sold}


def owns(conn: Connection, agent: str, numbers: Collection[str]) -> set[str]:
    """Return those of the numbers that are a customer's, or in the agent's stock."""
    return {number for number, _ in owned(conn, agent, numbers)}
