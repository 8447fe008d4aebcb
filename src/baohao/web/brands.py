"""Whose look a page has: that of the operator of the line that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from baohao.outside.kept import Kept
from baohao.web import colours
from baohao.web.house.models import Brand

#: For how long brands are taken as they were read (seconds).
KEPT_S = 5.0
_read: Kept[Mapping[str, Brand]] = Kept(KEPT_S)

_SHEET = """:root {{ --brand: {light}; --on-brand: {on_light}; }}
@media (prefers-color-scheme: dark) {{ :root {{ --brand: {dark}; --on-brand: {on_dark}; }} }}
"""


def known() -> Mapping[str, Brand]:
    """Return every brand by its operator."""
    return _read.get(lambda: {brand.operator: brand for brand in Brand.objects.all()})


def forget() -> None:
    """Read anew next time."""
    _read.forget()


def shown(context: Mapping[str, Any]) -> Brand | None:
    """
    Return whose look a page has.

    It is that of its line, or of all its lines. Where one operator alone has a brand, it is the
    house's, and public pages have it too.
    """
    every = known()
    keys = {each.operator for each in context.get("lines") or () if hasattr(each, "operator")}
    line = context.get("line")
    if line is not None and hasattr(line, "operator"):
        keys = {line.operator}
    if keys:
        return every.get(keys.pop()) if len(keys) == 1 else None
    return next(iter(every.values())) if len(every) == 1 else None


def sheet(brand: Brand) -> str:
    """Return the style sheet of a brand: its colour, and what is written in on it."""
    return _SHEET.format(
        light=brand.light,
        on_light=colours.ink_on(brand.light),
        dark=brand.dark,
        on_dark=colours.ink_on(brand.dark),
    )
