"""
Hong Kong identity card (HKID): `A123456(3)`, `AB987654(3)`.

Accepted, on the folded text (see `writing`): one or two letters in any case, six digits, the check
digit (0 to 9 or A) with or without parentheses. Letters count 10 to 35, a missing first letter 36;
the weights are 9 down to 1, and the sum is divisible by 11.
"""

from __future__ import annotations

import re

from baohao.core.identifiers.document import DocumentKind, HolderDocument
from baohao.core.identifiers.malformed import MalformedIdentifier, hidden, stray
from baohao.core.identifiers.writing import fold, where

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES = "0123456789" + _LETTERS + " "

_WRITTEN = re.compile(r"([A-Za-z]{1,2}[0-9]{6})(?:\(([0-9Aa])\)|([0-9Aa]))")
# As much of a written form as is there, to say where it stops being one.
_BEGUN = re.compile(r"[A-Za-z]{1,2}(?:[0-9]{6}(?:\((?:[0-9Aa]\)?)?|[0-9Aa]?)|[0-9]{0,5})|")


class MalformedHkid(MalformedIdentifier):
    """HKID '{value}' is not valid."""

    code = "malformed.hkid"
    what = "HKID"


class HkidCharacter(MalformedHkid):
    """HKID '{value}' is not valid: {character} cannot stand at index {position}."""

    code = "malformed.hkid.character"


class HkidShape(MalformedHkid):
    """HKID '{value}' is not valid: not like A123456(3) from index {position} on."""

    code = "malformed.hkid.shape"


class HkidCheckDigit(MalformedHkid):
    """HKID '{value}' is not valid: the digit at index {position} does not check."""

    code = "malformed.hkid.check_digit"


def parse_hkid(text: str) -> HolderDocument:
    """
    Read the number of a Hong Kong identity card.

    Refuses with a `MalformedHkid`.
    """
    plain = fold(text)
    match = _WRITTEN.fullmatch(plain)
    if match is None:
        if found := stray(text, plain, "0123456789()" + _LETTERS + _LETTERS.lower()):
            raise HkidCharacter(value=hidden(text), **found)
        begun = _BEGUN.match(plain)
        raise HkidShape(value=hidden(text), position=where(text, begun.end() if begun else 0))
    body, check = match[1].upper(), (match[2] or match[3]).upper()
    if check != hkid_check_digit(body):
        position = where(text, match.start(2 if match[2] else 3))
        raise HkidCheckDigit(value=hidden(text), position=position)
    return HolderDocument(kind=DocumentKind.HKID, country="HKG", number=body + check)


def hkid_check_digit(body: str) -> str:
    """Return the check digit, 0 to 9 or A, of one or two capitals and six digits."""
    total = sum(_VALUES.index(c) * (9 - i) for i, c in enumerate(body.rjust(8)))
    return "0123456789A"[-total % 11]
