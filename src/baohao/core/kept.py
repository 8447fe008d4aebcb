"""
Kept cards: external lines that somebody watches over, each under a key of its own.

The key is the number, a tilde and the keeper's id: two people may keep the same number without
knowing of each other, nobody can squat on a number that an operator is yet to sell here, and no
answer tells whether somebody else keeps it.
"""

from __future__ import annotations

_BETWEEN = "~"


def kept_key(number: str, keeper: str) -> str:
    """
    Return the key of a card that a keeper has.

    >>> kept_key("+447700900123", "h-1")
    '+447700900123~h-1'
    """
    return f"{number}{_BETWEEN}{keeper}"


def number_of(subject: str) -> str:
    """
    Return the E.164 number of a line's key, kept or issued.

    >>> number_of("+447700900123~h-1"), number_of("+85366000001")
    ('+447700900123', '+85366000001')
    """
    return subject.partition(_BETWEEN)[0]


def keeper_of(subject: str) -> str:
    """
    Return the keeper's id; empty: the line is nobody's kept card.

    >>> keeper_of("+447700900123~h-1"), keeper_of("+85366000001")
    ('h-1', '')
    """
    return subject.partition(_BETWEEN)[2]


def is_kept(subject: str) -> bool:
    """Return whether a key is that of a kept card."""
    return _BETWEEN in subject
