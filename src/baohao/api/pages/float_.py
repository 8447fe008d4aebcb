"""The float: what is in it, how fast it is spent, when it runs out, and money that is put in."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from baohao.api import deposits
from baohao.api.asking import agent_of
from baohao.api.coming import Accountant, AtDesk, Key
from baohao.api.deposits import DepositTold, DepositWanted
from baohao.api.models import Told
from baohao.app.agents import floats
from baohao.core.books.chart import Account

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


@router.post(
    "/float/deposits",
    status_code=201,
    summary="Put money into your float through a payment gateway",
    response_model=DepositTold,
)
async def deposit_into_float(
    body: DepositWanted, key: Key, desk: AtDesk, caller: Accountant, response: Response
) -> object:
    """
    Begin a payment. With the same key it is the same order, however often it is asked for.

    Once it is paid it goes into the float by itself; ask what became of it under `Location`.
    """
    agent = agent_of(caller)
    desk.all_in_sandbox(caller)
    into = Account.parse(agent.float_account)
    told, is_repeat = await deposits.begin(desk, caller, key, body, into, "")
    return deposits.made(response, told, "/v1/float/deposits", is_repeat=is_repeat)


@router.get(
    "/float/deposits/{id}",
    summary="What became of money that you put into your float",
    response_model=DepositTold,
)
async def deposit_of_float(id: UUID, desk: AtDesk, caller: Accountant) -> object:
    """A deposit as it is now."""
    return await deposits.one(desk, id, Account.parse(agent_of(caller).float_account))
