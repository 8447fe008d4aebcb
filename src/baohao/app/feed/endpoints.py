"""
Endpoints: where a listener wants its events sent.

    Refusal
    └── EndpointRefusal
        ├── EndpointUnknown   no endpoint by that id
        ├── ListenerUnknown   neither an agent nor an operator
        ├── EndpointsFull     more than anybody needs
        ├── TypeUnknown       no event is of that type
        └── ReplayEmpty       no event stands there
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from baohao.app.ports import Post, Seals
from baohao.core.decide import telling
from baohao.core.refusals import Refusal
from baohao.store import agents, clock, endpoints, feed
from baohao.store.endpoints import Endpoint, Secret, Standing
from baohao.store.sql import Connection

#: An endpoint was paused by us; a replay was given up.
PAUSED, GIVEN_UP = "endpoint.paused", "replay.given_up"
#: Everything that is ever told.
TYPES = frozenset(
    {
        *(*telling.TYPES.values(), *telling.ORDERS.values()),
        *(telling.STAGE, telling.UNTIL, telling.FLOAT_LOW, PAUSED, GIVEN_UP),
    }
)
#: For how long a secret that was rotated out still signs: a receiver has a day to take the new one.
OVERLAP = timedelta(hours=24)
#: Of one listener, and replays of one endpoint: each is worked through again and again.
ENDPOINTS_MAX, REPLAYS_MAX = 10, 5


class EndpointRefusal(Refusal):
    """That endpoint cannot be used so."""

    code = "endpoint"


class EndpointUnknown(EndpointRefusal):
    """{listener} has no endpoint {endpoint}: see which there are (webhooks list)."""

    code = "endpoint.unknown"


class ListenerUnknown(EndpointRefusal):
    """Nobody is known as {listener}: give an agent, or an operator as in operator:demo."""

    code = "endpoint.listener"


class EndpointsFull(EndpointRefusal):
    """There are {most} {what} already: remove one, or wait until one is over."""

    code = "endpoint.full"


class TypeUnknown(EndpointRefusal):
    """No event is of the type {type}; there are {types}."""

    code = "endpoint.type"


class ReplayEmpty(EndpointRefusal):
    """Nothing stands from {first} to {last}: the feed goes from 1 to {end}."""

    code = "endpoint.replay"


def context_of(listener: str, endpoint: UUID) -> str:
    """Return what an endpoint's secrets are sealed for."""
    return f"webhook/{listener}/{endpoint}"


def known(conn: Connection, listener: str, operators: Collection[str]) -> None:
    """Raise `ListenerUnknown` where somebody is neither an agent nor an operator's systems."""
    if listener in map(telling.operators_key, operators):
        return
    if ":" in listener or agents.find(conn, listener) is None:
        raise ListenerUnknown(listener=listener[:40])


def add(
    conn: Connection,
    post: Post,
    seals: Seals,
    operators: Collection[str],
    *,
    listener: str,
    endpoint: UUID,
    url: str,
    types: Collection[str] = (),
    secret: str,
) -> None:
    """
    Send a listener's events, from now on, to an address; no types: all of them.

    With the same id once more nothing is changed. Raises `AddressRefused`, `ListenerUnknown`,
    `TypeUnknown` and `EndpointsFull`.
    """
    post.check(url)
    known(conn, listener, operators)
    feed.listen(conn, listener)
    last = feed.lock(conn, listener)
    mine = [each.endpoint.id for each in endpoints.read(conn, listener)]
    if endpoint in mine:
        return
    if len(mine) >= ENDPOINTS_MAX:
        raise EndpointsFull(most=ENDPOINTS_MAX, what="endpoints")
    made = Endpoint(
        listener=listener,
        id=endpoint,
        url=url,
        types=_types(types),
        state="live",
        secrets=(Secret(sealed=seals.seal(secret, context_of(listener, endpoint))),),
    )
    endpoints.add(conn, made, last)


def change(
    conn: Connection,
    post: Post,
    listener: str,
    endpoint: UUID,
    *,
    url: str | None = None,
    types: Collection[str] | None = None,
) -> None:
    """Send to another address or other types from now on; what is not given stays."""
    found = find(conn, listener, endpoint)
    if url is not None:
        post.check(url)
        found = replace(found, url=url)
    if types is not None:
        found = replace(found, types=_types(types))
    endpoints.change(conn, found)


def rotate(conn: Connection, seals: Seals, listener: str, endpoint: UUID, secret: str) -> None:
    """Sign with another secret from now on, and for `OVERLAP` with the last one as well."""
    found, context = find(conn, listener, endpoint), context_of(listener, endpoint)
    current = found.secrets[0]
    if seals.unseal(current.sealed, context) == secret:
        return
    old = replace(current, until=clock.now(conn) + OVERLAP)
    endpoints.change(
        conn, replace(found, secrets=(Secret(sealed=seals.seal(secret, context)), old))
    )


def pause(conn: Connection, listener: str, endpoint: UUID) -> None:
    """Send nothing until somebody resumes it."""
    endpoints.change(conn, replace(find(conn, listener, endpoint), state="paused"))


def resume(conn: Connection, listener: str, endpoint: UUID) -> None:
    """Go on where it stopped: everything that it missed is sent, in order."""
    found = replace(find(conn, listener, endpoint), state="live")
    endpoints.change(conn, found)
    endpoints.retry(conn, found)


def remove(conn: Connection, listener: str, endpoint: UUID) -> None:
    """Forget an endpoint; the feed stays."""
    if not endpoints.remove(conn, listener, endpoint):
        raise EndpointUnknown(listener=listener, endpoint=str(endpoint))


def replay(
    conn: Connection, listener: str, endpoint: UUID, cursor: UUID, from_seq: int, to_seq: int
) -> int:
    """
    Send events once more under their old ids, beside what happens; return up to which place.

    `cursor` is an id for the replay. Raises `EndpointUnknown`, `ReplayEmpty`, `EndpointsFull`.
    """
    found, end = find(conn, listener, endpoint), feed.last_seq(conn, listener) or 0
    last = min(to_seq, end)
    if not 0 < from_seq <= last:
        raise ReplayEmpty(first=from_seq, last=to_seq, end=end)
    mine = [each for each in endpoints.read(conn, listener) if each.endpoint.id == endpoint]
    if mine[0].replays >= REPLAYS_MAX:
        raise EndpointsFull(most=REPLAYS_MAX, what="replays")
    endpoints.replay(conn, found, cursor, from_seq, last)
    return last


def find(conn: Connection, listener: str, endpoint: UUID) -> Endpoint:
    """Return an endpoint, locked; raises `EndpointUnknown`."""
    found = endpoints.lock(conn, listener, endpoint)
    if found is None:
        raise EndpointUnknown(listener=listener[:40], endpoint=str(endpoint))
    return found


def listed(conn: Connection, listener: str | None = None) -> list[dict[str, Any]]:
    """Return the facts of one listener's endpoints, or of all: how far each has come."""
    return [_facts(each) for each in endpoints.read(conn, listener)]


def _facts(each: Standing) -> dict[str, Any]:
    endpoint = each.endpoint
    return {
        "listener": endpoint.listener,
        "endpoint": str(endpoint.id),
        "url": endpoint.url,
        "types": list(endpoint.types),
        "state": endpoint.state,
        "created_at": each.created_at,
        "sent": each.next_seq - 1,
        "of": each.last_seq,
        "last": each.last_outcome,
        "tries": each.tries,
        "failing_since": each.first_failed_at,
        "next_try_at": each.next_try_at if each.tries else None,
        "replays": each.replays,
    }


def _types(types: Collection[str]) -> tuple[str, ...]:
    for each in types:
        if each not in TYPES:
            raise TypeUnknown(type=each[:40], types=", ".join(sorted(TYPES)))
    return tuple(sorted(set(types)))
