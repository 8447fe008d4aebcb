"""
Subscriber identities: IMSI (ITU-T E.212). An `Imsi` is its canonical text, 6 to 15 digits.

Mobile country code (3), network code (2 or 3), subscriber (1 or more). It has no check digit. How
long the network code is depends on the country; it is known here for Macau (2).
"""

from __future__ import annotations

import re
from typing import NewType

from baohao.core.identifiers import macau
from baohao.core.identifiers.macau import MobileNetwork
from baohao.core.identifiers.malformed import MalformedIdentifier, digits_fault
from baohao.core.identifiers.writing import fold

Imsi = NewType("Imsi", str)

#: A canonical IMSI, all there is to check.
IMSI = "[0-9]{6,15}"

MOST_DIGITS = 15

_IMSI = re.compile(IMSI)


class MalformedImsi(MalformedIdentifier):
    """IMSI '{value}' is not valid."""

    code = "malformed.imsi"
    what = "IMSI"


class ImsiCharacter(MalformedImsi):
    """IMSI '{value}' is not valid: {character} at index {position} is not a digit."""

    code = "malformed.imsi.character"


class ImsiScientific(MalformedImsi):
    """IMSI '{value}' is not valid: a spreadsheet rounded it; format the column as text."""

    code = "malformed.imsi.scientific"


class ImsiLength(MalformedImsi):
    """IMSI '{value}' is not valid: {count} digits, 6 to 15 are possible."""

    code = "malformed.imsi.length"


def parse_imsi(text: str) -> Imsi:
    """
    Read an IMSI.

    Refuses with a `MalformedImsi`.
    """
    plain = fold(text)
    if not _IMSI.fullmatch(plain):
        raise digits_fault(
            text,
            plain,
            most=MOST_DIGITS,
            scientific=ImsiScientific,
            character=ImsiCharacter,
            length=ImsiLength,
        )
    return Imsi(plain)


def imsi_network(imsi: Imsi) -> MobileNetwork | None:
    """Return the Macau network that `imsi` belongs to, None for one abroad or not in the table."""
    if not imsi.startswith(macau.MOBILE_COUNTRY_CODE):
        return None
    return macau.NETWORKS.get(imsi[3:5])
