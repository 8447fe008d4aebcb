"""
What every malformed identifier has in common: which kind it is, what was written, what is wrong,
where.

Each kind of identifier has its own family of refusals, in its own file: a leaf's docstring is the
whole message, and its part after "is not valid: " is also given as the fact `reason`.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from baohao.core.identifiers.writing import fold, where
from baohao.core.refusals import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

#: What is shown of a value: the longest good one (an MRZ apart) has 32 digits and separators.
SHOWN_CHARACTERS = 48

# 8.985301E+18: what a spreadsheet makes of a long number. The digits are gone for good.
_SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")


class MalformedIdentifier(Malformed):
    """{what} '{value}' is not valid: {reason}."""

    code = "malformed.identifier"
    #: The kind of identifier, as the message names it.
    what: ClassVar[str] = "Identifier"

    def __init__(self, **facts: object) -> None:
        """Keep `value` (safe to show), `position` (index in the text as given, or None), others."""
        facts = {"position": None, **facts, "what": self.what}
        words = (type(self).__doc__ or "").strip().rstrip(".")
        prefix = f"{self.what} '{{value}}' is not valid: "
        super().__init__(**{**facts, "reason": words.removeprefix(prefix).format_map(facts)})

    def __reduce__(self) -> tuple[Callable[[], MalformedIdentifier], tuple[()]]:
        # An exception is pickled by its positional arguments, and this one has none.
        return partial(type(self), **self.facts), ()


def shown(text: str) -> str:
    """Return `text` fit for a message or JSON: short, nothing unprintable, no lone surrogates."""
    short = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
    return "".join(c if c.isprintable() else f"<{named(c)}>" for c in short)


def hidden(text: str) -> str:
    """Return the outline of a document: its first character, dots for other letters and digits."""
    rest = text[1 : SHOWN_CHARACTERS + 1]
    return shown(text[:1] + "".join("•" if c.isalnum() else c for c in rest))


def named(character: str) -> str:
    """Return `character` with its code, e.g. ٤ (U+0664): ASCII alone, unprintable by code."""
    if character.isascii() and character.isprintable():
        return character
    code = f"U+{ord(character):04X}"
    return f"{character} ({code})" if character.isprintable() else code


def stray(text: str, plain: str, allowed: str) -> dict[str, object] | None:
    """Return `position` and `character` of the first one in `plain` not allowed, or None."""
    for index, character in enumerate(plain):
        if character not in allowed:
            return {"position": where(text, index), "character": named(character)}
    return None


def is_scientific(text: str) -> bool:
    """Tell whether a spreadsheet turned the digits into a rounded number such as 8.985301E+18."""
    return _SCIENTIFIC.fullmatch(fold(text)) is not None


def digits_fault(
    text: str,
    plain: str,
    *,
    most: int,
    scientific: type[MalformedIdentifier],
    character: type[MalformedIdentifier],
    length: type[MalformedIdentifier],
) -> MalformedIdentifier:
    """Return why `plain`, folded from `text`, is not the right number of digits, at most `most`."""
    if is_scientific(text):
        return scientific(value=shown(text), position=0)
    if found := stray(text, plain, "0123456789"):
        return character(value=shown(text), **found)
    return length(value=shown(text), position=where(text, most), count=len(plain))
