"""Keys: a principal's own, rotated and put away by its machines."""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import Field

from baohao.api.callers import Caller
from baohao.api.coming import AtDesk, Key, Owner, replayed
from baohao.api.desk import Connection
from baohao.api.models import Told
from baohao.api.paging import LIMIT, After, Limit, page
from baohao.app.partners import keys
from baohao.core.credentials import Credential, KeyRefusal, KeyUnknown, Listed, id_of

router = APIRouter(tags=["keys"])

KeyId = Annotated[
    str, Path(max_length=60, pattern="^[0-9A-Za-z_]+$", description="As bh_live_7Kq2MXv9Ra.")
]


class KeyNotYours(KeyRefusal):
    """You have no live key {key}."""

    code = "key.not_yours"


class KeyInUse(KeyRefusal):
    """The key is the one that asks; put it away by another."""

    code = "key.in_use"


class KeyBeyond(KeyRefusal):
    """The key {key} may do more, or from elsewhere, than the one that asks; ask by that one."""

    code = "key.beyond"


class KeyTold(Told):
    """A key, without its secret."""

    key: str = Field(description="Enough of it to find it again.")
    label: str
    is_sandbox: bool
    is_asking: bool = Field(description="Whether it is the one that asks.")
    is_signed: bool = Field(description="Whether its requests must be signed.")
    scopes: list[str]
    networks: list[str] = Field(description="That it may come from; none: any.")
    per_second: int
    per_day: int
    created_at: datetime
    last_used_at: datetime | None
    ends_at: datetime | None


class Keys(Told):
    """Keys, those put away too, the oldest first."""

    keys: list[KeyTold]
    next: str | None = Field(description="Give it back as `after`; null: that was all.")


class Rotated(Told):
    """A new key beside the old one, which goes on for a day."""

    key: str
    secret: str | None = Field(
        None, description="The whole key. It is told once: a repeat does not have it."
    )
    old: str
    old_ends_at: datetime | None


class PutAway(Told):
    """A key that is dead, in every process within a few seconds."""

    key: str
    ends_at: datetime | None


@router.get("/keys", summary="Your keys", response_model=Keys)
async def list_keys(desk: AtDesk, caller: Owner, after: After = "", limit: Limit = LIMIT) -> object:
    """What each is for, and when it was last used."""
    rows = await desk.read(partial(keys.listed, owner=caller.principal))
    found, more = page(rows, _place, after, limit)
    return {"keys": [_told(each, caller) for each in found], "next": more}


@router.post(
    "/keys/{id}/rotate",
    status_code=201,
    summary="Make a new key beside an old one",
    response_model=Rotated,
    response_model_exclude_unset=True,
)
async def rotate_key(
    id: KeyId,
    key: Key,
    desk: AtDesk,
    caller: Owner,
    response: Response,
) -> object:
    """The new key may do what the old one may. It is in the first answer and nowhere else."""
    old = await desk.read(partial(_of, caller=caller, id_=id))
    made: list[str] = []

    def rotated(conn: Connection) -> dict[str, Any]:
        try:
            whole = keys.rotate(conn, caller.principal, old.id, secrets.token_bytes)
        except KeyUnknown:
            raise KeyNotYours(key=old.shown) from None
        made.append(whole)
        ended = keys.of(conn, caller.principal, old.id)
        new = keys.of(conn, caller.principal, id_of(whole))
        return {"key": new.shown, "old": ended.shown, "old_ends_at": _ends(ended)}

    asked = {"what": "rotate", "key": old.id}
    told, is_repeat = await desk.once(caller, key, asked, rotated)
    replayed(response, is_repeat=is_repeat)
    return told if is_repeat else {**told, "secret": made[0]}


@router.delete("/keys/{id}", summary="Put a key away at once", response_model=PutAway)
async def put_key_away(
    id: KeyId,
    key: Key,
    desk: AtDesk,
    caller: Owner,
    response: Response,
) -> object:
    """A key that may do no more than the one that asks, and not that one itself."""
    old = await desk.read(partial(_of, caller=caller, id_=id))
    if old.id == caller.credential.id:
        raise KeyInUse()

    def put_away(conn: Connection) -> dict[str, Any]:
        keys.revoke(conn, caller.principal, old.id)
        ended = keys.of(conn, caller.principal, old.id)
        return {"key": ended.shown, "ends_at": _ends(ended)}

    asked = {"what": "put away", "key": old.id}
    told, is_repeat = await desk.once(caller, key, asked, put_away)
    desk.callers.forget(old.id)
    replayed(response, is_repeat=is_repeat)
    return told


def _of(conn: Connection, caller: Caller, id_: str) -> Credential:
    """Return a key of the caller's that may do no more than its own; raises `KeyBeyond`."""
    try:
        found = keys.of(conn, caller.principal, id_of(id_))
    except KeyUnknown:
        raise KeyNotYours(key=id_[:18]) from None
    if not caller.credential.covers(found):
        raise KeyBeyond(key=found.shown)
    return found


def _ends(ended: Credential) -> str | None:
    return None if ended.ends_at is None else ended.ends_at.isoformat()


def _place(each: Listed) -> str:
    return f"{each.created_at:%Y%m%d%H%M%S%f}{each.credential.id}"


def _told(each: Listed, caller: Caller) -> dict[str, Any]:
    key = each.credential
    return {
        "key": key.shown,
        "label": key.label,
        "is_sandbox": key.is_sandbox,
        "is_asking": key.id == caller.credential.id,
        "is_signed": bool(key.signing),
        "scopes": sorted(key.scopes),
        "networks": [str(network) for network in key.networks],
        "per_second": key.per_second,
        "per_day": key.per_day,
        "created_at": each.created_at,
        "last_used_at": each.last_used_at,
        "ends_at": key.ends_at,
    }
