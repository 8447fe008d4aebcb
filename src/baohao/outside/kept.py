"""What was read of a database or a disk a moment ago, and is good for a little longer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Kept(Generic[T]):
    """What was read a moment ago, and is read again when it is older than that."""

    for_s: float
    _read: tuple[float, T] | None = None

    def get(self, read: Callable[[], T]) -> T:
        """Return what was read, by `read` where it is too old."""
        found = self._read
        if found is None or time.monotonic() - found[0] >= self.for_s:
            found = self._read = (time.monotonic(), read())
        # Not what is kept: another thread may have forgotten it meanwhile.
        return found[1]

    def forget(self) -> None:
        """Read anew next time."""
        self._read = None
