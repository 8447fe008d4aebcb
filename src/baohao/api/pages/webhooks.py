"""Webhooks: where a listener's events are sent, set by its own machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from baohao.api.callers import Caller
from baohao.api.coming import AtDesk, Key, Listener, replayed
from baohao.api.desk import Connection, Desk
from baohao.api.models import Body, Told
from baohao.api.paging import LIMIT, After, Limit, page
from baohao.app.feed import endpoints
from baohao.app.feed.endpoints import TypeUnknown
from baohao.app.ports import AddressRefused
from baohao.outside.ids import new_id

router = APIRouter(tags=["events"])

Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description="https, port 443, in the public network.",
    ),
]
Types = Annotated[
    tuple[Annotated[str, Field(max_length=80)], ...],
    Field(max_length=40, description="Which events; none: all."),
]
Place = Annotated[int, Field(ge=1, lt=2**53, strict=True, description="A `seq` of your feed.")]


class EndpointWanted(Body):
    """Where events are to be sent, from now on."""

    url: Url
    types: Types = ()


class EndpointChanged(Body):
    """What is to be otherwise; what is not said stays."""

    url: Url | None = None
    types: Types | None = None


class ReplayWanted(Body):
    """Which events are sent once more, under their old ids."""

    from_: Place = Field(alias="from")
    to: Place


class EndpointTold(Told):
    """An endpoint, and how far it has come."""

    id: UUID
    url: str
    types: list[str] = Field(description="None: all.")
    state: str = Field(description="live, paused by you, or dead: paused by us.")
    created_at: datetime
    sent: int = Field(description="Up to which place of your feed it was sent.")
    of: int = Field(description="How far your feed goes.")
    last: str = Field(description="What it last answered, or why it did not.")
    tries: int = Field(description="How often the next event has failed.")
    failing_since: datetime | None
    next_try_at: datetime | None
    replays: int = Field(description="That are not over.")


class Endpoints(Told):
    """Your endpoints."""

    webhooks: list[EndpointTold]
    next: str | None = Field(description="Give it back as `after`; null: that was all.")


class EndpointMade(Told):
    """An endpoint, or its new secret."""

    id: UUID
    secret: str | None = Field(
        None, description="What signs its events. It is told once: a repeat does not have it."
    )


class EndpointDone(Told):
    """What was done."""

    id: UUID
    state: str | None = None
    removed: bool | None = None


class ReplayTold(Told):
    """What is sent once more."""

    id: UUID
    from_: int = Field(alias="from")
    to: int


@router.get("/webhooks", summary="Your endpoints", response_model=Endpoints)
async def list_webhooks(
    desk: AtDesk, caller: Listener, after: After = "", limit: Limit = LIMIT
) -> object:
    """Where your events are sent, and how far each has come."""
    rows = await desk.read(partial(endpoints.listed, listener=caller.principal))
    found, more = page(rows, lambda each: str(each["endpoint"]), after, limit)
    return {"webhooks": [{**each, "id": each["endpoint"]} for each in found], "next": more}


@router.post(
    "/webhooks",
    status_code=201,
    summary="Have your events sent",
    response_model=EndpointMade,
    response_model_exclude_unset=True,
)
async def add_webhook(
    body: EndpointWanted, key: Key, desk: AtDesk, caller: Listener, response: Response
) -> object:
    """From now on, to an address. The secret is in the first answer and nowhere else."""
    house = desk.installation
    secret = house.post.new_secret()

    def added(conn: Connection) -> dict[str, Any]:
        endpoint = new_id()
        endpoints.add(
            conn,
            house.post,
            house.seals,
            house.library.operators,
            listener=caller.principal,
            endpoint=endpoint,
            url=body.url,
            types=body.types,
            secret=secret,
        )
        return {"id": str(endpoint)}

    asked = {"what": "webhook", "url": body.url, "types": sorted(body.types)}
    told, is_repeat = await _once(desk, caller, key, asked, added)
    replayed(response, is_repeat=is_repeat)
    return told if is_repeat else {**told, "secret": secret}


@router.post(
    "/webhooks/{id}",
    summary="Change an endpoint",
    response_model=EndpointDone,
    response_model_exclude_unset=True,
)
async def change_webhook(
    id: UUID, body: EndpointChanged, key: Key, desk: AtDesk, caller: Listener, response: Response
) -> object:
    """Another address or other types, from now on."""

    def changed(conn: Connection) -> None:
        post = desk.installation.post
        endpoints.change(conn, post, caller.principal, id, url=body.url, types=body.types)

    types = None if body.types is None else sorted(body.types)
    asked = {"what": "change", "url": body.url, "types": types}
    return await _done(desk, caller, response, key, id, asked, changed)


@router.post(
    "/webhooks/{id}/rotate",
    summary="Sign with another secret",
    response_model=EndpointMade,
    response_model_exclude_unset=True,
)
async def rotate_webhook(
    id: UUID, key: Key, desk: AtDesk, caller: Listener, response: Response
) -> object:
    """For a day with the last one too. The new one is in the first answer and nowhere else."""
    house = desk.installation
    secret = house.post.new_secret()

    def rotated(conn: Connection) -> dict[str, Any]:
        endpoints.rotate(conn, house.seals, caller.principal, id, secret)
        return {"id": str(id)}

    asked = {"what": "rotate", "webhook": str(id)}
    told, is_repeat = await _once(desk, caller, key, asked, rotated)
    replayed(response, is_repeat=is_repeat)
    return told if is_repeat else {**told, "secret": secret}


@router.post(
    "/webhooks/{id}/pause",
    summary="Send nothing for now",
    response_model=EndpointDone,
    response_model_exclude_unset=True,
)
async def pause_webhook(
    id: UUID, key: Key, desk: AtDesk, caller: Listener, response: Response
) -> object:
    """Until it is resumed; nothing is lost meanwhile."""
    work = partial(endpoints.pause, listener=caller.principal, endpoint=id)
    return await _done(desk, caller, response, key, id, {"what": "pause"}, work, state="paused")


@router.post(
    "/webhooks/{id}/resume",
    summary="Go on where it stopped",
    response_model=EndpointDone,
    response_model_exclude_unset=True,
)
async def resume_webhook(
    id: UUID, key: Key, desk: AtDesk, caller: Listener, response: Response
) -> object:
    """Everything that it missed is sent, in order."""
    work = partial(endpoints.resume, listener=caller.principal, endpoint=id)
    return await _done(desk, caller, response, key, id, {"what": "resume"}, work, state="live")


@router.post(
    "/webhooks/{id}/replays",
    status_code=201,
    summary="Send events once more",
    response_model=ReplayTold,
)
async def replay_webhook(
    id: UUID, body: ReplayWanted, key: Key, desk: AtDesk, caller: Listener, response: Response
) -> object:
    """Beside what happens; you know them by their ids."""

    def again(conn: Connection) -> dict[str, Any]:
        last = endpoints.replay(conn, caller.principal, id, new_id(), body.from_, body.to)
        return {"id": str(id), "from": body.from_, "to": last}

    asked = {"what": "replay", "webhook": str(id), "from": body.from_, "to": body.to}
    told, is_repeat = await _once(desk, caller, key, asked, again)
    replayed(response, is_repeat=is_repeat)
    return told


@router.delete(
    "/webhooks/{id}",
    summary="Forget an endpoint",
    response_model=EndpointDone,
    response_model_exclude_unset=True,
)
async def remove_webhook(
    id: UUID, key: Key, desk: AtDesk, caller: Listener, response: Response
) -> object:
    """The feed stays."""
    work = partial(endpoints.remove, listener=caller.principal, endpoint=id)
    return await _done(desk, caller, response, key, id, {"what": "remove"}, work, removed=True)


async def _done(
    desk: Desk,
    caller: Caller,
    response: Response,
    key: str,
    id_: UUID,
    asked: Mapping[str, Any],
    work: Callable[[Connection], None],
    **told: Any,
) -> Mapping[str, Any]:
    """Do something with an endpoint, once, and say what is so since."""

    def done(conn: Connection) -> Mapping[str, Any]:
        work(conn)
        return {"id": str(id_), **told}

    answer, is_repeat = await _once(desk, caller, key, {**asked, "webhook": str(id_)}, done)
    replayed(response, is_repeat=is_repeat)
    return answer


async def _once(
    desk: Desk,
    caller: Caller,
    key: str,
    asked: Mapping[str, Any],
    work: Callable[[Connection], Mapping[str, Any]],
) -> tuple[Mapping[str, Any], bool]:
    # A feed is of all lines alike.
    desk.all_in_sandbox(caller)
    try:
        return await desk.once(caller, key, asked, work)
    except AddressRefused as refused:
        raise AddressRefused(**refused.facts, pointer="/url") from None
    except TypeUnknown as refused:
        raise TypeUnknown(**refused.facts, pointer="/types") from None
