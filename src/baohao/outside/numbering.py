"""
Numbers of all countries, by way of phonenumbers (Google's libphonenumber).

It is asked whether a country's plan has a number, for the canonical form, for the groups in which
people write it, and for whose its country code is, and for nothing else: its zones merge Macau with
Shanghai, and its operators are those a range was first given to. Macau's own plan is the core's,
here as everywhere. A plan that grew since the library's last release refuses its newest ranges
until it is updated.
"""

from __future__ import annotations

import phonenumbers

from baohao.core.identifiers.malformed import is_scientific, shown, stray
from baohao.core.identifiers.number import (
    Number,
    NumberCharacter,
    NumberCountryMissing,
    NumberScientific,
    NumberUnassigned,
    is_macau,
    parse_number,
)
from baohao.core.identifiers.writing import fold, where

_MACAU = "MO"
# What people write inside numbers besides blanks and hyphens. The library would dial letters.
_DECORATION = "()./"


def parse(text: str, region: str | None = None) -> Number:
    """
    Read a number as written in `region` (ISO 3166-1 alpha-2); None needs + or 00 in front.

    Refuses with a `MalformedNumber`.
    """
    plain = fold(text)
    bare = "".join(c for c in plain if c not in _DECORATION)
    international = "+" + bare[2:] if bare.startswith("00") else bare
    is_national = not international.startswith("+")
    if international.startswith("+853") or (region == _MACAU and is_national):
        return parse_number(text)
    if is_scientific(text):
        raise NumberScientific(value=shown(text), position=0)
    if found := stray(text, plain, "+0123456789" + _DECORATION):
        raise NumberCharacter(value=shown(text), **found)
    if region is None and is_national:
        raise NumberCountryMissing(value=shown(text), position=where(text, 0), count=len(bare))
    # "00" leads abroad from most places but not all, so the region's own reading comes first.
    number = _assigned(bare, region) or _assigned(international, None)
    if number is None:
        raise NumberUnassigned(value=shown(text))
    # A plan of another region never gives a Macau number, but only the core may say what one is.
    return parse_number(number) if is_macau(number) else number


def grouped(number: str) -> str:
    """Write a canonical number in the groups of its country; what is none, as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def regions(number: str) -> tuple[str, ...]:
    """Return the countries (ISO 3166-1 alpha-2) that share the country code of an E.164 number."""
    if is_macau(Number(number)):
        return (_MACAU,)
    try:
        code = phonenumbers.parse(number, None).country_code or 0
    except phonenumbers.NumberParseException:
        return ()
    return tuple(phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code, ()))


def _assigned(plain: str, region: str | None) -> Number | None:
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return Number(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
