"""A card that was reported lost: since when, and by which report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

#: What becomes true: the card is away; it was found.
LOST, FOUND = "card_lost", "card_found"


@dataclass(frozen=True, slots=True)
class Lost:
    """The report of a loss."""

    since: datetime
    #: The id of the ask that reported it.
    id: str
