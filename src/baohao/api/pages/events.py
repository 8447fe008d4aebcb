"""Events: the feed of what happened to a listener's lines, in order and without gaps."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from baohao.api.coming import AtDesk, Listener
from baohao.api.models import Told
from baohao.api.paging import LIMIT, After, Limit
from baohao.api.paging import read as read_cursor
from baohao.app.feed import read

router = APIRouter(tags=["events"])

#: The epoch of the house, and a place in the feed.
_CURSOR = re.compile(r"(\d{1,9})-(\d{1,18})", re.ASCII)


class EventTold(Told):
    """Something that happened, as a webhook has it."""

    id: str = Field(description="The same however often it is told: `webhook-id`.")
    type: str
    timestamp: datetime
    seq: int = Field(description="Its place in your feed.")
    data: dict[str, Any]


class Events(Told):
    """Some of your feed."""

    events: list[EventTold]
    next: str = Field(description="Give it back as `after`, also when there is no more so far.")
    more: bool = Field(description="Whether there is more by now.")
    restored: bool = Field(
        description="The house went back to a backup since your cursor: the feed is told from its"
        " beginning. Pass over the ids that you know, and look at your lines anew."
    )


@router.get("/events", summary="What happened to your lines", response_model=Events)
async def events(desk: AtDesk, caller: Listener, after: After = "", limit: Limit = LIMIT) -> object:
    """Your feed behind a cursor. Whoever reads for the first time listens from then on."""
    epoch, seq = map(int, read_cursor(_CURSOR, after).groups()) if after else (None, 0)
    page = await desk.read(
        partial(read.page, listener=caller.principal, after=seq, epoch=epoch, limit=limit)
    )
    found = await desk.seen(caller, page.events, lambda each: each.data.get("number"))
    return {
        "events": [
            {
                "id": str(each.id),
                "type": each.type,
                "timestamp": each.at,
                "seq": each.seq,
                "data": each.data,
            }
            for each in found
        ],
        "next": f"{page.epoch}-{page.cursor}",
        "more": page.more,
        "restored": page.restored,
    }
