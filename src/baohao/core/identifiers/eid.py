"""
eUICC identities: EID (GSMA SGP.29). An `Eid` is its canonical text: 32 digits that leave 1 modulo
97.

Older ones begin with 89, newer issuers need not, so the head is not checked.
"""

from __future__ import annotations

import re
from typing import NewType

from baohao.core.identifiers.malformed import MalformedIdentifier, digits_fault, shown
from baohao.core.identifiers.writing import fold, where

Eid = NewType("Eid", str)

#: A canonical EID, but for its check digits.
EID = "[0-9]{32}"

DIGITS = 32
BODY_DIGITS = 30

_EID = re.compile(EID)


class MalformedEid(MalformedIdentifier):
    """EID '{value}' is not valid."""

    code = "malformed.eid"
    what = "EID"


class EidCharacter(MalformedEid):
    """EID '{value}' is not valid: {character} at index {position} is not a digit."""

    code = "malformed.eid.character"


class EidScientific(MalformedEid):
    """EID '{value}' is not valid: a spreadsheet rounded it; format the column as text."""

    code = "malformed.eid.scientific"


class EidLength(MalformedEid):
    """EID '{value}' is not valid: {count} digits, 32 are needed."""

    code = "malformed.eid.length"


class EidCheckDigits(MalformedEid):
    """EID '{value}' is not valid: the check digits at index {position} are not {expected}."""

    code = "malformed.eid.check_digits"


def parse_eid(text: str) -> Eid:
    """
    Read an EID.

    Refuses with a `MalformedEid`.
    """
    plain = fold(text)
    if not _EID.fullmatch(plain):
        raise digits_fault(
            text,
            plain,
            most=DIGITS,
            scientific=EidScientific,
            character=EidCharacter,
            length=EidLength,
        )
    # SGP.29 verifies by the remainder alone, so we accept what every other tool does.
    if int(plain) % 97 != 1:
        raise EidCheckDigits(
            value=shown(text),
            position=where(text, BODY_DIGITS),
            expected=eid_check_digits(plain[:BODY_DIGITS]),
        )
    return Eid(plain)


def eid_check_digits(body: str) -> str:
    """Return the two check digits of the first 30: 98 less the remainder of a hundredfold."""
    return f"{98 - int(body) * 100 % 97:02d}"
