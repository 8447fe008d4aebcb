"""An agent's stock: the cards that it was allotted and has not sold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, rows

#: The columns of the stock as it is exported.
COLUMNS = ("number", "iccid", "plan", "since")
_PAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One card in an agent's stock."""

    number: str
    #: Empty where the operator did not say it.
    iccid: str
    plan: str
    #: When it was allotted.
    since: datetime


def held(conn: Connection, agent: str, after: str = "", limit: int = 100) -> list[Held]:
    """Return the cards in an agent's stock by number, at most `limit` of those after a number."""
    found = rows(conn, "list_stock", bucket_of(agent), agent, after, limit)
    return [
        Held(number=number, iccid=iccid, plan=plan, since=since)
        for number, iccid, plan, since in found
    ]


def all_held(conn: Connection, agent: str) -> Iterator[Held]:
    """Yield all the cards in an agent's stock, by number."""
    after = ""
    while page := held(conn, agent, after, _PAGE):
        yield from page
        after = page[-1].number


def counted(conn: Connection, agent: str) -> Mapping[str, int]:
    """Return how many cards of each plan are in an agent's stock."""
    return dict(rows(conn, "count_stock", bucket_of(agent), agent))
