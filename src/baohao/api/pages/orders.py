"""Standing orders that an agent pays out of its float: begun, listed, told of, stopped."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from baohao.api.asking import agent_of, asked, paid_by
from baohao.api.callers import Caller
from baohao.api.coming import AtDesk, Key, Listener, Reader, Seller, replayed
from baohao.api.desk import Desk
from baohao.api.models import Body, Instant, Term, Told, Written
from baohao.api.numbers import Number, sold_number
from baohao.api.paging import LIMIT, After, Limit, read
from baohao.app import wishes
from baohao.app.orders import links, listing
from baohao.core.decide.ordering import OrderUnknown

_CURSOR = re.compile(r"\d{1,15}", re.ASCII)
router = APIRouter(tags=["orders"])

Words = Annotated[str, Field(min_length=1, max_length=200)]


class OrderWanted(Body):
    """What a holder has consented to: the line renews by itself, out of your float."""

    number: Written
    term: Term
    limit_minor: Annotated[int, Field(ge=1, lt=2**53, strict=True)] = Field(
        description="The most that may be charged at once, in whole minor units."
    )
    consent: Words = Field(description="How the holder said so: a form's number, a recording.")
    lead: Term | None = Field(None, description="From the charge to the deadline; 2 weeks.")
    notice: Term | None = Field(None, description="From being told to the charge; 1 week.")
    cure: Term | None = Field(None, description="For how long a failed charge is tried; 1 week.")
    granted_until: Instant | None = Field(
        None, description="Until when you pay; by default for as long as the holder has the line."
    )


class Begun(Told):
    """A standing order that has begun."""

    order: str
    number: str
    version: int
    stop_link: str = Field(description="Whoever has it can stop this order, without a sign-in.")


class OrderTold(Told):
    """A standing order that goes on, and what it does next."""

    number: str
    order: str
    deadline: datetime | None
    step: str | None = Field(description="notify, hand_over, charge or give_up.")
    at: datetime | None
    stop_link: str


class Orders(Told):
    """Some of them, by number."""

    orders: list[OrderTold]
    next: str | None = Field(description="Give it back as `after`; null: that was all.")


class HandedOver(Body):
    """That the holder has been told what will be charged, when, and how to stop it."""

    order: UUID
    deadline: Instant = Field(description="As the event said that the notice is owed.")
    evidence: Words = Field(description="A message's id, a letter's number, who called.")


class Stopping(Body):
    """Which order is to stop."""

    order: UUID


class Stepped(Told):
    """What was taken down."""

    order: str
    number: str
    charge: datetime | None = Field(None, description="When the charge will be.")
    stopped: datetime | None = None


@router.post(
    "/orders",
    status_code=201,
    summary="Let a line renew by itself out of your float",
    response_model=Begun,
)
async def start_order(
    body: OrderWanted, key: Key, desk: AtDesk, caller: Seller, response: Response
) -> object:
    """Take a holder's consent down. Nothing is charged before the holder was told."""
    said: dict[str, Any] = {
        "term": body.term,
        "payer": paid_by(caller),
        "limit_minor": body.limit_minor,
        "consent": body.consent,
    }
    spans = {"lead": body.lead, "notice": body.notice, "cure": body.cure}
    said |= {name: str(wishes.term(text)) for name, text in spans.items() if text is not None}
    if body.granted_until is not None:
        said["granted_until"] = body.granted_until.isoformat()
    number = await sold_number(desk, caller, body.number)
    answer = await desk.ask(asked("order", number, said, caller=caller, key=key))
    replayed(response, is_repeat=answer.is_repeat)
    order = str(answer.answer["id"])
    told = {"order": order, "number": number, "version": answer.answer["version"]}
    return {**told, "stop_link": _link(desk, number, order)}


@router.get("/orders", summary="Orders that you pay", response_model=Orders)
async def orders(desk: AtDesk, caller: Reader, after: After = "", limit: Limit = LIMIT) -> object:
    """Those that go on, by number, each with what it does next."""
    payer = agent_of(caller).float_account
    behind = f"+{read(_CURSOR, after)[0]}" if after else ""
    work = partial(listing.of_payer, payer=payer, after=behind, limit=limit + 1)
    rows = await desk.read(work)
    page = rows[:limit]
    seen = await desk.seen(caller, page, lambda each: str(each["number"]))
    found = [{**each, "stop_link": _link(desk, each["number"], each["order"])} for each in seen]
    return {"orders": found, "next": page[-1]["number"][1:] if len(rows) > limit else None}


@router.post(
    "/orders/{number}/told",
    summary="Say that the holder was told",
    response_model=Stepped,
    response_model_exclude_unset=True,
)
async def told_order(
    number: Number,
    body: HandedOver,
    key: Key,
    desk: AtDesk,
    caller: Listener,
    response: Response,
) -> object:
    """From now on the holder has the whole notice; said late, the charge is late."""
    said = {"deadline": body.deadline.isoformat(), "evidence": body.evidence}
    return await _stepped(desk, caller, response, ("tell_order", number, key), body.order, said)


@router.post(
    "/orders/{number}/stop",
    summary="Stop an order",
    response_model=Stepped,
    response_model_exclude_unset=True,
)
async def stop_order(
    number: Number, body: Stopping, key: Key, desk: AtDesk, caller: Seller, response: Response
) -> object:
    """For good; a second time changes nothing."""
    return await _stepped(desk, caller, response, ("stop_order", number, key), body.order, {})


async def _stepped(
    desk: Desk,
    caller: Caller,
    response: Response,
    what: tuple[str, str, str],
    order: UUID,
    said: dict[str, Any],
) -> dict[str, Any]:
    """Ask of an order that is the caller's; raises `OrderUnknown` for every other alike."""
    verb, written, key = what
    number = await sold_number(desk, caller, written)
    payer = await desk.read(partial(listing.payer_of, number=number, order=str(order)))
    own = caller.agent is None or payer == caller.agent.float_account
    if payer is None or not own:
        raise OrderUnknown(order=str(order))
    payload = {"order": str(order), **said}
    answer = await desk.ask(asked(verb, number, payload, caller=caller, key=key))
    replayed(response, is_repeat=answer.is_repeat)
    told = {name: answer.answer[name] for name in ("charge", "stopped") if name in answer.answer}
    return {"order": str(order), "number": number, **told}


def _link(desk: Desk, number: str, order: str) -> str:
    return links.link(number, order, desk.installation.seals.sign)
