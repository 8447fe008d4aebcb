"""
The statement of an agent's month: what it earned, what its float did, and what it sold.

Money is read from the entries of the agent's own bucket, so a statement *is* the books; the detail
is what was written down of each sale. Both are held against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from baohao.core.agents import Agent
from baohao.core.books.chart import Account
from baohao.core.books.entry import EntryKind
from baohao.core.bucket import bucket_of
from baohao.core.civil import add_months, midnight
from baohao.core.decide.pay_commission import NothingOwed, owed_account
from baohao.core.deferral import month_of
from baohao.core.operators import Operator
from baohao.core.refusals import Refusal
from baohao.store import agent_sales, clock, journal
from baohao.store.agent_sales import AgentSale, Place, Posted, Sold
from baohao.store.sql import Connection

#: Before and behind every sale.
_EVER, _NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class StatementNotOver(Refusal):
    """{month} is not over in {zone}: what it earned is paid when it is."""

    code = "statement.not_over"


class StatementPaid(Refusal):
    """{month} was paid by {by}."""

    code = "statement.paid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commission:
    """What the agent was owed, in minor units; below zero: the agent owes."""

    opening_minor: int
    accrued_minor: int
    clawed_back_minor: int
    #: Into its float.
    paid_out_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Float:
    """What the agent's prepaid money did, in minor units."""

    opening_minor: int
    funded_minor: int
    spent_minor: int
    given_back_minor: int
    withdrawn_minor: int
    commission_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An agent's month."""

    agent: str
    currency: str
    month: date
    #: Half-open, by the zone that it was asked for.
    since: datetime
    until: datetime
    commission: Commission
    float_: Float
    #: By verb and plan; what was taken back follows what was sold.
    sales: tuple[Sold, ...]
    #: The agent's own money: in no books, and not given back by us.
    service_fees_minor: int
    #: What the float paid that no sale tells of: of before the agent was registered.
    unlisted_minor: int
    #: Whether the sales tell of the same commission as the books, and every line adds up.
    agrees: bool


def zone_of(agent: Agent, operators: Mapping[str, Operator]) -> tzinfo:
    """Return the zone of an agent's months: its operator's, of several the first by key."""
    return operators[min(agent.operators)].zone


def statement(conn: Connection, agent: Agent, month: date, zone: tzinfo) -> Statement:
    """Return an agent's statement of a calendar month in a zone, as far as it has come."""
    since, until = _window(month, zone)
    purse = Account.parse(agent.float_account)
    owed = owed_account(purse)
    posted = agent_sales.posted(conn, agent.key, (str(purse), str(owed)), since, until)
    commission = _commission([each for each in posted if each.account == str(owed)])
    float_ = _float([each for each in posted if each.account == str(purse)])
    sales = agent_sales.sums(conn, agent.key, agent.currency, since, until)
    accrued = sum(each.commission_minor for each in sales if not each.is_back)
    clawed_back = -sum(each.commission_minor for each in sales if each.is_back)
    spent = float_.spent_minor - float_.given_back_minor
    return Statement(
        agent=agent.key,
        currency=agent.currency,
        month=month_of(month),
        since=since,
        until=until,
        commission=commission,
        float_=float_,
        sales=sales,
        service_fees_minor=sum(each.service_fee_minor for each in sales),
        unlisted_minor=spent - sum(each.total_minor for each in sales),
        agrees=_adds_up(commission, float_)
        and (accrued, clawed_back) == (commission.accrued_minor, commission.clawed_back_minor),
    )


def detail(conn: Connection, agent: Agent, month: date, zone: tzinfo) -> Iterable[AgentSale]:
    """Return each sale of an agent's month, and each that was taken back, in order."""
    return agent_sales.between(conn, agent.key, *_window(month, zone))


def sales_page(
    conn: Connection,
    agent: Agent,
    month: date | None,
    zone: tzinfo,
    after: Place | None = None,
    limit: int = 100,
) -> tuple[AgentSale, ...]:
    """Return at most `limit` sales behind a place, each that was taken back too; no month: ever."""
    since, until = (_EVER, _NEVER) if month is None else _window(month, zone)
    # One that is at the very beginning of the month comes behind this.
    begins = (since - timedelta(microseconds=1), agent_sales.FIRST, 0)
    return agent_sales.page(conn, agent.key, max(begins, after or begins), until, limit)


def due(conn: Connection, agent: Agent, month: date, zone: tzinfo, principal: str) -> int:
    """
    Return what is to be paid for a month that is over: what was owed at its end and has not been
    paid since. Of a month that `principal` has paid, what was asked then: the same ask is a repeat.

    Raises `StatementNotOver`, `StatementPaid` by somebody else, and `NothingOwed`.
    """
    _, until = _window(month, zone)
    if clock.now(conn) < until:
        raise StatementNotOver(month=name_of(month), zone=str(zone))
    paid_since = 0
    for kept in journal.of_subject(conn, bucket_of(agent.key), agent.float_account):
        event = kept.recorded.event
        if event.kind != "commission_paid":
            continue
        if event.data["month"] == name_of(month):
            if kept.recorded.asker.principal != principal:
                raise StatementPaid(month=name_of(month), by=kept.recorded.asker.principal)
            return int(str(event.data["most_minor"]))
        if kept.recorded.recorded_at >= until:
            paid_since += int(str(event.data["amount_minor"]))
    left = statement(conn, agent, month, zone).commission.closing_minor - paid_since
    if left <= 0:
        raise NothingOwed(agent=agent.key)
    return left


def name_of(month: date) -> str:
    """Return a month as people write it, 2026-11."""
    return month.isoformat()[:7]


def _window(month: date, zone: tzinfo) -> tuple[datetime, datetime]:
    first = month_of(month)
    return midnight(first, zone), midnight(add_months(first, 1), zone)


def _commission(posted: Sequence[Posted]) -> Commission:
    moved = _by_kind(posted)
    opening = _grown(each for each in posted if each.is_before)
    return Commission(
        opening_minor=opening,
        accrued_minor=moved[EntryKind.COMMISSION][1],
        clawed_back_minor=moved[EntryKind.CLAWBACK][0],
        paid_out_minor=moved[EntryKind.PAYOUT][0],
        closing_minor=_grown(posted),
    )


def _float(posted: Sequence[Posted]) -> Float:
    moved = _by_kind(posted)
    spent, given_back = moved[EntryKind.TRANSFER]
    withdrawn, commission = moved[EntryKind.PAYOUT]
    return Float(
        opening_minor=_grown(each for each in posted if each.is_before),
        funded_minor=moved[EntryKind.FUNDING][1],
        spent_minor=spent,
        given_back_minor=given_back,
        withdrawn_minor=withdrawn,
        commission_minor=commission,
        closing_minor=_grown(posted),
    )


def _by_kind(posted: Iterable[Posted]) -> Mapping[EntryKind, tuple[int, int]]:
    """Return the debits and credits of the month, by the kind of entry."""
    inside = {each.kind: (each.debits, each.credits) for each in posted if not each.is_before}
    return {kind: inside.get(kind.value, (0, 0)) for kind in EntryKind}


def _grown(posted: Iterable[Posted]) -> int:
    """Return by how much postings let a liability grow."""
    return sum(each.credits - each.debits for each in posted)


def _adds_up(owed: Commission, purse: Float) -> bool:
    """Say whether no entry of another kind moved what is owed, or the float."""
    earned = owed.accrued_minor - owed.clawed_back_minor - owed.paid_out_minor
    came = purse.funded_minor + purse.given_back_minor + purse.commission_minor
    went = purse.spent_minor + purse.withdrawn_minor
    return (owed.opening_minor + earned, purse.opening_minor + came - went) == (
        owed.closing_minor,
        purse.closing_minor,
    )
