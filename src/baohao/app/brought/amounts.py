"""Amounts of money as people write them, with or without a currency."""

from __future__ import annotations

import re
from decimal import Decimal

from baohao.app.brought.wrong import AmountMalformed, AmountUnclear
from baohao.core.identifiers.malformed import shown
from baohao.core.identifiers.writing import FULL_WIDTH
from baohao.core.money import EXPONENTS

#: "$" and "¥" alone are several countries'.
_SIGNS = {
    "HK$": "HKD",
    "MOP$": "MOP",
    "NT$": "TWD",
    "US$": "USD",
    "S$": "SGD",
    "A$": "AUD",
    "C$": "CAD",
    "RM": "MYR",
    "RP": "IDR",
    "£": "GBP",
    "€": "EUR",
    "₱": "PHP",
    "฿": "THB",
    "₹": "INR",
    "₩": "KRW",
    "元": "",
    "$": "",
    "¥": "",
    "圓": "",
}
_DIGITS = re.compile(r"-?\d[\d.,' ]*", re.ASCII)


def read_amount(text: str) -> tuple[Decimal, str]:
    """
    Read an amount and its currency, empty where none is named.

    Raises `AmountMalformed` and `AmountUnclear`.
    """
    plain = text.translate(FULL_WIDTH).replace("\u00a0", " ").strip().lstrip("'")
    found = _DIGITS.search(plain)
    if found is None:
        raise AmountMalformed(value=shown(text))
    beside = (plain[: found.start()] + " " + plain[found.end() :]).strip()
    return _number(text, found[0].strip(" ,.'")), _currency(text, beside)


def _currency(text: str, beside: str) -> str:
    code = beside.upper().replace(" ", "").rstrip(".")
    if not code or code in EXPONENTS:
        return code
    if code in _SIGNS:
        return _SIGNS[code]
    raise AmountMalformed(value=shown(text))


def _number(text: str, digits: str) -> Decimal:
    bare = digits.replace(" ", "").replace("'", "")
    point, comma = bare.rfind("."), bare.rfind(",")
    if point >= 0 and comma >= 0:
        # The last one is the decimal mark, the other groups thousands.
        group = "," if point > comma else "."
        bare = bare.replace(group, "")
    elif comma >= 0 and len(bare) - comma == 4:
        raise AmountUnclear(value=shown(text))
    bare = bare.replace(",", ".")
    if bare.count(".") > 1:
        raise AmountMalformed(value=shown(text))
    return Decimal(bare)
