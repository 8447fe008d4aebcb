"""
Numbers as trackers and spreadsheets leave them: without their plus, or as written at home.

A number is taken where it can be read in one way only; where it can be read in two, both are told.
"""

from __future__ import annotations

import re

from baohao.app.brought.model import Numbering
from baohao.app.brought.wrong import NumberUnclear
from baohao.core.identifiers.malformed import is_scientific, shown
from baohao.core.identifiers.number import MalformedNumber, parse_number
from baohao.core.identifiers.writing import fold

#: A number somewhere in a text.
_WITHIN = re.compile(r"(?:\+|00)[1-9][\d ().-]{6,20}\d", re.ASCII)
#: Where numbers without a country code come from, by how many digits they have: whoever leaves it
#: out lives there.
_HOMES = {8: ("MO", "HK"), 11: ("CN",)}


def read_number(numbering: Numbering, text: str, country: str = "") -> str:
    """Return the E.164 number that a text means; raises `NumberUnclear` and `MalformedNumber`."""
    plain = fold(text).lstrip("'")
    bare = "".join(c for c in plain if c not in "().")
    if bare.startswith(("+", "00")):
        # Whoever writes the country code knows; no plan that was written down has every new range.
        return _tried(numbering, plain, None) or parse_number(bare)
    if is_scientific(plain) or not bare.isdigit():
        return numbering.parse(plain)
    regions = (country,) if country else _HOMES.get(len(bare), ())
    found = [_tried(numbering, f"+{bare}", None)]
    found += [_tried(numbering, bare, region) for region in regions]
    readings = list(dict.fromkeys(number for number in found if number))
    if country:
        # Of the country that the file names, if any is.
        readings = [r for r in readings if country in numbering.regions(r)] or readings
    if not readings:
        return numbering.parse(bare, country or None)
    if len(readings) > 1:
        raise NumberUnclear(value=shown(text), first=readings[0], second=readings[1])
    return readings[0]


def within(numbering: Numbering, *texts: str) -> str:
    """Return the only number that stands in texts; empty: none, or several."""
    found = {
        number
        for text in texts
        for match in _WITHIN.finditer(text)
        if (number := _plain(numbering, match[0]))
    }
    return found.pop() if len(found) == 1 else ""


def _plain(numbering: Numbering, text: str) -> str:
    try:
        return read_number(numbering, text)
    except (MalformedNumber, NumberUnclear):
        return ""


def _tried(numbering: Numbering, text: str, region: str | None) -> str:
    try:
        return numbering.parse(text, region)
    except MalformedNumber:
        return ""
