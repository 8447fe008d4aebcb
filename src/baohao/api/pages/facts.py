"""Facts: what an operator's own systems know of its lines, records and observations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field

from baohao.api.asking import asked
from baohao.api.callers import Caller
from baohao.api.coming import AtDesk, Key, Witness, replayed
from baohao.api.desk import Desk
from baohao.api.models import Body, Flag, Instant, Minor, Term, Told, Written
from baohao.api.numbers import own_number
from baohao.core.decide.record import RECORDED

router = APIRouter(tags=["facts"])

Name = Annotated[str, Field(max_length=80)]
Evidence = Annotated[str, Field(max_length=1_000, description="Where it is written.")]


class Record(Body):
    """Something that happened to a line elsewhere. Amounts are minor units of its currency."""

    number: Written
    kind: Annotated[str, Field(max_length=40, json_schema_extra={"enum": sorted(RECORDED)})]
    at: Instant | None = Field(None, description="When; by default now.")
    act: Name | None = Field(None, description="Its own id, if it has one: taken down once.")
    amount_minor: Minor | None = None
    paid_minor: Minor | None = None
    net_minor: Minor | None = None
    credited_minor: Minor | None = None
    spend_minor: Minor | None = None
    term: Term | None = None
    sku: Name | None = None
    where: Name | None = None
    actor: Name | None = None
    tags: tuple[Name, ...] | None = Field(None, max_length=20)
    used: dict[Name, Minor] | None = Field(None, max_length=20, description="Units by allowance.")
    evidence: Evidence | None = None
    accept_shorter: Flag | None = Field(None, description="Even if a deadline comes nearer.")


class Observation(Body):
    """What you read of a clock (`clock`, `until`) or a balance (`balance`, `amount_minor`)."""

    number: Written
    clock: Name | None = None
    until: Instant | None = None
    balance: Name | None = None
    amount_minor: Minor | None = None
    at: Instant | None = Field(None, description="When it was read; by default now.")
    evidence: Evidence | None = None


class TakenDown(Told):
    """What was taken down, and where the line stands since."""

    id: str
    number: str
    until: datetime | None = Field(None, description="The renewal deadline.")
    version: int


@router.post(
    "/records",
    status_code=201,
    summary="Record what happened elsewhere",
    response_model=TakenDown,
    response_model_exclude_unset=True,
)
async def record(
    body: Record, key: Key, desk: AtDesk, caller: Witness, response: Response
) -> object:
    """Record an act: it counts under the line's rules, from its own time on."""
    return await _taken_down("record", body, body.number, key, desk, caller, response)


@router.post(
    "/observations",
    status_code=201,
    summary="Say what you read of a clock or a balance",
    response_model=TakenDown,
    response_model_exclude_unset=True,
)
async def observe(
    body: Observation, key: Key, desk: AtDesk, caller: Witness, response: Response
) -> object:
    """Take a reading down: it stands beside what is computed, and changes none of it."""
    return await _taken_down("observe", body, body.number, key, desk, caller, response)


async def _taken_down(
    verb: str, body: Body, number: str, key: str, desk: Desk, caller: Caller, response: Response
) -> object:
    payload: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in body.model_dump(exclude={"number"}, exclude_none=True).items()
    }
    if "tags" in payload:
        payload["tags"] = sorted(payload["tags"])
    subject = await own_number(desk, caller, number)
    answer = await desk.ask(asked(verb, subject, payload, caller=caller, key=key))
    replayed(response, is_repeat=answer.is_repeat)
    told = {
        name: answer.answer[name] for name in ("id", "until", "version") if name in answer.answer
    }
    return {**told, "number": answer.subject}
