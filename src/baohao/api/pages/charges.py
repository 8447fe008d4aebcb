"""Charges: what was sold here, and what became of it in the operator's own system."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from baohao.api.asking import operator_of
from baohao.api.coming import AtDesk, Witness
from baohao.api.models import Told
from baohao.api.paging import LIMIT, After, Limit, read
from baohao.app.charging import listing

router = APIRouter(tags=["facts"])

State = Literal["pending", "unknown", "done", "refused", "stuck"]
_CURSOR = re.compile(r"(\d{1,15})-([0-9a-f]{32})", re.ASCII)


class ChargeListed(Told):
    """A sale, and how it stands with you."""

    id: str = Field(description="The act that sold it: the reference that we sent.")
    number: str
    state: State
    since: datetime
    tries: int
    last_at: datetime | None
    their_id: str | None = Field(description="Yours of it.")
    their_at: datetime | None
    code: str | None = Field(description="Why it is not simply done; yours or ours.")


class Charges(Told):
    """Some of them, in no order that means anything."""

    charges: list[ChargeListed]
    next: str | None = Field(description="Give it back as `after`; null: that was all.")


@router.get("/charges", summary="What we did in your own system", response_model=Charges)
async def charges(
    desk: AtDesk,
    caller: Witness,
    state: Annotated[State | None, Query(description="By default any.")] = None,
    after: After = "",
    limit: Limit = LIMIT,
) -> object:
    """For an operator whose own charging system is master: what was sold of its lines."""
    desk.all_in_sandbox(caller)
    rows = await desk.read(
        partial(
            listing.page,
            operator=operator_of(caller),
            state=state,
            after=_place(after) if after else None,
            limit=limit + 1,
        )
    )
    page = rows[:limit]
    return {
        "charges": [
            {
                "id": str(each.id),
                "number": each.number,
                "state": each.state,
                "since": each.since,
                "tries": each.tries,
                "last_at": each.last_at,
                "their_id": each.their_id or None,
                "their_at": each.their_at,
                "code": each.code or None,
            }
            for each in page
        ],
        "next": _cursor(page[-1].number, page[-1].id) if len(rows) > limit else None,
    }


def _place(after: str) -> tuple[str, UUID]:
    number, id_ = read(_CURSOR, after).groups()
    return f"+{number}", UUID(id_)


def _cursor(number: str, id_: UUID) -> str:
    return f"{number.removeprefix('+')}-{id_.hex}"
