"""
Telephone numbers: E.164 and the Macau plan.

A `Number` is its canonical text, "+85366123456": as cheap as a string, and equal only to itself.

Accepted, on the folded text (see `writing`), where `N` is `MACAU_NATIONAL`: `N` · `853N` · `+853N`
· `00853N` · `+` or `00` and a number abroad: 7 to 15 digits, the first not 0, not beginning 853. A
bare `853N` is Macau's because spreadsheets lose the plus. Whether a country gives out a number
abroad is not checked here: see `baohao.outside.numbering`. Short codes are not numbers.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NewType

from baohao.core.identifiers import macau
from baohao.core.identifiers.malformed import MalformedIdentifier, is_scientific, shown, stray
from baohao.core.identifiers.writing import fold, where

Number = NewType("Number", str)

#: The eight digits of a Macau number.
MACAU_NATIONAL = "[268][0-9]{7}"
#: A canonical Macau number.
MACAU_NUMBER = r"\+853" + MACAU_NATIONAL
#: The shape of any canonical number; one that begins +853 must also be a `MACAU_NUMBER`.
E164_NUMBER = r"\+[1-9][0-9]{6,14}"

# Seven is Niue's: three digits of country code and four of number; fifteen is E.164's limit.
LEAST_DIGITS, MOST_DIGITS = 7, 15

_WRITTEN = re.compile(
    rf"(?:\+|00)?853({MACAU_NATIONAL})|({MACAU_NATIONAL})|(?:\+|00)((?!853)[1-9][0-9]{{6,14}})"
)


class MalformedNumber(MalformedIdentifier):
    """Number '{value}' is not valid."""

    code = "malformed.number"
    what = "Number"


class NumberCharacter(MalformedNumber):
    """Number '{value}' is not valid: {character} at index {position} is not a digit."""

    code = "malformed.number.character"


class NumberScientific(MalformedNumber):
    """Number '{value}' is not valid: a spreadsheet rounded it; format the column as text."""

    code = "malformed.number.scientific"


class NumberCountryMissing(MalformedNumber):
    """Number '{value}' is not valid: {count} digits; Macau's have 8, others begin with + or 00."""

    code = "malformed.number.country_missing"


class NumberCountryZero(MalformedNumber):
    """Number '{value}' is not valid: no country code begins with 0, index {position}."""

    code = "malformed.number.country_zero"


class NumberLength(MalformedNumber):
    """Number '{value}' is not valid: {count} digits with the country code; 7 to 15 are possible."""

    code = "malformed.number.length"


class NumberMacauLength(MalformedNumber):
    """Number '{value}' is not valid: {count} digits after 853; a Macau number has 8."""

    code = "malformed.number.macau_length"


class NumberMacauHead(MalformedNumber):
    """Number '{value}' is not valid: {head} at index {position}; Macau's begin with 6, 2, 8."""

    code = "malformed.number.macau_head"


class NumberUnassigned(MalformedNumber):
    """Number '{value}' is not valid: its country's plan has no such number."""

    code = "malformed.number.unassigned"


class NumberKind(StrEnum):
    """What the Macau plan says of a number."""

    MOBILE = "mobile"
    FIXED = "fixed"


def parse_number(text: str) -> Number:
    """
    Read a number as written in Macau.

    Refuses with a `MalformedNumber`.
    """
    match = _WRITTEN.fullmatch(text) or _WRITTEN.fullmatch(fold(text))
    if match is None:
        raise _fault(text)
    here, bare, abroad = match.groups()
    return Number("+" + abroad if abroad else "+853" + (here or bare))


def number_kind(number: Number) -> NumberKind | None:
    """Return what the Macau plan says of `number`; None for a number abroad."""
    if not is_macau(number):
        return None
    return NumberKind.MOBILE if number[4] in macau.MOBILE_HEADS else NumberKind.FIXED


def is_macau(number: Number) -> bool:
    """Tell whether `number` belongs to Macau's plan. No other country code begins with 853."""
    return number.startswith("+853")


def display_number(number: Number) -> str:
    """Return `number` as people in Macau write it, "6612 3456"; one abroad stays canonical."""
    return f"{number[4:8]} {number[8:]}" if is_macau(number) else number


def mask_number(number: Number) -> str:
    """Return `number` so that its holder knows it and a stranger does not: "+853 66** **56"."""
    if is_macau(number):
        return f"+853 {number[4:6]}** **{number[-2:]}"
    return number[:3] + "*" * (len(number) - 5) + number[-2:]


def _fault(text: str) -> MalformedNumber:
    value, plain = shown(text), fold(text)
    if is_scientific(text):
        return NumberScientific(value=value, position=0)
    lead = next((lead for lead in ("+", macau.INTERNATIONAL_PREFIX) if plain.startswith(lead)), "")
    rest = plain[len(lead) :]
    # Blanks keep the indexes: the lead is allowed, and only at the start.
    if found := stray(text, "0" * len(lead) + rest, "0123456789"):
        return NumberCharacter(value=value, **found)
    if not lead and (len(rest) <= macau.NATIONAL_DIGITS or not rest.startswith("853")):
        if len(rest) == macau.NATIONAL_DIGITS:
            return NumberMacauHead(value=value, position=where(text, 0), head=rest[0])
        return NumberCountryMissing(value=value, position=where(text, 0), count=len(rest))
    if rest.startswith("853"):
        return _macau_fault(text, len(lead) + 3, rest[3:])
    if rest.startswith("0"):
        return NumberCountryZero(value=value, position=where(text, len(lead)))
    position = where(text, len(lead) + MOST_DIGITS) if len(rest) > MOST_DIGITS else len(text)
    return NumberLength(value=value, position=position, count=len(rest))


def _macau_fault(text: str, start: int, national: str) -> MalformedNumber:
    if len(national) == macau.NATIONAL_DIGITS:
        return NumberMacauHead(value=shown(text), position=where(text, start), head=national[0])
    position = where(text, start + macau.NATIONAL_DIGITS)
    return NumberMacauLength(value=shown(text), position=position, count=len(national))
