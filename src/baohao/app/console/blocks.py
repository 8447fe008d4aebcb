"""Blocks: ten thousand numbers each, and how many of an operator's are in which stage."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from baohao.store import clock, console
from baohao.store.sql import Connection

#: Numbers of a block: what the last four digits tell apart.
SIZE, DIGITS = 10_000, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block as it stands."""

    #: All digits but the last four, with the plus.
    head: str
    #: Kind of stage -> lines; 0 where there are none.
    lines: Mapping[str, int]

    @property
    def first(self) -> str:
        """The first number."""
        return self.head + "0" * DIGITS

    @property
    def last(self) -> str:
        """The last number."""
        return self.head + "9" * DIGITS

    @property
    def free(self) -> int:
        """Numbers of the block of which nothing is known here."""
        return SIZE - sum(self.lines.values())


def of_operator(conn: Connection, operator: str) -> list[Block]:
    """Return the blocks in which an operator has lines, in the order of numbers."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for head, kind, lines in console.blocks(conn, operator, clock.now(conn)):
        found[head][kind] = lines
    return [Block(head=head, lines=lines) for head, lines in sorted(found.items())]
