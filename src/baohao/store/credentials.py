"""Credentials of machines, and what they asked without the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from baohao.core.bucket import bucket_of
from baohao.core.credentials import Credential, Listed, Scope, networks
from baohao.store.sql import Connection, Row, call, rows, run, trip

_json = msgspec.json.Encoder().encode


def find(conn: Connection, id_: str) -> Credential | None:
    """Return a key by its id; `None`: there is none."""
    return next((_listed(row).credential for row in rows(conn, "read_credential", id_)), None)


def of_owner(conn: Connection, owner: str) -> tuple[Listed, ...]:
    """Return the keys of a principal, the newest first."""
    return tuple(map(_listed, rows(conn, "read_credentials", bucket_of(owner), owner)))


def add(conn: Connection, made: Credential) -> bool:
    """Keep a new key; false where its label has two live ones."""
    return (
        run(
            conn,
            "insert_credential",
            bucket_of(made.owner),
            made.id,
            made.owner,
            made.label,
            made.is_sandbox,
            made.verifier,
            sorted(made.scopes),
            [str(network) for network in made.networks],
            made.signing or None,
            made.per_second,
            made.per_day,
            sorted(made.cards),
            sorted(made.kinds),
            bucket_of(made.owner),
            made.owner,
            made.label,
        )
        == 1
    )


def end(conn: Connection, owner: str, id_: str, at: datetime) -> int:
    """Put a key away from an instant on; return how many were met."""
    return run(conn, "end_credential", at, at, bucket_of(owner), id_)


def count(conn: Connection, used: Mapping[tuple[str, str], int], day: date) -> Mapping[str, int]:
    """Add what keys (owner, id) have asked to their day; return what each has asked in all."""
    if not used:
        return {}
    columns = [(bucket_of(owner), owner, id_, n) for (owner, id_), n in sorted(used.items())]
    _, counted = trip(
        conn, [call("touch_credentials", columns), call("count_credentials", columns, day)]
    )
    return dict(counted.fetchall())


def begin_request(
    conn: Connection, principal: str, key: str, body: bytes
) -> tuple[bytes, Any] | None:
    """
    Take a key for a write without the door; `None`: it is new, else what was asked and answered.

    Whoever comes second waits here until the first has committed.
    """
    place = (bucket_of(principal), principal, key)
    if run(conn, "insert_request", *place, body) == 1:
        return None
    [(was, answer)] = rows(conn, "read_request", *place)
    return bytes(was), answer


def end_request(conn: Connection, principal: str, key: str, answer: Mapping[str, Any]) -> None:
    """Keep what was answered under a key."""
    run(conn, "end_request", _json(answer).decode(), bucket_of(principal), principal, key)


def _listed(row: Row) -> Listed:
    id_, owner, label, is_sandbox, verifier, scopes, nets, signing, *rest = row
    per_second, per_day, created_at, ends_at, last_used_at, cards, kinds = rest
    return Listed(
        credential=Credential(
            id=id_,
            owner=owner,
            label=label,
            is_sandbox=is_sandbox,
            verifier=bytes(verifier),
            scopes=_scopes(scopes),
            networks=networks(nets),
            signing=signing or "",
            per_second=per_second,
            per_day=per_day,
            ends_at=ends_at,
            cards=frozenset(cards),
            kinds=frozenset(kinds),
        ),
        created_at=created_at,
        last_used_at=last_used_at,
    )


def _scopes(names: Sequence[str]) -> frozenset[Scope]:
    return frozenset(map(Scope, names))
