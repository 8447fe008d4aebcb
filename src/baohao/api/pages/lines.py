"""Lines: until when, at which stage, what works, what was done, and what would be if."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from baohao.api.coming import AtDesk, Reader
from baohao.api.models import Body, Instant, Told
from baohao.api.numbers import Number, own_number
from baohao.api.paging import IfNoneMatch
from baohao.api.problems import BodyMalformed, standing_at
from baohao.app import portrait, wishes

router = APIRouter(tags=["lines"])


class Deadline(Told):
    """An instant with the last good day before it, at the operator's."""

    at: datetime
    last_day: str


class Between(Told):
    """A deadline; two where it lies between them, null where there is no end in sight."""

    earliest: Deadline | None
    latest: Deadline | None


class Clock(Told):
    """A named deadline of the line."""

    name: str
    ends: Between


class Stay(Told):
    """The time a line spends in a stage."""

    stage: str
    kind: str
    from_: datetime = Field(alias="from")
    to: datetime | None


class Offer(Told):
    """What may be bought for the line now."""

    verb: str
    title: str
    term: str | None
    price_minor: int
    currency: str


class NextStep(Told):
    """What a standing order does next."""

    step: str
    what: str
    at: datetime


class Order(Told):
    """A standing order: what was consented to, what was done for this deadline, what is next."""

    order: str
    term: str
    payer: str
    limit_minor: int
    currency: str
    lead: str
    notice: str
    cure: str
    consented_at: datetime
    granted_until: datetime | None
    stopped_at: datetime | None
    deadline: datetime | None
    next: NextStep | None
    notice_owed_at: datetime | None
    told_at: datetime | None
    failed_at: list[datetime]
    code: str | None = Field(description="Why the last charge failed.")
    paid_for: datetime | None = Field(description="The last deadline that it has paid for.")


class Line(Told):
    """A line at an instant."""

    number: str
    operator: str
    plan: str
    policy: str = Field(description="Its policy with the version that it is pinned to.")
    custody: str
    iccid: str | None
    version: int = Field(description="Give it back as `expect_version`, or in If-Match.")
    at: datetime
    stages: list[str] = Field(description="One; several where its policy has unknowns.")
    safe_until: Between = Field(description="When the number is lost if nothing happens.")
    service_until: Between
    renewal_deadline: datetime | None = Field(description="Give it back as `expect_until`.")
    clocks: list[Clock]
    services: dict[str, list[str]] = Field(description="Place -> what works there.")
    balances_minor: dict[str, int]
    currency: str
    allowances: dict[str, int]
    stays: list[Stay] = Field(description="Its life: the stages behind it and ahead.")
    offers: list[Offer]
    order: Order | None = Field(
        description="Its standing order, told to the agent that pays and to the operator."
    )


class Happened(Told):
    """One event of a line. Who asked is told where it was you."""

    seq: int
    event: str
    effective_at: datetime
    recorded_at: datetime
    what: str
    channel: str | None
    by: str | None
    ask: str | None


class History(Told):
    """What happened in this tenure, in the order in which it was taken down."""

    events: list[Happened]
    next: str | None = Field(description="Give it back as `after`; null: that was all.")


class ActIf(Body):
    """Something that has not happened."""

    kind: Literal["renewal", "topup", "call_out", "usage"]
    at: Instant
    term: Annotated[str, Field(max_length=40)] | None = None
    amount_minor: Annotated[int, Field(ge=0, lt=2**53, strict=True)] | None = None


class If(Body):
    """What to suppose, and when to look."""

    at: Instant
    acts: tuple[ActIf, ...] = Field((), max_length=20)


class WouldBe(Told):
    """What would be true then."""

    number: str
    at: datetime
    stages: list[str]
    safe_until: Between
    service_until: Between


@router.get("/lines/{number}", summary="A line, now or at an instant", response_model=Line)
async def line(
    number: Number,
    desk: AtDesk,
    caller: Reader,
    response: Response,
    at: Annotated[Instant | None, Query(description="By default now.")] = None,
    if_none_match: IfNoneMatch = None,
) -> object:
    """Everything that is true of a line. Its ETag is its version."""
    subject = await own_number(desk, caller, number)
    found = await desk.read(partial(portrait.portrait, terms=desk.terms, number=subject, at=at))
    order = found["order"]
    if order is not None and caller.agent is not None:
        found["order"] = order if order["payer"] == caller.agent.float_account else None
    tag = f'"{found["version"]}"'
    if at is None and if_none_match == tag:
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return found


@router.get("/lines/{number}/history", summary="What happened", response_model=History)
async def history(
    number: Number,
    desk: AtDesk,
    caller: Reader,
    after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> object:
    """The line's journal in its current tenure, a page at a time."""
    subject = await own_number(desk, caller, number)
    by = caller.principal if caller.agent is not None else None
    found = await desk.read(
        partial(portrait.history, terms=desk.terms, number=subject, principal=by)
    )
    page = [event for event in found if event["seq"] > after][: limit + 1]
    more = len(page) > limit
    page = page[:limit]
    return {"events": page, "next": str(page[-1]["seq"]) if more else None}


@router.post("/lines/{number}/what-if", summary="What would be if", response_model=WouldBe)
async def what_if(number: Number, body: If, desk: AtDesk, caller: Reader) -> object:
    """Suppose acts, change nothing, and look at an instant."""
    subject = await own_number(desk, caller, number)
    acts = []
    for n, each in enumerate(body.acts):
        with standing_at(f"/acts/{n}/term"):
            term = wishes.term(each.term) if each.term else None
        acts.append({**each.model_dump(), "term": term})
    if any(each.at > body.at for each in body.acts):
        raise BodyMalformed(pointer="/at", reason="look at an instant after the acts")
    return await desk.read(
        partial(portrait.what_if, terms=desk.terms, number=subject, acts=acts, at=body.at)
    )
