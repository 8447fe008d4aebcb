"""
Resident identity number of the mainland (GB 11643-1999): region 6, birth 8, order 3, check 1.

Accepted, on the folded text (see `writing`): 17 digits and a digit or X in any case; the first
digit is not 0, the birth date exists, the check character follows ISO 7064 MOD 11-2. The order is
odd for men. Numbers of 15 digits ended in 2013 and have no check digit: refused. Whether the region
exists, or the date has come, is not judged here.
"""

from __future__ import annotations

import re
from datetime import date

from baohao.core.identifiers.document import DocumentKind, HolderDocument, Sex
from baohao.core.identifiers.malformed import MalformedIdentifier, hidden, is_scientific, stray
from baohao.core.identifiers.writing import fold, where

CHARACTERS = 18
# Powers of two modulo 11, from the left.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
#: Check character by the weighted sum modulo 11.
CHECKS = "10X98765432"

_WRITTEN = re.compile("[0-9]{17}[0-9Xx]")
_BIRTH, _ORDER_END = slice(6, 14), 16


class MalformedMainlandId(MalformedIdentifier):
    """Mainland ID '{value}' is not valid."""

    code = "malformed.mainland_id"
    what = "Mainland ID"


class MainlandIdCharacter(MalformedMainlandId):
    """Mainland ID '{value}' is not valid: {character} cannot stand at index {position}."""

    code = "malformed.mainland_id.character"


class MainlandIdScientific(MalformedMainlandId):
    """Mainland ID '{value}' is not valid: a spreadsheet rounded it; format the column as text."""

    code = "malformed.mainland_id.scientific"


class MainlandIdLength(MalformedMainlandId):
    """Mainland ID '{value}' is not valid: {count} characters, 18 are needed."""

    code = "malformed.mainland_id.length"


class MainlandIdRegion(MalformedMainlandId):
    """Mainland ID '{value}' is not valid: no region begins with 0 (index {position})."""

    code = "malformed.mainland_id.region"


class MainlandIdBirthDate(MalformedMainlandId):
    """Mainland ID '{value}' is not valid: no such day at index {position}."""

    code = "malformed.mainland_id.birth_date"


class MainlandIdCheckDigit(MalformedMainlandId):
    """Mainland ID '{value}' is not valid: the digit at index {position} does not check."""

    code = "malformed.mainland_id.check_digit"


def parse_mainland_id(text: str) -> HolderDocument:
    """
    Read a mainland resident's identity number.

    Refuses with a `MalformedMainlandId`.
    """
    plain = fold(text)
    if not _WRITTEN.fullmatch(plain):
        raise _fault(text, plain)
    number = plain.upper()
    if number[0] == "0":
        raise MainlandIdRegion(value=hidden(text), position=where(text, 0))
    birth_date = _day(number[_BIRTH])
    if birth_date is None:
        raise MainlandIdBirthDate(value=hidden(text), position=where(text, _BIRTH.start))
    if number[-1] != mainland_id_check_digit(number[:-1]):
        raise MainlandIdCheckDigit(value=hidden(text), position=where(text, CHARACTERS - 1))
    return HolderDocument(
        kind=DocumentKind.MAINLAND_ID,
        country="CHN",
        number=number,
        birth_date=birth_date,
        sex=Sex.MALE if int(number[_ORDER_END]) % 2 else Sex.FEMALE,
    )


def mainland_id_check_digit(body: str) -> str:
    """Return the check character, 0 to 9 or X, of the first 17 digits."""
    return CHECKS[sum(int(c) * weight for c, weight in zip(body, WEIGHTS, strict=True)) % 11]


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _fault(text: str, plain: str) -> MalformedIdentifier:
    if is_scientific(text):
        return MainlandIdScientific(value=hidden(text), position=0)
    # X stands for ten, and only as the check character.
    end = plain[CHARACTERS - 1 : CHARACTERS]
    digits = plain[: CHARACTERS - 1] + end.replace("X", "0").replace("x", "0") + plain[CHARACTERS:]
    if found := stray(text, digits, "0123456789"):
        return MainlandIdCharacter(value=hidden(text), **found)
    return MainlandIdLength(value=hidden(text), position=where(text, CHARACTERS), count=len(plain))
