"""What the QR code of a receipt says: enough to hold the paper against, without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

Json = dict[str, Any]

#: In this order, so that the same receipt says the same bytes.
_NAMES = (
    "receipt",
    "kind",
    "number",
    "issued_at",
    "total_minor",
    "currency",
    "term",
    "bonus",
    "until",
    "policy",
    "head",
)
#: Of the chain's head; as many hex digits as nobody can find another chain for at a counter.
_HEAD_DIGITS = 16


def said(facts: Mapping[str, Any]) -> bytes:
    """Return what a token is to say of a receipt's facts."""
    short = dict(facts) | {
        "bonus": [bonus["time"] for bonus in facts.get("bonus", [])],
        "head": facts["chain"]["head"][:_HEAD_DIGITS],
    }
    return msgspec.json.encode([short.get(name) for name in _NAMES])


def read(said: bytes) -> Json:
    """Return what `said` wrote, by name."""
    return dict(zip(_NAMES, msgspec.json.decode(said), strict=True))
