"""Keys: the decisions that were made, each under what its principal called it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from baohao.store.sql import Call, Cursor, call

#: Bucket, principal, key.
Place = tuple[int, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A decision that was made under a key."""

    #: A digest of what was asked.
    body: bytes
    #: As it was given the first time: JSON.
    answer: str
    #: The place of the decision's last event.
    subject: str
    seq: int


def find(places: Iterable[Place]) -> Call:
    """Return the call that finds used keys."""
    return call("find_keys", list(places))


def read(cursor: Cursor) -> Mapping[Place, Used]:
    """Return the used keys that `find` found."""
    return {
        (bucket, principal, key): Used(body=bytes(body), answer=answer, subject=subject, seq=seq)
        for bucket, principal, key, body, answer, subject, seq in cursor.fetchall()
    }
