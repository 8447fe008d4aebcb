"""Kept cards: what somebody's own robots tell of them, by a key that is for nothing else."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Response
from pydantic import Field

from baohao.api.callers import Caller
from baohao.api.coming import AtDesk, Robot, replayed
from baohao.api.desk import Desk
from baohao.api.models import Body, Instant, Told, Written
from baohao.api.problems import standing_at
from baohao.api.wire import idempotency_key
from baohao.app.kept import listing, robots
from baohao.app.kept.listing import Card, CardNotKept
from baohao.core.asks import Ask
from baohao.core.identifiers.number import parse_number
from baohao.core.kept import kept_key
from baohao.core.line.acts import COUNTING
from baohao.outside.ids import new_id

router = APIRouter(tags=["kept"])

#: As people write amounts, or nothing: a template that found none leaves it empty.
Amount = Annotated[str, Field(max_length=20, description="In the card's currency, as 10.00.")]
Id = Annotated[
    str,
    Field(
        min_length=1,
        max_length=120,
        pattern=r"^[ -~]+$",
        description="Yours; what is told again under the same id is taken down once.",
    ),
]
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="The same as `id`, for whoever sends no id."),
]
Text = Annotated[str, Field(max_length=1_000)]


class KeptRecord(Body):
    """Something that was done with a card."""

    number: Written
    kind: Annotated[str, Field(max_length=40, json_schema_extra={"enum": sorted(COUNTING)})]
    at: Instant | None = Field(None, description="When, with its zone; by default now.")
    amount: Amount = ""
    sku: Annotated[str, Field(max_length=80)] = ""
    evidence: Text = Field("", description="The message that says so.")
    id: Id | None = None


class KeptReading(Body):
    """What the operator says of a card: until when it is good, or its credit."""

    number: Written
    until: date | None = Field(None, description="The last good day.")
    balance: Amount = ""
    at: Instant | None = Field(None, description="When it was said; by default now.")
    text: Text = Field("", description="The message that says so.")
    id: Id | None = None


class KeptTold(Told):
    """Where the card stands since."""

    id: str
    number: str
    act_by: date | None = Field(None, description="The last day to do something in time.")
    good_until: date | None = Field(None, description="The last good day, by the card's rules.")
    operator_says: date | None = Field(None, description="And by its operator, where asked.")
    rules_checked: date | None = Field(None, description="When its rules were last checked.")
    is_stale: bool = Field(description="That is more than a year ago.")


@router.post(
    "/kept/records",
    status_code=201,
    summary="Record what was done with a card that you keep",
    response_model=KeptTold,
)
async def record_kept(
    body: KeptRecord, desk: AtDesk, caller: Robot, response: Response, key: Key = None
) -> object:
    """It counts under the card's rules, from its own time on."""
    card = await _card(desk, caller, body.number)
    caller.credential.records(body.kind)
    told = robots.Told(
        id=_id(body.id, key),
        at=body.at,
        kind=body.kind,
        amount=body.amount,
        sku=body.sku,
        text=body.evidence,
    )
    with standing_at("/amount"):
        ask = robots.recording(card, told, caller.principal, new_id())
    return await _taken(desk, caller, response, ask, card)


@router.post(
    "/kept/readings",
    status_code=201,
    summary="Say what the operator says of a card that you keep",
    response_model=KeptTold,
)
async def read_kept(
    body: KeptReading, desk: AtDesk, caller: Robot, response: Response, key: Key = None
) -> object:
    """It stands beside what is computed; reminders go by the earlier of the two."""
    card = await _card(desk, caller, body.number)
    told = robots.Told(
        id=_id(body.id, key), at=body.at, until=body.until, balance=body.balance, text=body.text
    )
    with standing_at("/balance"):
        ask = robots.observing(card, told, caller.principal, new_id())
    return await _taken(desk, caller, response, ask, card)


def _id(said: str | None, key: str | None) -> str:
    """Return what the same is known by; raises `KeyHeaderMissing`."""
    return said or idempotency_key((key or "").encode("latin-1"))


async def _card(desk: Desk, caller: Caller, written: str) -> Card:
    """Return a card that the key may speak of; raises `MalformedNumber` and `CardNotKept`."""
    with standing_at("/number"):
        number = parse_number(written)
    if number not in caller.credential.cards:
        # Whether somebody keeps it or not.
        raise CardNotKept()
    return await _look(desk, kept_key(number, caller.credential.keeper))


async def _look(desk: Desk, subject: str) -> Card:
    house = desk.installation
    return await desk.read(
        partial(listing.one, terms=desk.terms, vault=house.vault, subject=subject)
    )


async def _taken(
    desk: Desk, caller: Caller, response: Response, ask: Ask, card: Card
) -> dict[str, object]:
    answer = await desk.ask(ask)
    replayed(response, is_repeat=answer.is_repeat)
    now = await _look(desk, card.subject)
    return {
        "id": str(answer.answer["id"]),
        "number": now.number,
        "act_by": now.due,
        "good_until": now.computed,
        "operator_says": now.read,
        "rules_checked": now.checked,
        "is_stale": now.is_stale,
    }
