"""
Safety: until when numbers are safe, and at which stage they are, for many at once.

Read from what the door keeps beside each line, without its rules: a row a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from baohao.store import safety
from baohao.store.sql import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Safe:
    """Until when one number is safe."""

    operator: str
    plan: str
    #: As it is now, by the house's clock.
    stage: str
    #: When the number is lost if nothing happens; `None`: no end in sight. Of several readings the
    #: earliest.
    safe_until: datetime | None
    #: To be expected of it by whoever renews it.
    version: int


class Safety:
    """Looks numbers up; it remembers the names of stages, which never change."""

    def __init__(self) -> None:
        self._ladders: Mapping[int, Sequence[str]] = {}

    def find(self, conn: Connection, numbers: Sequence[str]) -> Mapping[str, Safe]:
        """Return what is known of numbers that are lines."""
        found = safety.find(conn, numbers)
        if any(row.ladder not in self._ladders for row in found):
            self._ladders = safety.ladders(conn)
        return {
            row.number: Safe(
                operator=row.operator,
                plan=row.plan,
                stage=self._ladders[row.ladder][max(row.place, 1) - 1],
                safe_until=row.safe_until,
                version=row.version,
            )
            for row in found
        }
