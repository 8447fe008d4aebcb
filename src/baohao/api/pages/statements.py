"""Statements: an agent's month, from the books themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from functools import partial
from io import StringIO
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from baohao.api.asking import agent_of
from baohao.api.coming import Accountant, AtDesk
from baohao.api.desk import Desk
from baohao.api.models import Told
from baohao.api.pages.commissions import MONTH, first_of
from baohao.api.paging import CSV, wants_csv
from baohao.app.agents import statement, statement_file
from baohao.app.csv_files import append_rows
from baohao.core.agents import Agent

router = APIRouter(tags=["money"])

#: Sales that are read at once where all of them are asked for.
PAGE = 1_000


class CommissionOwed(Told):
    """What you were owed, in minor units; below zero: you owe."""

    opening_minor: int
    accrued_minor: int
    clawed_back_minor: int
    paid_out_minor: int = Field(description="Into your float.")
    closing_minor: int


class FloatMoved(Told):
    """What your prepaid money did, in minor units."""

    opening_minor: int
    funded_minor: int
    spent_minor: int
    given_back_minor: int
    withdrawn_minor: int
    commission_minor: int
    closing_minor: int


class SalesTold(Told):
    """What was sold of one plan by one verb, or taken back of it."""

    what: str
    plan: str
    takes_back: bool
    count: int
    total_minor: int
    commission_minor: int
    service_fee_minor: int


class StatementTold(Told):
    """A month, as far as it has come."""

    agent: str
    month: str
    currency: str
    since: datetime
    until: datetime = Field(description="Not part of it.")
    commission: CommissionOwed
    float: FloatMoved
    sales: list[SalesTold]
    service_fees_minor: int = Field(description="Your own, in no books of ours.")
    unlisted_minor: int = Field(description="Spent before you were registered.")
    agrees: bool = Field(description="Whether the sales agree with the books.")


@router.get(
    "/statements/{month}",
    summary="Your month",
    response_model=StatementTold,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
async def statement_of_month(
    month: Annotated[str, Path(pattern=MONTH, description="As 2026-11.")],
    request: Request,
    desk: AtDesk,
    caller: Accountant,
) -> object:
    """What it earned and what the float did; with `Accept: text/csv` each of its sales."""
    desk.all_in_sandbox(caller)
    agent = agent_of(caller)
    day, zone = first_of(month), statement.zone_of(agent, desk.installation.library.operators)
    if wants_csv(request):
        named = {"Content-Disposition": f'attachment; filename="statement-{month}.csv"'}
        rows = partial(statement.sales_page, agent=agent, month=day, zone=zone, limit=PAGE)
        return StreamingResponse(_table(desk, rows, zone), media_type=CSV, headers=named)
    told = await desk.read(partial(statement.statement, agent=agent, month=day, zone=zone))
    return _told(agent, told)


async def _table(desk: Desk, rows: Any, zone: Any) -> AsyncIterator[str]:
    """Yield the sales of a month, a page at a time."""
    out = StringIO()
    append_rows(out, [statement_file.COLUMNS])
    yield out.getvalue()
    after = None
    while page := await desk.read(partial(rows, after=after)):
        after = page[-1].place
        out = StringIO()
        append_rows(out, [statement_file.cells(sale, zone) for sale in page])
        yield out.getvalue()


def _told(agent: Agent, told: statement.Statement) -> dict[str, Any]:
    return {
        "agent": agent.key,
        "month": statement.name_of(told.month),
        "currency": told.currency,
        "since": told.since,
        "until": told.until,
        "commission": asdict(told.commission),
        "float": asdict(told.float_),
        "sales": [
            {
                "what": each.verb,
                "plan": each.plan,
                "takes_back": each.is_back,
                "count": each.count,
                "total_minor": each.total_minor,
                "commission_minor": each.commission_minor,
                "service_fee_minor": each.service_fee_minor,
            }
            for each in told.sales
        ],
        "service_fees_minor": told.service_fees_minor,
        "unlisted_minor": told.unlisted_minor,
        "agrees": told.agrees,
    }
