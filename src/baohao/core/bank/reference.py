"""
References for transfers: short enough to be typed, with check digits that find a wrong one.

A structured creditor reference is RF, two check digits by ISO 7064 MOD 97-10, and up to 21 letters
and digits (ISO 11649). Ours have 16 digits, which follow from what they are for: a payment, or
money that goes back. A person may write them with blanks and dashes, in lower case, in full width.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from baohao.core.identifiers.writing import FULL_WIDTH, SEPARATORS

#: Of ten million references two are alike once in two hundred houses, and then a person decides.
DIGITS = 16
#: What is looked into of a text, and how much of it is looked at more closely; the rest is noise.
TEXT_MAX, SPOTS_MAX = 4000, 8

_BODY = re.compile(r"[0-9A-Z]{1,21}")
_OURS = re.compile(r"(?=(RF[0-9]{18}))")
_LIKE_OURS = re.compile(r"(?=(RF[0-9OQDIL]{18}))")
_BARE = re.compile(r"(?<![0-9])[0-9]{18}(?![0-9])")
#: Letters that are read as digits.
_READ_AS = str.maketrans("OQDIL", "00011")
_WITHOUT = {**FULL_WIDTH, **dict.fromkeys(map(ord, SEPARATORS + "\t\r\n.,/_:;'+"))}


def check_digits(text: str) -> str:
    """
    Return the two check digits of letters and digits, by ISO 7064 MOD 97-10.

    >>> check_digits("99991234567890121414")
    '90'
    """
    return f"{98 - _value(text + '00') % 97:02}"


def make(body: str) -> str:
    """
    Return the creditor reference of up to 21 capital letters and digits; ValueError for others.

    >>> make("539007547034")
    'RF18539007547034'
    """
    if _BODY.fullmatch(body) is None:
        raise ValueError("a reference has 1 to 21 letters and digits")
    return f"RF{check_digits(body + 'RF')}{body}"


def is_valid(reference: str) -> bool:
    """Say whether the check digits of a reference are right; it is written without blanks."""
    body = reference[4:]
    return reference[:2] == "RF" and _BODY.fullmatch(body) is not None and make(body) == reference


def reference_of(id_: UUID, what: str = "pay") -> str:
    """Return the reference of a payment, or by "back" of money that goes back: always the same."""
    digest = blake2b(f"baohao bank {what} {id_}".encode(), digest_size=8).digest()
    return make(f"{int.from_bytes(digest) % 10**DIGITS:0{DIGITS}}")


def written(reference: str) -> str:
    """Return a reference as people read it, in groups of four."""
    return " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a text says of references."""

    #: Those that stand there, with right check digits.
    exact: tuple[str, ...] = ()
    #: Those that may be meant: one digit is wrong, two are swapped, or RF was left away.
    near: tuple[str, ...] = ()


def find(text: str) -> Found:
    """Return the references of ours that a text has, or may mean; whatever it is, it is read."""
    plain = text[:TEXT_MAX].translate(_WITHOUT).upper()
    exact = dict.fromkeys(each for each in _OURS.findall(plain) if is_valid(each))
    spots = [f"RF{each[2:].translate(_READ_AS)}" for each in _LIKE_OURS.findall(plain)]
    spots += [f"RF{each}" for each in _BARE.findall(plain)]
    wrong = [each for each in dict.fromkeys(spots) if each not in exact][:SPOTS_MAX]
    near = dict.fromkeys(other for each in wrong for other in _neighbours(each))
    return Found(exact=tuple(exact), near=tuple(each for each in near if each not in exact))


def _neighbours(reference: str) -> Iterator[str]:
    """Yield the valid references that are written almost like this one; itself, if it is valid."""
    if is_valid(reference):
        yield reference
        return
    for at in range(2, len(reference)):
        for digit in "0123456789":
            other = reference[:at] + digit + reference[at + 1 :]
            if digit != reference[at] and is_valid(other):
                yield other
        swapped = reference[:at] + reference[at : at + 2][::-1] + reference[at + 2 :]
        if swapped != reference and is_valid(swapped):
            yield swapped


def _value(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text))
