"""
Device identities: IMEI (15 digits, Luhn) and IMEISV (16 digits, no check digit); 3GPP TS 23.003
section 6.

An IMEISV names the same device with the version of its software in place of the check digit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from baohao.core.identifiers.luhn import luhn_digit, luhn_remainder
from baohao.core.identifiers.malformed import MalformedIdentifier, digits_fault, shown
from baohao.core.identifiers.writing import fold, where

#: What is accepted, but for the Luhn digit of the shorter.
IMEI_WRITTEN = "[0-9]{15,16}"

IMEI_DIGITS, IMEISV_DIGITS = 15, 16
# Type allocation code (8) and serial number (6): what both forms share.
BODY_DIGITS = 14

_WRITTEN = re.compile(IMEI_WRITTEN)


class MalformedImei(MalformedIdentifier):
    """IMEI '{value}' is not valid."""

    code = "malformed.imei"
    what = "IMEI"


class ImeiCharacter(MalformedImei):
    """IMEI '{value}' is not valid: {character} at index {position} is not a digit."""

    code = "malformed.imei.character"


class ImeiScientific(MalformedImei):
    """IMEI '{value}' is not valid: a spreadsheet rounded it; format the column as text."""

    code = "malformed.imei.scientific"


class ImeiLength(MalformedImei):
    """IMEI '{value}' is not valid: {count} digits; an IMEI has 15, an IMEISV 16."""

    code = "malformed.imei.length"


class ImeiCheckDigit(MalformedImei):
    """IMEI '{value}' is not valid: the check digit at index {position} is not {expected}."""

    code = "malformed.imei.check_digit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imei:
    """A device."""

    #: 15 digits, the Luhn digit last.
    number: str
    #: Two digits, known when it was read from an IMEISV.
    software_version: str | None = None


def parse_imei(text: str) -> Imei:
    """
    Read an IMEI or IMEISV.

    Refuses with a `MalformedImei`.
    """
    plain = fold(text)
    if not _WRITTEN.fullmatch(plain):
        raise digits_fault(
            text,
            plain,
            most=IMEISV_DIGITS,
            scientific=ImeiScientific,
            character=ImeiCharacter,
            length=ImeiLength,
        )
    body = plain[:BODY_DIGITS]
    expected = luhn_digit(body)
    if len(plain) == IMEISV_DIGITS:
        return Imei(number=body + expected, software_version=plain[BODY_DIGITS:])
    if luhn_remainder(plain):
        raise ImeiCheckDigit(
            value=shown(text), position=where(text, BODY_DIGITS), expected=expected
        )
    return Imei(number=plain)
