"""Ids that follow from another: the core and the door make none of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from uuid import UUID

#: The golden ratio in 64 bits: its multiples lie far apart, and far from what counting changes.
_GOLDEN = 0x9E3779B97F4A7C15
#: Of a UUIDv7, the bits that are neither time nor version nor variant.
_RANDOM_BITS = 2**62 - 1


def following(parent: UUID, n: int) -> UUID:
    """
    Return the n-th id that follows from an ask's: of its entries and effects.

    It keeps the parent's place in time, and is the same whenever the ask is decided again. Ids that
    were counted up one by one, as some clients do, have no followers in common.
    """
    return UUID(int=parent.int ^ (n * _GOLDEN & _RANDOM_BITS))


#: An id as text; kept, for a batch writes its asks' and its transfer's a dozen times each.
text_of: Callable[[UUID], str] = lru_cache(maxsize=16384)(str)
