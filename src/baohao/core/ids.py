"""Ids that follow from another: the core and the door make none of their own."""

from __future__ import annotations

from uuid import UUID


def following(parent: UUID, n: int) -> UUID:
    """
    Return the n-th id that follows from an ask's: of its entries and effects.

    It keeps the parent's place in time, and is the same whenever the ask is decided again.
    """
    return UUID(int=(parent.int + n) % 2**128)
