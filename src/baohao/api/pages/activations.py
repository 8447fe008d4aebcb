"""Activations: a card out of stock becomes a holder's line."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BeforeValidator, Field

from baohao.api.asking import asked, expected, paid_by
from baohao.api.callers import Caller
from baohao.api.coming import AtDesk, IfMatch, Key, Seller, sale
from baohao.api.desk import Desk
from baohao.api.models import Buys, Sold, Term, Written, written
from baohao.api.numbers import sold_number
from baohao.api.problems import BodyMalformed, standing_at
from baohao.app import directory

router = APIRouter(tags=["sales"])

Id = Annotated[str, Field(max_length=80, description="A random id of yours, never a name.")]


class Activation(Buys):
    """
    A card in stock and who will hold it. Give the number, or the ICCID that is printed on the card.

    Nobody is named here: documents are registered with the operator, and told by their kind.
    """

    number: Written | None = None
    iccid: Annotated[str, Field(max_length=40)] | None = None
    term: Term | None = Field(None, description="Needed where several are on offer.")
    holder: Id | None = None
    holder_kind: Literal["person", "organisation"] | None = None
    document: Annotated[str, Field(max_length=40, description="Its kind, as bir.")] | None = None
    residency: Annotated[str, Field(max_length=40, description="As resident.")] | None = None
    identity_until: Annotated[date, BeforeValidator(written)] | None = Field(
        None, description="When the document runs out."
    )
    age_years: Annotated[int, Field(ge=0, lt=200, strict=True)] | None = None
    guardian: Id | None = Field(None, description="Who answers for a holder who is a minor.")


@router.post(
    "/activations",
    status_code=201,
    summary="Activate a card out of your float",
    response_model=Sold,
    response_model_exclude_unset=True,
)
async def activate(
    body: Activation,
    key: Key,
    desk: AtDesk,
    caller: Seller,
    response: Response,
    if_match: IfMatch = None,
) -> object:
    """Make a card in stock somebody's line; its clocks begin."""
    about = body.model_dump(
        mode="json",
        include={"term", "holder", "holder_kind", "document", "residency", "identity_until"}
        | {"age_years", "guardian"},
        exclude_none=True,
    )
    shown = expected(body.expect_until, body.expect_version, if_match)
    payload = {"paid": paid_by(caller), **about, **body.payload()}
    number = await _number(desk, caller, body)
    ask = asked("activate", number, payload, caller=caller, key=key, expected=shown)
    return await sale(response, desk, caller, ask)


async def _number(desk: Desk, caller: Caller, body: Activation) -> str:
    """Return the number of the card that is meant."""
    if body.number is not None and body.iccid is None:
        return await sold_number(desk, caller, body.number)
    if body.iccid is None or body.number is not None:
        raise BodyMalformed(pointer="/number", reason="give the number or the ICCID, one of them")
    with standing_at("/iccid"):
        found = await desk.read(
            partial(directory.number_of, iccid=body.iccid, operators=caller.operators)
        )
    await desk.in_sandbox(caller, found)
    return found
