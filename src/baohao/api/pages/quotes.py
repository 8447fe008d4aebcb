"""Quotes: price, promotion, bonus time and the exact new date, promised for a while."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from baohao.api.asking import asked
from baohao.api.coming import AtDesk, Key, Seller, replayed
from baohao.api.models import Body, Code, Minor, Share, Term, Told, Written
from baohao.app import show
from baohao.core.decide.selling import QuoteUnknown

router = APIRouter(tags=["sales"])


class QuoteWanted(Body):
    """What would be bought."""

    number: Written
    what: Literal["renew", "top_up", "activate", "restore"] = "renew"
    term: Term | None = None
    amount_minor: Minor | None = Field(None, description="Of a top-up.")
    codes: tuple[Code, ...] = Field((), max_length=10, description="Of promotions.")
    service_fee_minor: Minor | None = Field(None, description="Your own fee, on top.")


class Quoted(Told):
    """A promise. It binds until `good_until`; promotions are kept for it."""

    id: UUID
    number: str
    version: int = Field(description="Of the line; give it back as `expect_version`.")
    good_until: datetime
    what: str
    term: str | None
    list_minor: int
    price_minor: int
    fee_minor: int
    government_minor: int
    service_fee_minor: int = Field(description="Yours: not part of the total, which we take.")
    total_minor: int
    currency: str
    discounts: list[Share]
    bonus: list[Share]
    gifts: list[Share]
    before: datetime | None = Field(description="The renewal deadline as it is.")
    until: datetime | None = Field(description="The renewal deadline as it will be.")
    lost_days: int = Field(description="Days that the product's cap takes.")
    shortened_days: int


@router.post(
    "/quotes", status_code=201, summary="What it would cost and bring", response_model=Quoted
)
async def quote(
    body: QuoteWanted, key: Key, desk: AtDesk, caller: Seller, response: Response
) -> object:
    """Promise price, promotions, bonus time and the exact new date, before anything is paid."""
    payload: dict[str, Any] = {"what": body.what}
    if body.term is not None:
        payload["term"] = body.term
    if body.amount_minor is not None:
        payload["amount_minor"] = body.amount_minor
    if body.codes:
        payload["codes"] = list(body.codes)
    if body.service_fee_minor is not None:
        payload["service_fee_minor"] = body.service_fee_minor
    ask = asked("quote", body.number, payload, caller=caller, key=key)
    await desk.in_sandbox(caller, ask.subject)
    answer = await desk.ask(ask)
    id_ = UUID(str(answer.answer["quote"]))
    terms = await desk.read(partial(show.quote, number=ask.subject, quote_id=id_))
    if not terms:
        # Asked again after it was used, or ended: the promise is gone.
        raise QuoteUnknown(quote=str(id_))
    replayed(response, is_repeat=answer.is_repeat)
    return {
        "id": id_,
        "number": answer.subject,
        "version": answer.seq,
        "good_until": answer.answer["good_until"],
        "what": terms["verb"],
        "term": terms["term"] or None,
        "list_minor": terms["list"],
        "price_minor": terms["price"],
        "fee_minor": terms["fee"],
        "government_minor": terms["government"],
        "service_fee_minor": terms.get("service_fee", 0),
        "total_minor": terms["total"],
        "currency": terms["currency"],
        "discounts": [{"promotion": name, "minor": minor} for name, minor in terms["discounts"]],
        "bonus": [{"promotion": name, "time": time} for name, time in terms["bonus"]],
        "gifts": [{"promotion": name, "minor": minor} for name, minor in terms["gifts"]],
        "before": terms["before"] or None,
        "until": terms["until"] or None,
        "lost_days": terms["lost_days"],
        "shortened_days": terms["shortened_days"],
    }
