"""What a file can say of a card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from baohao.app.brought.wrong import Wrong
from baohao.core.identifiers.number import Number

#: Ten times what five thousand cards need that say everything.
BYTES_MAX = 8 * 1024 * 1024
ROWS_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Something that was done with a card."""

    #: A kind of act, as records have it; empty: the file does not say, but it kept the card.
    kind: str
    #: The day, where only that is known.
    at: date | datetime
    amount: Decimal | None = None
    #: ISO 4217; empty: the file does not say.
    currency: str = ""
    #: More fields of a record, from a file of our own.
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an operator said of a card: a last day, or a credit."""

    #: When it was read; `None`: when the file is brought.
    at: date | datetime | None = None
    #: Which clock or balance, from a file of our own; empty: the one that people mean.
    name: str = ""
    #: The last good day, or the instant after it.
    until: date | datetime | None = None
    amount: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a file says of one card."""

    row: int
    #: E.164; empty: the file names none, and its owner must.
    number: str
    #: What the file calls its operator or product.
    product: str = ""
    #: ISO 3166; empty: not said.
    country: str = ""
    #: How often it is to be kept, as the tracker had it: "180 days"; empty: not said.
    every: str = ""
    #: A policy's name or pin, from a file of our own.
    policy: str = ""
    begins: date | datetime | None = None
    done: tuple[Done, ...] = ()
    said: tuple[Said, ...] = ()
    name: str = ""
    whose: str = ""
    hangs: tuple[str, ...] = ()
    note: str = ""
    #: Of a file of our own: more that is said of the card.
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a file brought."""

    #: The format's name, for people.
    format: str
    rows: tuple[Brought, ...]
    wrong: tuple[Wrong, ...] = ()
    #: Columns that nothing is taken from.
    passed_over: tuple[str, ...] = ()
    #: Days such as 3/4/2026 stand in it, and nothing tells which is the month: ask.
    asks_order: bool = False
    #: Of a table: its headings, and by line what stood under them.
    headings: tuple[str, ...] = ()
    cells: Mapping[int, Mapping[str, str]] = field(default_factory=dict)

    @property
    def asks_number(self) -> bool:
        """Whether the file is about one card and does not say which."""
        return any(not row.number for row in self.rows)


class Numbering(Protocol):
    """What is known of all countries' numbers."""

    def parse(self, text: str, region: str | None = None) -> Number:
        """Read a number as written in a region; raises `MalformedNumber`."""
        ...

    def regions(self, number: str) -> Sequence[str]:
        """Return the countries that share the number's country code."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A file as it came, and what is known beside it."""

    file: str
    numbering: Numbering
    #: "dmy" or "mdy", where its owner was asked; empty: as the file's own days tell.
    order: str = ""


#: Reads what is in a file; `None`: it is of another format.
Reader = Callable[[object, Given], Taken | None]
