"""Contrast of colours, as WCAG 2.2 measures it."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
#: What text needs to be read.
AA = 4.5
#: The grounds of the style sheet on which links and buttons stand, light and dark.
LIGHT, DARK = ("#ffffff", "#f4f6f5"), ("#1b211f", "#111514")
_INKS = ("#ffffff", "#06140e")


def is_colour(text: str) -> bool:
    """Whether a text is a colour, as in "#0b6e4f"."""
    return _COLOUR.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """
    Return the contrast of two colours, from 1 to 21.

    >>> round(contrast("#000000", "#ffffff"), 1), round(contrast("#777777", "#ffffff"), 2)
    (21.0, 4.48)
    """
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def least(colour: str, grounds: tuple[str, ...]) -> float:
    """Return the least contrast of a colour with some grounds."""
    return min(contrast(colour, ground) for ground in grounds)


def ink_on(colour: str) -> str:
    """Return what is written in on a colour: the one of ours that is read best."""
    return max(_INKS, key=lambda ink: contrast(ink, colour))


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
