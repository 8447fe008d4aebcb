"""
Badges of agents: what is scanned at a shop to learn whether it sells for an operator.

    BA1.AGENT.UNTIL.SIGNATURE

It says the agent's key and its last day, and nothing of a person; the signature is an HMAC under a
key of the house. Whether the agent still sells is asked of the register when it is scanned.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import date

from baohao.app.ports import Seals

_SHAPE = "BA1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What a badge says."""

    agent: str
    #: The day after its last.
    until: date


def token(badge: Badge, seals: Seals) -> str:
    """Return a badge as it is scanned."""
    said = f"{badge.agent}.{badge.until.isoformat()}"
    return f"{_SHAPE}.{said}.{_signature(said, seals)}"


def read(text: str, seals: Seals) -> Badge | None:
    """Return what a badge says; `None`: it is none of ours."""
    shape, _, rest = text[:400].partition(".")
    said, _, signature = rest.rpartition(".")
    agent, _, until = said.rpartition(".")
    genuine = hmac.compare_digest(signature.encode(), _signature(said, seals).encode())
    if shape != _SHAPE or not genuine:
        return None
    return Badge(agent=agent, until=date.fromisoformat(until))


def _signature(said: str, seals: Seals) -> str:
    return urlsafe_b64encode(seals.sign(f"badge:{said}".encode())[:24]).decode()
