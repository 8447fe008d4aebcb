"""
Ports: what the use cases ask of the world outside. `outside` has what answers.

An answer that did not come is `Unknown`, never a failure: what was asked may have been done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# --- an operator's own charging system ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """What a number is to get in its operator's own charging system."""

    #: Ours; the same again is the same top-up.
    reference: str
    number: str
    #: Their id of what is bought for a term; empty: plain credit.
    product: str = ""
    #: What the product costs on their list, or the credit.
    amount_minor: int
    currency: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It was done."""

    their_id: str
    #: When, if they say.
    at: datetime | None = None
    #: How much they say it was; done twice, it is twice as much. `None`: they do not say.
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """It was not done and never will be, for their reason."""

    code: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """There is no answer that says one or the other; ask again."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """They looked, and know nothing by that reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What their system says of a number."""

    #: Until when it lasts.
    until: datetime | None = None
    amount_minor: int | None = None


Outcome = Done | Declined | Unknown


class ChargingSystem(Protocol):
    """An operator's own charging system."""

    def top_up(self, wanted: TopUp) -> Outcome:
        """Do it; where it is sent twice, it may be done twice."""
        ...

    def find(self, wanted: TopUp) -> Outcome | Absent:
        """Say what became of one that may have been sent."""
        ...

    def read(self, number: str, currency: str) -> Readings | Unknown:
        """Read what a number has."""
        ...
