"""Reversals: an agent takes back what it has sold."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from baohao.api.asking import asked, paid_by
from baohao.api.coming import AtDesk, Key, Reverser, replayed
from baohao.api.models import Body, Flag, Told, Written
from baohao.api.problems import standing_at
from baohao.app.receipts import sold as receipts
from baohao.core.identifiers.number import parse_number

router = APIRouter(tags=["sales"])


class Reversal(Body):
    """Which paid act is undone, and why."""

    of: UUID = Field(description="The act's id, as its receipt has it.")
    number: Written | None = Field(
        None, description="The line that it was carried over to, if it was."
    )
    reason: Annotated[str, Field(min_length=1, max_length=200, description="In words.")]
    mistake: Flag = Field(False, description="The wrong line or term: everything goes back.")
    approved_by: Annotated[str, Field(max_length=80)] | None = Field(
        None, description="The second person, whom a mistake needs."
    )


class Reversed(Told):
    """What was undone. The money is in your float again."""

    id: str
    of: str
    number: str
    back_minor: int
    currency: str
    until: datetime | None = Field(None, description="The renewal deadline as it is now.")
    version: int


@router.post(
    "/reversals", status_code=201, summary="Undo what you have sold", response_model=Reversed
)
async def reverse(
    body: Reversal, key: Key, desk: AtDesk, caller: Reverser, response: Response
) -> object:
    """Undo an act of yours, as far as the line's policy gives back."""
    of = str(body.of)
    with standing_at("/number"):
        written = None if body.number is None else parse_number(body.number)
    number = await desk.read(
        partial(
            receipts.line_of,
            act=body.of,
            number=written,
            payer=paid_by(caller),
        )
    )
    await desk.in_sandbox(caller, number)
    payload = {
        "of": of,
        "reason": body.reason,
        **({"mistake": True} if body.mistake else {}),
        **({} if body.approved_by is None else {"approved_by": body.approved_by}),
    }
    answer = await desk.ask(asked("reverse", number, payload, caller=caller, key=key))
    replayed(response, is_repeat=answer.is_repeat)
    told = answer.answer
    return {
        "id": told["id"],
        "of": of,
        "number": answer.subject,
        "back_minor": told["back"],
        "currency": told["currency"],
        "until": told.get("until"),
        "version": told["version"],
    }
