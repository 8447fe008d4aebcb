"""Top-ups: credit for a line, out of the agent's float."""

from __future__ import annotations

from fastapi import APIRouter, Response

from baohao.api.asking import asked, expected, paid_by
from baohao.api.coming import AtDesk, IfMatch, Key, Seller, sale
from baohao.api.models import Buys, Minor, Sold, Written
from baohao.api.numbers import sold_number

router = APIRouter(tags=["sales"])


class TopUp(Buys):
    """
    A top-up of one line: `amount_minor` is one that is on offer.

    Say what you were shown of the line, so that nobody pays twice.
    """

    number: Written
    amount_minor: Minor


@router.post(
    "/top-ups",
    status_code=201,
    summary="Top a line up out of your float",
    response_model=Sold,
    response_model_exclude_unset=True,
)
async def top_up(
    body: TopUp,
    key: Key,
    desk: AtDesk,
    caller: Seller,
    response: Response,
    if_match: IfMatch = None,
) -> object:
    """Buy credit; what time it gives, the line's policy says."""
    payload = {"amount_minor": body.amount_minor, "paid": paid_by(caller), **body.payload()}
    shown = expected(body.expect_until, body.expect_version, if_match)
    number = await sold_number(desk, caller, body.number)
    ask = asked("top_up", number, payload, caller=caller, key=key, expected=shown)
    return await sale(response, desk, caller, ask)
