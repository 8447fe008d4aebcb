"""Listing: what was sold here, and what became of it in the operator's own system."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from baohao.store import charges as kept
from baohao.store.charges import STATES, Charge
from baohao.store.sql import Connection

__all__ = ["STATES", "Charge", "charge", "charges"]


def charge(conn: Connection, number: str, act: UUID) -> Charge | None:
    """Return what became of one sale; `None`: it was owed to no other system."""
    return kept.find(conn, number, act)


def charges(
    conn: Connection, operator: str | None = None, state: str | None = None
) -> Iterator[Charge]:
    """Yield charges, the oldest first; of one operator and in one state, or of all."""
    return kept.listed(conn, operator, state)
