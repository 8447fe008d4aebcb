"""The library, for the operators that a caller asks for: plans, promotions, policies."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import Field

from baohao.api.coming import AtDesk, Reader
from baohao.api.models import Told
from baohao.api.paging import LIMIT, After, IfNoneMatch, Limit, page, tagged
from baohao.app import brochure

router = APIRouter(tags=["library"])

Next = Annotated[str | None, Field(description="Give it back as `after`; null: that was all.")]


class Offered(Told):
    """Something that may be bought."""

    verb: str
    title: str
    term: str | None
    price_minor: int
    allowances: dict[str, int]


class Plan(Told):
    """What may be bought of a plan today."""

    plan: str
    policy: str
    operator: str
    currency: str
    offers: list[Offered]


class Plans(Told):
    """Plans, a page at a time."""

    plans: list[Plan]
    next: Next


class Give(Told):
    """What a promotion gives: time, credit, or something off the price."""

    what: str
    time: str | None = None
    minor: int | None = None
    basis_points: int | None = None


class Promotion(Told):
    """A rule that gives something more. What is null lets everything through."""

    promotion: str
    title: str
    titles: dict[str, str]
    operator: str
    currency: str
    starts: date
    ends: date | None = Field(description="The first day on which it is over.")
    gives: list[Give]
    verbs: list[str]
    plans: list[str] | None
    terms: list[str] | None
    channels: list[str] | None
    min_price_minor: int
    first_time: bool
    per_number: int | None
    per_holder: int | None
    needs_code: bool
    group: str = Field(description="Of a group, at most one applies.")
    exclusive: bool


class Promotions(Told):
    """Promotions, a page at a time."""

    promotions: list[Promotion]
    next: Next


class Rung(Told):
    """A stage: how long, what works, and the way back."""

    stage: str
    kind: str
    lasts: str | None
    until: str | None = Field(description="The clock whose deadline ends it.")
    services: dict[str, list[str]] = Field(description="Place -> what works there.")
    restored_by: list[str]
    restore_fee_minor: int


class Summary(Told):
    """A policy in short."""

    policy: str = Field(description="Its name and version: what a line is pinned to.")
    name: str
    version: str
    title: str
    titles: dict[str, str]
    operator: str
    country: str
    zone: str
    currency: str
    invented: bool
    effective_from: date
    effective_to: date | None
    confidence: str
    sellable: bool
    stages: list[Rung]
    plans: list[str]


class Policies(Told):
    """Policies, a page at a time."""

    policies: list[Summary]
    next: Next


class Moment(Told):
    """An instant, and on which day of the life it is."""

    at: datetime
    day: int


class Span(Told):
    """An instant that lies between two; `latest` is null where there may be no such instant."""

    earliest: Moment
    latest: Moment | None


class Stretch(Told):
    """The time that a line spends in a stage."""

    stage: str
    kind: str
    sure: bool
    from_: Moment | Span | None = Field(alias="from")
    to: Moment | Span | None
    services: dict[str, list[str]]


class Unknown(Told):
    """What the sources do not say, and what it may be."""

    path: str
    alternatives: list[Any]
    why: str


class Life(Told):
    """A line's life under a policy when nothing happens after it begins."""

    policy: str
    version: str
    title: str
    confidence: str
    worlds: int
    sellable: bool
    begins: datetime
    purchase: str | None
    stages: list[Stretch]
    clocks: dict[str, Moment | Span | None]
    unknowns: list[Unknown]


class Policy(Summary):
    """A policy, with the life under it."""

    life: Life


@router.get("/plans", summary="What may be bought today", response_model=Plans)
async def plans(
    desk: AtDesk,
    caller: Reader,
    response: Response,
    after: After = "",
    limit: Limit = LIMIT,
    if_none_match: IfNoneMatch = None,
) -> object:
    """Plans of your operators with their offers."""
    rules, operators = desk.terms.rules, desk.operators(caller)
    rows = await desk.read(partial(brochure.plans, rules=rules, operators=operators))
    found, more = page(rows, lambda row: f"{row['policy']}/{row['plan']}", after, limit)
    return tagged({"plans": found, "next": more}, if_none_match, response)


@router.get(
    "/promotions",
    summary="Which promotions there are",
    response_model=Promotions,
    response_model_exclude_unset=True,
)
async def promotions(
    desk: AtDesk,
    caller: Reader,
    response: Response,
    after: After = "",
    limit: Limit = LIMIT,
    if_none_match: IfNoneMatch = None,
) -> object:
    """Promotions of your operators that are not over. A quote says what applies to a line."""
    known, operators = desk.terms.promotions, desk.operators(caller)
    rows = await desk.read(partial(brochure.promotions, known=known, operators=operators))
    found, more = page(rows, lambda row: str(row["promotion"]), after, limit)
    return tagged({"promotions": found, "next": more}, if_none_match, response)


@router.get("/policies", summary="Which policies there are", response_model=Policies)
async def policies(
    desk: AtDesk,
    caller: Reader,
    response: Response,
    after: After = "",
    limit: Limit = LIMIT,
    if_none_match: IfNoneMatch = None,
) -> object:
    """Policies of your operators, in every version: a line stays pinned to its own."""
    rows = brochure.policies(desk.terms.rules, desk.operators(caller))
    found, more = page(rows, lambda row: str(row["policy"]), after, limit)
    return tagged({"policies": found, "next": more}, if_none_match, response)


@router.get("/policies/{pin}", summary="A policy", response_model=Policy)
async def policy(
    pin: Annotated[str, Path(max_length=120, description="As mo.demo.keep12@2026-01.")],
    desk: AtDesk,
    caller: Reader,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> object:
    """A policy, and a line's life under it when nothing happens."""
    found = brochure.policy(desk.terms.rules, desk.operators(caller), pin)
    return tagged(found, if_none_match, response)
