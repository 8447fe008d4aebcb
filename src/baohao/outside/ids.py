"""Ids in order of time: UUIDs of version 7 (RFC 9562, section 5.7), made at the edge and given."""

from __future__ import annotations

import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """Return an id that no other process makes, and that sorts behind those made before it."""
    # It orders and nothing else: what time it is, the database says.
    millis = time.time_ns() // 1_000_000  # noqa: TID251
    chance = secrets.randbits(74)
    return UUID(
        int=(millis & (1 << 48) - 1) << 80
        | 7 << 76
        | (chance >> 62) << 64
        | 0b10 << 62
        | chance & (1 << 62) - 1
    )
