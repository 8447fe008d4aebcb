"""
Once: writes that are no asks of the door, each done once under its key, as the door does asks.

The answer of the first time is given again; the same key with another body is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from baohao.app.door import KeyReused
from baohao.store import credentials
from baohao.store.sql import Connection

_canonical = msgspec.json.Encoder(order="sorted").encode


def once(
    conn: Connection,
    principal: str,
    key: str,
    asked: Mapping[str, Any],
    work: Callable[[], Mapping[str, Any]],
) -> tuple[Mapping[str, Any], bool]:
    """
    Do `work` in the caller's transaction unless the key was used; return the answer, and whether
    it was there already.

    The answer is kept, so it must hold no secret. Raises `KeyReused`, and what `work` raises.
    """
    body = blake2b(_canonical(asked), digest_size=16).digest()
    before = credentials.begin_request(conn, principal, key, body)
    if before is not None:
        was, answer = before
        if was != body:
            raise KeyReused()
        return answer, True
    answer = work()
    credentials.end_request(conn, principal, key, answer)
    return answer, False
