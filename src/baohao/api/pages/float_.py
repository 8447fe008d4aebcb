"""The float: what is in it, how fast it is spent, and when it runs out."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from fastapi import APIRouter
from pydantic import Field

from baohao.api.asking import agent_of
from baohao.api.coming import Accountant, AtDesk
from baohao.api.models import Told
from baohao.app.agents import floats

router = APIRouter(tags=["money"])


class FloatTold(Told):
    """Prepaid money, in whole minor units."""

    account: str
    currency: str
    balance_minor: int
    spent_7_days_minor: int = Field(description="What sales took, less what came back.")
    spent_28_days_minor: int
    runs_out_at: datetime | None = Field(
        description="At the average of 28 days; null: not for a hundred years."
    )
    alarm_minor: int | None = Field(description="Below it you are told; null: never.")
    is_low: bool


@router.get("/float", summary="Your prepaid money", response_model=FloatTold)
async def float_(desk: AtDesk, caller: Accountant) -> object:
    """Where the float stands now."""
    agent = agent_of(caller)
    found = await desk.read(partial(floats.float_now, agent=agent))
    return {
        "account": agent.float_account,
        "currency": agent.currency,
        "balance_minor": found.balance_minor,
        "spent_7_days_minor": found.spent_7_minor,
        "spent_28_days_minor": found.spent_28_minor,
        "runs_out_at": found.runs_out_at,
        "alarm_minor": agent.float_alarm_minor,
        "is_low": found.is_low,
    }
