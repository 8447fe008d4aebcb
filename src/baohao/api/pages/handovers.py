"""Hand-overs: an operator's own app opens the pages of a holder, by a link that works once."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field

from baohao.api.asking import operator_of
from baohao.api.coming import AtDesk, Host, Key, replayed
from baohao.api.desk import Connection
from baohao.api.models import Body, Told, Written
from baohao.api.problems import standing_at
from baohao.app.partners import handover
from baohao.core.identifiers.number import parse_number

router = APIRouter(tags=["holders"])


class HandoverWanted(Body):
    """Whose holder is to come in: you vouch for them."""

    number: Written


class LinkTold(Told):
    """A link into the holder's pages."""

    url: str | None = Field(
        None, description="Whoever opens it first is in. A repeat does not have it: ask anew."
    )
    until: datetime


@router.post(
    "/handovers",
    status_code=201,
    summary="A link that signs a holder in, once",
    response_model=LinkTold,
    response_model_exclude_unset=True,
)
async def hand_over(
    body: HandoverWanted, key: Key, desk: AtDesk, caller: Host, response: Response
) -> object:
    """Into the tenure of whoever holds the number now, within a few minutes."""
    house, operator = desk.installation, operator_of(caller)
    with standing_at("/number"):
        number = parse_number(body.number)
    await desk.in_sandbox(caller, number)
    links: list[str] = []

    def issued(conn: Connection) -> dict[str, Any]:
        link = handover.issue(
            conn,
            operator,
            number,
            pages=house.settings.holder_url,
            chance=secrets.token_bytes,
            sign=house.seals.sign,
        )
        links.append(link.url)
        return {"until": link.until.isoformat()}

    told, is_repeat = await desk.once(caller, key, {"what": "handover", "number": number}, issued)
    replayed(response, is_repeat=is_repeat)
    return told if is_repeat else {**told, "url": links[-1]}
