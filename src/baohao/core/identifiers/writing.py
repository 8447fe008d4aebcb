"""
How people, phones and spreadsheets write identifiers, and the plain form they are read in.

The accepted language of every identifier is defined on the *folded* text: full-width forms (U+FF01
to U+FF5E, what a Chinese keyboard gives) become ASCII, `SEPARATORS` vanish wherever they stand,
tabs and line ends vanish at both ends (barcode scanners add them). Nothing else is changed:
Arabic-Indic and all other digits, NUL, lone surrogates stay and are refused by name. `str.isdigit`,
`\\d` and case-insensitive matching are never used, as they let such characters through.
"""

from __future__ import annotations


def _between(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


_SPACES = " \u00a0\u202f\u205f\u3000" + _between(0x2000, 0x200A)
_HYPHENS = "-\u00ad\u2212\ufe63\uff0d" + _between(0x2010, 0x2015)
# Invisible direction and joining marks: a number copied from a phone's contacts comes wrapped.
_MARKS = (
    _between(0x200B, 0x200F) + _between(0x202A, 0x202E) + "\u2060\ufeff" + _between(0x2066, 0x2069)
)

#: Characters without meaning inside an identifier.
SEPARATORS = _SPACES + _HYPHENS + _MARKS

#: Characters dropped at both ends only: inside, they are the border between two values.
LINE_ENDS = "\t\r\n"

#: Full-width form -> ASCII, by code point.
FULL_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}

_FOLD: dict[int, int | None] = {**FULL_WIDTH, **dict.fromkeys(map(ord, SEPARATORS))}


def fold(text: str) -> str:
    """Return the plain form of `text`; never raises."""
    return text.translate(_FOLD).strip(LINE_ENDS)


def where(text: str, index: int) -> int:
    """Return the index in `text` of the character at `index` in `fold(text)`, or its length."""
    kept = [i for i, character in enumerate(text) if character.translate(_FOLD)]
    while kept and text[kept[0]] in LINE_ENDS:
        del kept[0]
    return kept[index] if index < len(kept) else len(text)
