"""Stock: the cards that an agent was allotted and has not sold."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial

from fastapi import APIRouter
from pydantic import Field

from baohao.api.asking import agent_of
from baohao.api.coming import AtDesk, Reader
from baohao.api.models import Told
from baohao.api.paging import LIMIT, After, Limit, read
from baohao.app.agents import stock

router = APIRouter(tags=["stock"])

#: A number without its plus, which is a space in a query.
_CURSOR = re.compile(r"\d{1,15}", re.ASCII)


class CardTold(Told):
    """A card that you may activate."""

    number: str
    iccid: str | None
    plan: str
    since: datetime = Field(description="When it was allotted to you.")


class Stock(Told):
    """Some of your cards by number, and how many there are in all."""

    cards: list[CardTold]
    plans: dict[str, int] = Field(description="How many there are of each plan.")
    next: str | None = Field(description="Give it back as `after`; null: that was all.")


@router.get("/stock", summary="Cards that you may activate", response_model=Stock)
async def stock_(desk: AtDesk, caller: Reader, after: After = "", limit: Limit = LIMIT) -> object:
    """What you were allotted and have not sold."""
    agent = agent_of(caller)
    behind = f"+{read(_CURSOR, after)[0]}" if after else ""
    rows = await desk.read(partial(stock.held, agent=agent.key, after=behind, limit=limit + 1))
    page = rows[:limit]
    found = await desk.seen(caller, page, lambda each: each.number)
    return {
        "cards": [
            {
                "number": each.number,
                "iccid": each.iccid or None,
                "plan": each.plan,
                "since": each.since,
            }
            for each in found
        ],
        "plans": await desk.read(partial(stock.counted, agent=agent.key)),
        "next": page[-1].number.removeprefix("+") if len(rows) > limit else None,
    }
