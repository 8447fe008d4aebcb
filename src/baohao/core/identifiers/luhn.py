"""
The check digit of ICCIDs and IMEIs (ISO/IEC 7812-1 annex B, "Luhn").

From the right, every second digit counts as `DOUBLED` says, the others as they are; the sum ends in
0.
"""

from __future__ import annotations

#: What a digit at an even place from the right counts: its double, digits summed.
DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

_DOUBLED = bytes.maketrans(b"0123456789", "".join(map(str, DOUBLED)).encode())


def luhn_remainder(digits: str) -> int:
    """Return the weighted sum modulo 10 of ASCII `digits`, the check digit last."""
    code = digits.encode()
    # Sums over bytes run in C; each byte is its digit plus 48.
    return (sum(code[-1::-2]) + sum(code[-2::-2].translate(_DOUBLED)) - 48 * len(code)) % 10


def luhn_digit(body: str) -> str:
    """Return the check digit to write behind `body`, ASCII digits."""
    return str(-luhn_remainder(body + "0") % 10)
