"""Customers: whose numbers are lost soon, of those to whom an agent has sold."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from baohao.api.asking import agent_of
from baohao.api.coming import AtDesk, Reader
from baohao.api.models import Instant, Told
from baohao.api.paging import LIMIT, After, Limit, instant, micros, read
from baohao.app.agents import customers

router = APIRouter(tags=["lines"])

_CURSOR = re.compile(r"(\d{1,18})-(\d{1,15})", re.ASCII)


class CustomerTold(Told):
    """A customer's number."""

    number: str
    plan: str
    policy: str = Field(description="With the version that it is pinned to.")
    stage: str
    safe_until: datetime = Field(description="When the number is lost if nothing happens.")


class Customers(Told):
    """Some of them, the first to be lost first."""

    customers: list[CustomerTold]
    next: str | None = Field(description="Give it back as `after`; null: that was all.")


@router.get("/customers", summary="Whose numbers are lost soon", response_model=Customers)
async def customers_due(
    desk: AtDesk,
    caller: Reader,
    due_before: Annotated[
        Instant | None, Query(description="With its offset; by default 30 days from now.")
    ] = None,
    after: After = "",
    limit: Limit = LIMIT,
) -> object:
    """Your customers, for as long as they hold the number that you have sold to."""
    agent = agent_of(caller)
    rows = await desk.read(
        partial(
            customers.due_soon if due_before is None else partial(customers.due, until=due_before),
            agent=agent.key,
            after=_place(after) if after else None,
            limit=limit + 1,
        )
    )
    page = rows[:limit]
    found = await desk.seen(caller, page, lambda each: each.number)
    return {
        "customers": [
            {
                "number": each.number,
                "plan": each.plan,
                "policy": each.pin,
                "stage": each.stage,
                "safe_until": each.safe_until,
            }
            for each in found
        ],
        "next": _cursor(*page[-1].place) if len(rows) > limit else None,
    }


def _place(after: str) -> customers.Place:
    at, number = read(_CURSOR, after).groups()
    return instant(at), f"+{number}"


def _cursor(at: datetime, number: str) -> str:
    return f"{micros(at)}-{number.removeprefix('+')}"
