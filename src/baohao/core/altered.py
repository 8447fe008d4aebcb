"""Frozen records with some fields different, at no more than the cost of making one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

Record = TypeVar("Record")


@cache
def _slots(
    kind: Any,
) -> tuple[tuple[str, Callable[[object], Any], Callable[[object, Any], None]], ...]:
    found = ((name, getattr(kind, name)) for name in kind.__slots__)
    return tuple((name, slot.__get__, slot.__set__) for name, slot in found)


def altered(record: Record, **parts: object) -> Record:
    """
    Return a copy of a slotted dataclass with `parts` in place of what it had.

    `dataclasses.replace` does the same and takes three times as long, which a door that decides
    thousands of asks a second feels. Only for records that check nothing when they are made. Raises
    `KeyError` for a part that the record has not.
    """
    kind: Any = type(record)
    new: Record = object.__new__(kind)
    for name, read, write in _slots(kind):
        write(new, parts.pop(name) if name in parts else read(record))
    if parts:
        raise KeyError(next(iter(parts)))
    return new
