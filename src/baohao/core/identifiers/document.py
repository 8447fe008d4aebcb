"""
What a holder's document says, whichever kind it is.

The whole value is personal: nothing but kind and country is shown by `repr`, and refusals show
outlines only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


class DocumentKind(StrEnum):
    """The documents that can be read; the values are stored."""

    #: Macau resident identity card (Bilhete de Identidade de Residente).
    MACAU_BIR = "macau_bir"
    #: Hong Kong identity card.
    HKID = "hkid"
    #: Resident identity card of the mainland, and the residence permits that share its number.
    MAINLAND_ID = "mainland_id"
    #: Passport booklet (ICAO TD3).
    PASSPORT = "passport"
    #: Any other card or sheet with an ICAO zone (TD1, TD2): travel permits, identity cards.
    TRAVEL_CARD = "travel_card"


class Sex(StrEnum):
    """As documents encode it (ICAO 9303)."""

    FEMALE = "F"
    MALE = "M"
    UNSPECIFIED = "X"


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderDocument:
    """A document of identity, as far as its number or its machine-readable zone tells."""

    #: What it is.
    kind: DocumentKind
    #: Who issued it: ISO 3166-1 alpha-3, or an organisation's ICAO code.
    country: str
    #: ASCII capitals and digits, without parentheses or blanks: the one form to compare and index.
    number: str = field(repr=False)
    #: Whether a check digit vouches for the number. False only for Macau's: its rule is not public.
    is_checked: bool = True
    #: Day of birth, None when the document does not tell it (fully).
    birth_date: date | None = field(default=None, repr=False)
    #: Last day of validity, None when not encoded.
    expires_on: date | None = field(default=None, repr=False)
    #: None when not encoded.
    sex: Sex | None = field(default=None, repr=False)
    #: Country of citizenship, as `country`; None when not encoded.
    nationality: str | None = field(default=None, repr=False)
    #: Primary identifier as transliterated in the zone, perhaps cut; None when not encoded.
    surname: str | None = field(default=None, repr=False)
    #: Secondary identifier, blanks between words; None when not encoded, empty when there is none.
    given_names: str | None = field(default=None, repr=False)

    @property
    def printed(self) -> str:
        """The number as printed: cards of Macau and Hong Kong set the last digit in parentheses."""
        if self.kind in (DocumentKind.MACAU_BIR, DocumentKind.HKID):
            return f"{self.number[:-1]}({self.number[-1]})"
        return self.number

    @property
    def masked(self) -> str:
        """The ends of the number, if long enough: its holder knows it, a stranger does not."""
        if len(self.number) < 6:
            return "*" * len(self.number)
        return self.number[:1] + "*" * (len(self.number) - 3) + self.number[-2:]
