"""Me: who a key says that you are."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from baohao.api.coming import Anybody, AtDesk
from baohao.api.models import Told

router = APIRouter(tags=["keys"])


class Float(Told):
    """The account that pays for what you sell."""

    account: str
    currency: str


class Limits(Told):
    """How often the key may ask."""

    per_second: int = Field(description="On the average; twice as many at once.")
    per_day: int
    today: int = Field(description="What it has asked since 0:00 UTC.")


class Me(Told):
    """Who asks."""

    principal: str
    kind: Literal["agent", "operator", "robot"]
    name: str
    key: str = Field(description="Enough of it to find it again.")
    label: str
    is_sandbox: bool
    scopes: list[str]
    operators: list[str]
    networks: list[str] = Field(description="That it may come from; none: any.")
    float: Float | None
    limits: Limits
    ends_at: datetime | None


@router.get("/me", summary="Who your key says that you are", response_model=Me)
async def me(desk: AtDesk, caller: Anybody) -> object:
    """The principal, what the key is for, and what pays."""
    key, agent = caller.credential, caller.agent
    known = desk.installation.library.operators.get(key.operator)
    name = agent.name if agent is not None else known.name if known is not None else key.label
    account = None
    if agent is not None:
        account = {"account": agent.float_account, "currency": agent.currency}
    return {
        "principal": caller.principal,
        "kind": "robot" if key.keeper else "operator" if agent is None else "agent",
        "name": name,
        "key": key.shown,
        "label": key.label,
        "is_sandbox": key.is_sandbox,
        "scopes": sorted(key.scopes),
        "operators": sorted(desk.operators(caller)),
        "networks": [str(network) for network in key.networks],
        "float": account,
        "limits": {
            "per_second": key.per_second,
            "per_day": key.per_day,
            "today": caller.allowance.today + caller.allowance.pending,
        },
        "ends_at": key.ends_at,
    }
