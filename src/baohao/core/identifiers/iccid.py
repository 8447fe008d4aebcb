"""
Card numbers: ICCID (ITU-T E.118), and the parts of them that are printed.

An `Iccid` is its canonical text: 19 or 20 digits, `89` first, the Luhn digit last.

Accepted, on the folded text (see `writing`): `ICCID_WRITTEN`, that is 18 to 20 digits and perhaps
the filler F of the card's own file. How many digits say what they are: 20 and 19 are complete, the
last being the check digit; 18 lack it (a complete one has 19 or 20), so it is added. In a file that
says it leaves check digits out, 19 and 18 lack it and 20 is refused: 19 digits alone cannot tell,
since one in ten of them would pass by chance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NewType

from baohao.core.identifiers import macau
from baohao.core.identifiers.luhn import luhn_digit, luhn_remainder
from baohao.core.identifiers.malformed import MalformedIdentifier, digits_fault, shown
from baohao.core.identifiers.writing import LINE_ENDS, fold, where

Iccid = NewType("Iccid", str)

#: A canonical ICCID, but for its Luhn digit.
ICCID = "89[0-9]{17,18}"
#: What is accepted, but for the Luhn digit of the longer ones.
ICCID_WRITTEN = "89[0-9]{16,18}[Ff]?"

LEAST_DIGITS, MOST_DIGITS = 18, 20
# 3 Macau's registration page asks for the 13 digits printed on its cards; below 8 too many match.
PARTIAL_LEAST_DIGITS = 8

_WRITTEN = re.compile("(89[0-9]{16,18})[Ff]?")
_DIGITS = re.compile(f"[0-9]{{{LEAST_DIGITS},{MOST_DIGITS}}}")
_PARTIAL = re.compile(f"([0-9]{{{PARTIAL_LEAST_DIGITS},{LEAST_DIGITS - 1}}})[Ff]?")


class MalformedIccid(MalformedIdentifier):
    """ICCID '{value}' is not valid."""

    code = "malformed.iccid"
    what = "ICCID"


class IccidCharacter(MalformedIccid):
    """ICCID '{value}' is not valid: {character} at index {position} is not a digit."""

    code = "malformed.iccid.character"


class IccidScientific(MalformedIccid):
    """ICCID '{value}' is not valid: a spreadsheet rounded it; format the column as text."""

    code = "malformed.iccid.scientific"


class IccidLength(MalformedIccid):
    """ICCID '{value}' is not valid: {count} digits, 18 to 20 are needed."""

    code = "malformed.iccid.length"


class IccidUncheckedLength(MalformedIccid):
    """ICCID '{value}' is not valid: {count} digits; without its check digit it has 18 or 19."""

    code = "malformed.iccid.unchecked_length"


class IccidPrefix(MalformedIccid):
    """ICCID '{value}' is not valid: it does not begin with 89 (index {position})."""

    code = "malformed.iccid.prefix"


class IccidSwapped(MalformedIccid):
    """ICCID '{value}' is not valid: digits are swapped in pairs, as in the card's own file."""

    code = "malformed.iccid.swapped"


class IccidCheckDigit(MalformedIccid):
    """ICCID '{value}' is not valid: the check digit at index {position} is not {expected}."""

    code = "malformed.iccid.check_digit"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialIccid:
    """Neighbouring digits of an ICCID, as printed on a card: enough to look for one."""

    #: As printed, separators included.
    printed: str
    #: The digits alone, 8 to 17.
    digits: str

    def matches(self, iccid: Iccid) -> bool:
        """Tell whether `iccid` contains these digits, anywhere: issuers print different parts."""
        return self.digits in iccid


def parse_iccid(text: str, *, check_digit_missing: bool = False) -> Iccid:
    """
    Read an ICCID; `check_digit_missing` says that its source leaves the check digits out.

    Refuses with a `MalformedIccid`.
    """
    match = _WRITTEN.fullmatch(text) or _WRITTEN.fullmatch(fold(text))
    if match is None:
        raise _fault(text)
    digits = match[1]
    if check_digit_missing and len(digits) == MOST_DIGITS:
        raise IccidUncheckedLength(
            value=shown(text), position=where(text, MOST_DIGITS - 1), count=MOST_DIGITS
        )
    if check_digit_missing or len(digits) == LEAST_DIGITS:
        return Iccid(digits + luhn_digit(digits))
    if luhn_remainder(digits):
        raise IccidCheckDigit(
            value=shown(text),
            position=where(text, len(digits) - 1),
            expected=luhn_digit(digits[:-1]),
        )
    return Iccid(digits)


def parse_printed_iccid(text: str) -> Iccid | PartialIccid:
    """
    Read what is printed on a card: an ICCID, or 8 to 17 neighbouring digits of one.

    Refuses with a `MalformedIccid`.
    """
    if match := _PARTIAL.fullmatch(fold(text)):
        return PartialIccid(printed=text.strip(LINE_ENDS + " "), digits=match[1])
    return parse_iccid(text)


def iccid_issuer(iccid: Iccid) -> str | None:
    """Return the Macau operator whose head `iccid` bears, None when it is not in the table."""
    return macau.ISSUER_HEADS.get(iccid[:7])


def _fault(text: str) -> MalformedIdentifier:
    plain = fold(text)
    digits = plain[:-1] if plain[-1:] in ("F", "f") else plain
    if not _DIGITS.fullmatch(digits):
        return digits_fault(
            text,
            digits,
            most=MOST_DIGITS,
            scientific=IccidScientific,
            character=IccidCharacter,
            length=IccidLength,
        )
    if digits.startswith("98"):
        return IccidSwapped(value=shown(text), position=where(text, 0))
    return IccidPrefix(value=shown(text), position=where(text, 0 if digits[0] != "8" else 1))
