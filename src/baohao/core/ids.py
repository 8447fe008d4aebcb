"""Ids that follow from another: the core and the door make none of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from uuid import UUID


def following(parent: UUID, n: int) -> UUID:
    """
    Return the n-th id that follows from an ask's: of its entries and effects.

    It keeps the parent's place in time, and is the same whenever the ask is decided again.
    """
    return UUID(int=(parent.int + n) % 2**128)


#: An id as text; kept, for a batch writes its asks' and its transfer's a dozen times each.
text_of: Callable[[UUID], str] = lru_cache(maxsize=16384)(str)
