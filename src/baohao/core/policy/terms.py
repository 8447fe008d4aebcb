"""How much time an act gives: terms, bases, caps and windows of an extension."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from baohao.core.civil import Span


class Base(StrEnum):
    """Where the new term is counted from."""

    #: From the act, even if that is sooner than the deadline it replaces.
    RESET = "RESET"
    #: From the deadline, or from the act when the deadline has passed.
    STACK = "STACK"
    #: From the deadline, even when it has passed.
    STACK_STRICT = "STACK_STRICT"
    #: From the act, unless the deadline is later already.
    LONGEST = "LONGEST"
    #: To the next date of the clock's grid.
    ANCHOR = "ANCHOR"
    #: From the end of a product's clock.
    AFTER_PRODUCT = "AFTER_PRODUCT"


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same span."""

    span: Span


@dataclass(frozen=True, slots=True)
class Bought:
    """As long as the act itself bought: a renewal's months, a pack's own days."""


@dataclass(frozen=True, slots=True)
class UntilDate:
    """To a fixed last day."""

    last_day: date


@dataclass(frozen=True, slots=True)
class CalendarEnd:
    """To the end of the calendar month or year of the base day."""

    #: "month" or "year".
    of: str


@dataclass(frozen=True, slots=True)
class PerUnit:
    """So much time for each whole unit of money."""

    unit_minor: int
    gives: Span


@dataclass(frozen=True, slots=True)
class Tiers:
    """The highest tier not above the amount; below the first, nothing. Need not be monotone."""

    #: (least amount in minor units, what it gives), ascending.
    steps: tuple[tuple[int, Span | PerUnit], ...]
    #: "amount", "resulting_balance" or "remaining_balance".
    by: str = "amount"


@dataclass(frozen=True, slots=True)
class BySku:
    """By what was bought."""

    spans: tuple[tuple[str, Span], ...]


Term = Fixed | Bought | UntilDate | CalendarEnd | PerUnit | Tiers | BySku


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """How far ahead an extension may reach, and what becomes of the rest."""

    #: The furthest span, counted from `origin`.
    max: Span | None = None
    #: "event" or "activation".
    origin: str = "event"
    #: The furthest last day, whatever the act's own day.
    until: date | None = None
    #: The most that one act may add.
    per_event: Span | None = None
    #: "truncate", "reject" or "queue".
    excess: str = "truncate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How long before the deadline an act counts."""

    earliest: Span | None = None
    latest: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What one act does to one clock."""

    clock: str
    base: Base
    term: Term
    #: AFTER_PRODUCT: the clock that is the product.
    product: str | None = None
    cap: Cap | None = None
    never_shorten: bool = False
    window: Window | None = None
