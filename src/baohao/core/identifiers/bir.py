"""
Macau resident identity card (BIR): `1234567(8)`.

Accepted, on the folded text (see `writing`): `12345678`, `1234567(8)` and the older card's
`1/234567/8`; the first digit is 1, 5 or 7, and on legacy records 0 or 8. The last digit is a check
digit, but its rule was never published, so a slip of the finger in the others is not noticed:
compare with the card.
"""

from __future__ import annotations

import re

from baohao.core.identifiers.document import DocumentKind, HolderDocument
from baohao.core.identifiers.malformed import MalformedIdentifier, hidden, stray
from baohao.core.identifiers.writing import fold, where

#: What the first digit can be: 1, 5, 7 today, 0 and 8 on legacy records.
HEADS = "15708"

_WRITTEN = re.compile(r"[0-9]{7}(?:\([0-9]\)|[0-9])|[0-9]/[0-9]{6}/[0-9]")
# As much of a written form as is there, to say where it stops being one.
_BEGUN = re.compile(
    r"[0-9]/(?:[0-9]{6}/[0-9]?|[0-9]{0,6})|[0-9]{7}(?:\((?:[0-9]\)?)?|[0-9]?)|[0-9]{0,6}"
)


class MalformedBir(MalformedIdentifier):
    """BIR '{value}' is not valid."""

    code = "malformed.bir"
    what = "BIR"


class BirCharacter(MalformedBir):
    """BIR '{value}' is not valid: {character} at index {position} is not a digit."""

    code = "malformed.bir.character"


class BirShape(MalformedBir):
    """BIR '{value}' is not valid: not like 1234567(8) from index {position} on."""

    code = "malformed.bir.shape"


class BirHead(MalformedBir):
    """BIR '{value}' is not valid: the first digit is not 1, 5, 7, 0 or 8."""

    code = "malformed.bir.head"


def parse_bir(text: str) -> HolderDocument:
    """
    Read the number of a Macau resident identity card.

    Refuses with a `MalformedBir`.
    """
    plain = fold(text)
    if not _WRITTEN.fullmatch(plain):
        if found := stray(text, plain, "0123456789()/"):
            raise BirCharacter(value=hidden(text), **found)
        begun = _BEGUN.match(plain)
        raise BirShape(value=hidden(text), position=where(text, begun.end() if begun else 0))
    if plain[0] not in HEADS:
        raise BirHead(value=hidden(text), position=where(text, 0))
    return HolderDocument(
        kind=DocumentKind.MACAU_BIR,
        country="MAC",
        number="".join(c for c in plain if c not in "()/"),
        is_checked=False,
    )
