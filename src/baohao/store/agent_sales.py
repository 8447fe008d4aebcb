"""What agents sold and what was taken back: one narrow row each, beside the books."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from baohao.core.asks import Ask
from baohao.core.bucket import bucket_of
from baohao.core.commissions import Earned
from baohao.store.sql import Connection, Row, rows
from baohao.store.writes import Writes

#: Where a page begins: the instant, the ask and the row of the last one before it.
Place = tuple[datetime, UUID, int]
#: Before every ask.
FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSale:
    """A row: a sale, or what was taken back of one."""

    recorded_at: datetime
    ask: UUID
    #: Of several by one ask.
    n: int
    number: str
    #: The tenure.
    epoch: int
    what: Earned

    @property
    def place(self) -> Place:
        """Where the page after it begins."""
        return self.recorded_at, self.ask, self.n


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """What was sold, or taken back, of one plan by one verb."""

    verb: str
    plan: str
    is_back: bool
    count: int
    total_minor: int
    commission_minor: int
    service_fee_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What was posted to an agent's account by entries of one kind; minor units, both positive."""

    account: str
    is_before: bool
    kind: str
    debits: int
    credits: int


def add(writes: Writes, ask: Ask, epoch: int, earned: Sequence[Earned]) -> None:
    """Add the rows of what one decision moved for agents."""
    for n, each in enumerate(earned):
        writes.add(
            "insert_agent_sales",
            bucket_of(each.agent),
            each.agent,
            ask.id,
            n,
            ask.subject,
            epoch,
            each.verb,
            each.plan,
            each.currency,
            each.total_minor,
            each.commission_minor,
            each.service_fee_minor,
            each.of,
        )


def between(conn: Connection, agent: str, since: datetime, until: datetime) -> Iterator[AgentSale]:
    """Yield what an agent sold, and what was taken back, in order."""
    for row in rows(conn, "list_agent_sales", bucket_of(agent), agent, since, until):
        yield _sale(agent, row)


def page(
    conn: Connection, agent: str, after: Place, until: datetime, limit: int
) -> tuple[AgentSale, ...]:
    """Return at most `limit` of what an agent sold, and what was taken back, behind a place."""
    place = (bucket_of(agent), agent, *after)
    found = rows(conn, "page_agent_sales", *place, until, limit)
    return tuple(_sale(agent, row) for row in found)


def sums(
    conn: Connection, agent: str, currency: str, since: datetime, until: datetime
) -> tuple[Sold, ...]:
    """Return what an agent sold, and what was taken back, by verb and plan."""
    place = (bucket_of(agent), agent, currency)
    return tuple(
        Sold(
            verb=verb,
            plan=plan,
            is_back=is_back,
            count=count,
            total_minor=total,
            commission_minor=commission,
            service_fee_minor=service_fee,
        )
        for verb, plan, is_back, count, total, commission, service_fee in rows(
            conn, "sum_agent_sales", *place, since, until
        )
    )


def posted(
    conn: Connection, agent: str, accounts: Sequence[str], since: datetime, until: datetime
) -> tuple[Posted, ...]:
    """Return what was posted to an agent's accounts before `since`, and from there to `until`."""
    found = rows(conn, "sum_agent_books", since, bucket_of(agent), until, sorted(accounts))
    return tuple(
        Posted(account=account, is_before=is_before, kind=kind, debits=debits, credits=credits)
        for account, is_before, kind, debits, credits in found
    )


def _sale(agent: str, row: Row) -> AgentSale:
    recorded_at, ask, n, number, epoch, verb, plan, currency, total, commission, fee, of = row
    return AgentSale(
        recorded_at=recorded_at,
        ask=ask,
        n=n,
        number=number,
        epoch=epoch,
        what=Earned(
            agent=agent,
            verb=verb,
            plan=plan,
            currency=currency,
            total_minor=total,
            commission_minor=commission,
            service_fee_minor=fee,
            of=of,
        ),
    )
