"""Receipts: what was sold by an act of yours."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from baohao.api.asking import charged, paid_by
from baohao.api.coming import Accountant, AtDesk
from baohao.api.models import ChargeTold, Share, Told
from baohao.api.numbers import queried
from baohao.app.charging import listing
from baohao.app.receipts import sold as receipts

router = APIRouter(tags=["money"])


class Receipt(Told):
    """What was sold, from where it was paid, and what it brought."""

    id: str
    number: str
    operator: str
    plan: str
    policy: str = Field(description="With the version that it was sold under.")
    what: str = Field(description="renew, top_up, activate or restore.")
    term: str | None
    bonus: list[Share] = Field(description="Extra time.")
    discounts: list[Share] = Field(description="What promotions took off.")
    gifts: list[Share] = Field(description="Credit that promotions gave.")
    price_minor: int = Field(description="Of the time or the credit, less the discounts.")
    fee_minor: int
    government_minor: int
    service_fee_minor: int = Field(description="Yours: not part of the total.")
    total_minor: int
    currency: str
    paid_from: str
    sold_at: datetime
    channel: str
    before: datetime | None = Field(description="The renewal deadline as it was.")
    until: datetime | None = Field(description="The renewal deadline that the act brought.")
    reversed_at: datetime | None = Field(description="Null: it stands.")
    charge: ChargeTold | None = None


@router.get(
    "/receipts/{id}",
    summary="What was sold by an act of yours",
    response_model=Receipt,
    response_model_exclude_unset=True,
)
async def receipt(
    id: UUID,
    desk: AtDesk,
    caller: Accountant,
    number: Annotated[
        str | None,
        Query(max_length=40, description="The line that it was carried over to, if it was."),
    ] = None,
) -> object:
    """What was sold, as it was then, and whether it was reversed since."""
    found = await desk.read(
        partial(
            receipts.receipt,
            terms=desk.terms,
            act=id,
            number=None if number is None else queried(number),
            payer=paid_by(caller),
        )
    )
    await desk.in_sandbox(caller, found["number"])
    if found["operator"] in desk.installation.authority_there:
        owed = await desk.read(partial(listing.charge, number=found["number"], act=id))
        if owed is not None:
            found["charge"] = charged(owed)
    return found
