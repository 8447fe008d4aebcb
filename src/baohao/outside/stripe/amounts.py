"""
How Stripe writes amounts: whole numbers, in most currencies of the units that ISO 4217 has.

Where it has others is in its page of currencies: ariary are whole, króna have two digits that must
be zeros, and the last of three digits must be one. Of shillings of Uganda it says two things.
https://docs.stripe.com/currencies#minor-units
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from baohao.core.money import EXPONENTS

#: Theirs, where it is not ours.
_DIGITS = {"MGA": 0, "ISK": 2}
#: Listed as without digits and, for compatibility, as with two: a hundred times too much or little.
_UNCLEAR = frozenset({"UGX"})
#: More than they take of any currency; longer numbers are none.
_MOST = 10**14


def written(amount_minor: int, currency: str) -> int | None:
    """Return an amount as they write it; `None`: they do not take it so."""
    digits = _digits(currency)
    if digits is None:
        return None
    amount = _scaled(amount_minor, digits - EXPONENTS[currency])
    if amount != int(amount) or (digits == 3 and amount % 10):
        return None
    return int(amount)


def read(amount: int, currency: str, *, is_rounded: bool = False) -> tuple[int, str] | None:
    """Return what they wrote, in our minor units, and the currency's code; `None`: it is none."""
    ours = currency.upper()
    digits = _digits(ours)
    if digits is None or not -_MOST < amount < _MOST:
        return None
    minor = _scaled(amount, EXPONENTS[ours] - digits)
    whole = int(minor.to_integral_value(ROUND_HALF_EVEN))
    return (whole, ours) if whole == minor or is_rounded else None


def _digits(currency: str) -> int | None:
    if currency in _UNCLEAR or currency not in EXPONENTS:
        return None
    return _DIGITS.get(currency, EXPONENTS[currency])


def _scaled(amount: int, by: int) -> Decimal:
    return Decimal(amount).scaleb(by)
