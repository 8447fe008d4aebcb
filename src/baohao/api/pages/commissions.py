"""Commissions: what each sale earned, and what was lost again when it was taken back."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from baohao.api.asking import agent_of
from baohao.api.coming import Accountant, AtDesk
from baohao.api.models import Told
from baohao.api.paging import LIMIT, After, Limit, instant, micros, read
from baohao.app.agents import statement

router = APIRouter(tags=["money"])

MONTH = "^20[0-9]{2}-(0[1-9]|1[0-2])$"
Month = Annotated[str | None, Query(pattern=MONTH, description="As 2026-11; by default ever.")]
_CURSOR = re.compile(r"(\d{1,18})-([0-9a-f]{32})-(\d{1,4})", re.ASCII)


class CommissionTold(Told):
    """What a sale earned; below zero: what was taken back."""

    id: str = Field(description="Of the act, as its receipt has it.")
    at: datetime
    number: str
    what: str = Field(description="renew, top_up, activate or restore.")
    plan: str
    total_minor: int = Field(description="What your float paid.")
    commission_minor: int
    service_fee_minor: int = Field(description="Your own fee, in no books of ours.")
    currency: str
    takes_back: str | None = Field(description="The act whose sale was taken back.")


class Commissions(Told):
    """Some of them, the earliest first."""

    commissions: list[CommissionTold]
    next: str | None = Field(description="Give it back as `after`; null: that was all.")


@router.get("/commissions", summary="What your sales earned", response_model=Commissions)
async def commissions(
    desk: AtDesk,
    caller: Accountant,
    month: Month = None,
    after: After = "",
    limit: Limit = LIMIT,
) -> object:
    """Each sale and each that was taken back, as the statement of its month has them."""
    agent = agent_of(caller)
    zone = statement.zone_of(agent, desk.installation.library.operators)
    rows = await desk.read(
        partial(
            statement.sales_page,
            agent=agent,
            month=None if month is None else first_of(month),
            zone=zone,
            after=_place(after) if after else None,
            limit=limit + 1,
        )
    )
    page = rows[:limit]
    found = await desk.seen(caller, page, lambda each: each.number)
    return {
        "commissions": [
            {
                "id": str(each.ask),
                "at": each.recorded_at,
                "number": each.number,
                "what": each.what.verb,
                "plan": each.what.plan,
                "total_minor": each.what.total_minor,
                "commission_minor": each.what.commission_minor,
                "service_fee_minor": each.what.service_fee_minor,
                "currency": each.what.currency,
                "takes_back": None if each.what.of is None else str(each.what.of),
            }
            for each in found
        ],
        "next": _cursor(*page[-1].place) if len(rows) > limit else None,
    }


def first_of(month: str) -> date:
    """Return the first day of a month that is written as `MONTH` has it."""
    return date.fromisoformat(f"{month}-01")


def _place(after: str) -> tuple[datetime, UUID, int]:
    at, ask, n = read(_CURSOR, after).groups()
    return instant(at), UUID(ask), int(n)


def _cursor(at: datetime, ask: UUID, n: int) -> str:
    return f"{micros(at)}-{ask.hex}-{n}"
