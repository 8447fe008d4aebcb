"""Listing: what was sold here, and what became of it in the operator's own system."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from baohao.store import charges as kept
from baohao.store.charges import STATES, Charge
from baohao.store.sql import Connection

__all__ = ["STATES", "Charge", "charge", "charges", "charges_of", "page"]


def charge(conn: Connection, number: str, act: UUID) -> Charge | None:
    """Return what became of one sale; `None`: it was owed to no other system."""
    return kept.find(conn, number, act)


def charges_of(
    conn: Connection, acts: Collection[tuple[str, UUID]]
) -> Mapping[tuple[str, UUID], Charge]:
    """Return what became of those sales that were owed to another system, by number and act."""
    return {(each.number, each.id): each for each in kept.of(conn, acts)}


def page(
    conn: Connection,
    operator: str,
    state: str | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int = 100,
) -> tuple[Charge, ...]:
    """Return at most `limit` charges of an operator behind one, by number and act; in any order."""
    return kept.page(conn, operator, state, after, limit)


def charges(
    conn: Connection, operator: str | None = None, state: str | None = None
) -> Iterator[Charge]:
    """Yield charges, the oldest first; of one operator and in one state, or of all."""
    return kept.listed(conn, operator, state)
