"""
Money: whole minor units and a currency, never a float.

How many digits a currency has after its point is ISO 4217's business (the table below), not how
people happen to write it: rupiah are used whole and still have two digits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from baohao.core.refusals import Malformed


class CurrencyUnknown(Malformed):
    """{currency!r} is not a currency known here: write its ISO 4217 code, as in "MOP"."""

    code = "malformed.currency"


class MoneyMalformed(Malformed):
    """{value!r} is not an amount in {currency}: {reason}."""

    code = "malformed.money"


class SplitImpossible(Malformed):
    """{total} cannot be split by {weights}: no weight may be negative, and one must be above 0."""

    code = "malformed.split"


_WITHOUT_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_WITH_TWO_DIGITS = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP "
    "GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD "
    "LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB "
    "PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP "
    "SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW"
)
_WITH_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"

#: ISO 4217 code -> digits after the point.
EXPONENTS = {
    code: digits
    for digits, codes in ((0, _WITHOUT_DIGITS), (2, _WITH_TWO_DIGITS), (3, _WITH_THREE_DIGITS))
    for code in codes.split()
}

#: ISO 4217's word for no currency: what was paid for the card of an operator of whom nothing is
#: known. It is written down with two digits, and no money is ever moved in it.
NO_CURRENCY = "XXX"
_DIGITS_OF_NONE = 2

_AMOUNT = re.compile(r"(-?)(\d{1,15})(?:\.(\d+))?", re.ASCII)


def exponent_of(currency: str) -> int:
    """Return how many digits `currency` has after the point; raises `CurrencyUnknown`."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise CurrencyUnknown(currency=currency) from None


def digits_of(currency: str) -> int:
    """Return how many digits are written after the point; in none, as in a currency of two."""
    return _DIGITS_OF_NONE if currency == NO_CURRENCY else exponent_of(currency)


def parse_minor(text: str, currency: str) -> int:
    """
    Read an amount exactly, in minor units; raises `MoneyMalformed` or `CurrencyUnknown`.

    >>> parse_minor("50.00", "MOP"), parse_minor("660", "JPY"), parse_minor("1.005", "KWD")
    (5000, 660, 1005)
    """
    exponent = digits_of(currency)
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise MoneyMalformed(value=text, currency=currency, reason=_why_not(text))
    sign, whole, fraction = found[1], found[2], found[3] or ""
    if len(fraction) > exponent:
        digits = "no digits" if exponent == 0 else f"at most {exponent} digits"
        reason = f"{currency} has {digits} after the point"
        raise MoneyMalformed(value=text, currency=currency, reason=reason)
    minor = int(whole + fraction.ljust(exponent, "0"))
    return -minor if sign else minor


def _why_not(text: str) -> str:
    """Say what is wrong with an amount that does not read as one."""
    if not text.strip():
        return "it is empty"
    if "," in text or "'" in text:
        return "write it without separators of thousands and with a point, as in 1000.00"
    if text != text.strip() or " " in text:
        return "it has a space"
    if "e" in text.lower() and text[0].isdigit():
        return "powers of ten are not money"
    if text.isascii() and re.fullmatch(r"-?\d{16,}(\.\d+)?", text):
        return "it has more than 15 digits before the point"
    return "write digits and a point, as in 50.00"


def format_minor(amount_minor: int, currency: str) -> str:
    """
    Write an amount with all the digits of its currency; the inverse of `parse_minor`.

    >>> format_minor(5000, "MOP"), format_minor(-5, "USD"), format_minor(660, "JPY")
    ('50.00', '-0.05', '660')
    """
    exponent = digits_of(currency)
    sign = "-" if amount_minor < 0 else ""
    digits = str(abs(amount_minor)).rjust(exponent + 1, "0")
    if exponent == 0:
        return sign + digits
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}"


def split_minor(total_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """
    Split an amount in proportion to `weights`, to the last minor unit (largest remainder).

    Units left over go to the largest remainders, the earlier part first where they are equal.
    A negative total is split like its positive twin. Raises `SplitImpossible`.

    >>> split_minor(100, [1, 1, 1])
    (34, 33, 33)
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise SplitImpossible(total=total_minor, weights=", ".join(map(str, weights)) or "none")
    if total_minor < 0:
        return tuple(-part for part in split_minor(-total_minor, weights))
    parts = [total_minor * weight // whole for weight in weights]
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(total_minor * weights[i] % whole), i))
    for index in by_remainder[: total_minor - sum(parts)]:
        parts[index] += 1
    return tuple(parts)
