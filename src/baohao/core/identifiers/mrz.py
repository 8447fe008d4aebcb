"""
Machine-readable zones of passports (TD3) and cards (TD1, TD2): ICAO Doc 9303 parts 4 to 6.

Accepted: 88 (2 x 44), 90 (3 x 30) or 72 (2 x 36) characters of A to Z in any case, 0 to 9 and the
filler `<`, full-width forms included; blanks and line ends vanish wherever they stand. Every check
digit must hold, the composite included. Visas (V) have another layout and are refused; so are
one-line zones such as the Exit-Entry permit's, which are not ICAO's.

Years have two digits. A birth is the latest such day not after `read_on`, the day of reading; an
expiry the day nearest to it. Dates with unknown parts (fillers) are None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from baohao.core.identifiers.document import DocumentKind, HolderDocument, Sex
from baohao.core.identifiers.malformed import MalformedIdentifier, hidden, named
from baohao.core.identifiers.writing import FULL_WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable

_VALUES = {c: i for i, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}
_WEIGHTS = (7, 3, 1)
_BLANKS = " \t\r\n\u00a0\u3000"

_COUNTRY = re.compile("[A-Z]{1,3}<*")
_DATE = re.compile("[0-9]{6}|[0-9]{4}<<|[0-9]{2}<{4}|<{6}")
_DIGIT = re.compile("[0-9]")
_SEXES = {"F": Sex.FEMALE, "M": Sex.MALE, "<": Sex.UNSPECIFIED, "X": Sex.UNSPECIFIED}
# The one issuer whose ICAO code is not its ISO 3166-1 code.
_ISO = {"D": "DEU"}


class MalformedMrz(MalformedIdentifier):
    """MRZ '{value}' is not valid."""

    code = "malformed.mrz"
    what = "MRZ"


class MrzCharacter(MalformedMrz):
    """MRZ '{value}' is not valid: {character} cannot stand at index {position}."""

    code = "malformed.mrz.character"


class MrzLength(MalformedMrz):
    """MRZ '{value}' is not valid: {count} characters; 88, 90 or 72 are needed."""

    code = "malformed.mrz.length"


class MrzType(MalformedMrz):
    """MRZ '{value}' is not valid: no such document (index {position})."""

    code = "malformed.mrz.type"


class MrzCountry(MalformedMrz):
    """MRZ '{value}' is not valid: no {field} at index {position}."""

    code = "malformed.mrz.country"


class MrzNumber(MalformedMrz):
    """MRZ '{value}' is not valid: no document number at index {position}."""

    code = "malformed.mrz.number"


class MrzDate(MalformedMrz):
    """MRZ '{value}' is not valid: no such day ({field}) at index {position}."""

    code = "malformed.mrz.date"


class MrzSex(MalformedMrz):
    """MRZ '{value}' is not valid: index {position} is not F, M, X or <."""

    code = "malformed.mrz.sex"


class MrzName(MalformedMrz):
    """MRZ '{value}' is not valid: no name at index {position}."""

    code = "malformed.mrz.name"


class MrzCheckDigit(MalformedMrz):
    """MRZ '{value}' is not valid: the check digit of {field} at index {position} does not hold."""

    code = "malformed.mrz.check_digit"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Where the fields are in the joined lines. A field's check digit follows it at once."""

    kind: DocumentKind
    #: First characters of the document types that have this layout.
    types: str
    names: slice
    number: slice
    nationality: slice
    birth: slice
    sex: int
    expiry: slice
    optional: slice
    #: Whether the optional field has a check digit of its own.
    optional_checked: bool
    #: What the composite check digit covers, and where it stands.
    composed: tuple[slice, ...]
    composite: int


_LAYOUTS = {
    88: _Layout(
        kind=DocumentKind.PASSPORT,
        types="P",
        names=slice(5, 44),
        number=slice(44, 53),
        nationality=slice(54, 57),
        birth=slice(57, 63),
        sex=64,
        expiry=slice(65, 71),
        optional=slice(72, 86),
        optional_checked=True,
        composed=(slice(44, 54), slice(57, 64), slice(65, 87)),
        composite=87,
    ),
    90: _Layout(
        kind=DocumentKind.TRAVEL_CARD,
        types="ACI",
        names=slice(60, 90),
        number=slice(5, 14),
        nationality=slice(45, 48),
        birth=slice(30, 36),
        sex=37,
        expiry=slice(38, 44),
        optional=slice(15, 30),
        optional_checked=False,
        composed=(slice(5, 30), slice(30, 37), slice(38, 45), slice(48, 59)),
        composite=59,
    ),
    72: _Layout(
        kind=DocumentKind.TRAVEL_CARD,
        types="ACI",
        names=slice(5, 36),
        number=slice(36, 45),
        nationality=slice(46, 49),
        birth=slice(49, 55),
        sex=56,
        expiry=slice(57, 63),
        optional=slice(64, 71),
        optional_checked=False,
        composed=(slice(36, 46), slice(49, 56), slice(57, 71)),
        composite=71,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Zone:
    """A zone of the right length, being read; its methods refuse with the place in the text."""

    #: As given.
    text: str
    #: The lines joined, in capitals.
    joined: str
    #: Index in `text` of each character of `joined`.
    places: list[int]
    layout: _Layout

    def refuse(self, kind: type[MalformedMrz], index: int, **facts: object) -> MalformedMrz:
        return kind(value=hidden(self.text), position=self.places[index], **facts)

    def check(self, covered: str, index: int, field: str) -> None:
        if self.joined[index] != mrz_check_digit(covered):
            raise self.refuse(MrzCheckDigit, index, field=field)

    def number(self) -> str:
        """Return the number; one longer than nine characters goes on in the optional field."""
        place = self.layout.number
        number, check_at = self.joined[place], place.stop
        rest = self.joined[self.layout.optional].partition("<")[0]
        if self.joined[check_at] == "<" and not self.layout.optional_checked and len(rest) > 1:
            number, check_at = number + rest[:-1], self.layout.optional.start + len(rest) - 1
        self.check(number, check_at, "document number")
        if not number.strip("<"):
            raise self.refuse(MrzNumber, place.start)
        return number.replace("<", "")

    def check_rest(self) -> None:
        """Check what the fields' own digits leave: an optional field in use, and the composite."""
        place = self.layout.optional
        optional = self.joined[place]
        # An empty field goes with or without its check digit.
        if self.layout.optional_checked and (optional.strip("<") or self.joined[place.stop] != "<"):
            self.check(optional, place.stop, "personal number")
        composed = "".join(self.joined[part] for part in self.layout.composed)
        self.check(composed, self.layout.composite, "whole zone")

    def country(self, place: slice, field: str) -> str:
        code = self.joined[place]
        if not _COUNTRY.fullmatch(code):
            raise self.refuse(MrzCountry, place.start, field=field)
        code = code.rstrip("<")
        return _ISO.get(code, code)

    def day(self, place: slice, field: str, choose: Callable[[list[date]], date]) -> date | None:
        """Return the day that `choose` takes from those with these two digits of a year."""
        digits = self.joined[place]
        if not _DATE.fullmatch(digits):
            raise self.refuse(MrzDate, place.start, field=field)
        self.check(digits, place.stop, field)
        if "<" in digits:
            return None
        days = _days(digits)
        if not days:
            raise self.refuse(MrzDate, place.start, field=field)
        return choose(days)

    def sex(self) -> Sex:
        if self.joined[self.layout.sex] not in _SEXES:
            raise self.refuse(MrzSex, self.layout.sex)
        return _SEXES[self.joined[self.layout.sex]]

    def names(self) -> tuple[str, str]:
        place = self.layout.names
        # Names have no check digit, but a digit among them is a letter misread.
        if misread := _DIGIT.search(self.joined, place.start, place.stop):
            raise self.refuse(MrzName, misread.start())
        surname, _, given = self.joined[place].partition("<<")
        if not surname.strip("<"):
            raise self.refuse(MrzName, place.start)
        return surname.replace("<", " ").strip(), given.replace("<", " ").strip()


def parse_mrz(text: str, *, read_on: date) -> HolderDocument:
    """
    Read a zone as scanned or typed, its lines joined or apart.

    `read_on` is the day of reading, which settles the centuries. An expired document is read too.

    Refuses with a `MalformedMrz`.
    """
    zone = _zone(text)
    layout = zone.layout
    surname, given_names = zone.names()
    document = HolderDocument(
        kind=layout.kind,
        country=zone.country(slice(2, 5), "issuer"),
        number=zone.number(),
        birth_date=zone.day(
            layout.birth,
            "birth",
            lambda days: max((d for d in days if d <= read_on), default=days[0]),
        ),
        expires_on=zone.day(
            layout.expiry, "expiry", lambda days: min(days, key=lambda d: abs(d - read_on))
        ),
        sex=zone.sex(),
        nationality=zone.country(layout.nationality, "nationality"),
        surname=surname,
        given_names=given_names,
    )
    zone.check_rest()
    return document


def mrz_check_digit(covered: str) -> str:
    """Return the check digit of capitals, digits and fillers: weights 7, 3, 1, modulo 10."""
    return str(sum(_VALUES[c] * _WEIGHTS[i % 3] for i, c in enumerate(covered)) % 10)


def _zone(text: str) -> _Zone:
    places = [i for i, c in enumerate(text) if c not in _BLANKS]
    plain = "".join(text[i] for i in places).translate(FULL_WIDTH)
    for index, character in enumerate(plain):
        # Before capitals are made: the long s and the dotless i would turn into good letters.
        if not character.isascii() or character.upper() not in _VALUES:
            raise MrzCharacter(
                value=hidden(text), position=places[index], character=named(character)
            )
    joined = plain.upper()
    if len(joined) not in _LAYOUTS:
        raise MrzLength(value=hidden(text), position=None, count=len(joined))
    zone = _Zone(text=text, joined=joined, places=places, layout=_LAYOUTS[len(joined)])
    if joined[0] not in zone.layout.types:
        raise zone.refuse(MrzType, 0)
    return zone


def _days(digits: str) -> list[date]:
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    days = []
    for century in (1900, 2000, 2100):
        try:
            days.append(date(century + year, month, day))
        except ValueError:
            # 29 February may exist in one century only.
            continue
    return days
