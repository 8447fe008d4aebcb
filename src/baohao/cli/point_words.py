"""What people write of an issuing point: names and addresses by language, hours by day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import typer

from baohao.core.points import WEEK, Particulars

Words = Sequence[str] | None


def particulars(
    was: Particulars,
    *,
    names: Words,
    addresses: Words,
    hours: Words,
    **texts: str | None,
) -> Particulars:
    """
    Return particulars with what was written; what was not stays, and nothing takes it away.

    Raises `PointMalformed` and `BadParameter`.
    """
    more: dict[str, Any] = {name: text.strip() for name, text in texts.items() if text is not None}
    return replace(
        was,
        names=_by_language(was.names, names, need=True),
        addresses=_by_language(was.addresses, addresses, need=False),
        hours=was.hours if hours is None else dict(_open(hours)),
        **more,
    )


def _by_language(was: Mapping[str, str], words: Words, *, need: bool) -> Mapping[str, str]:
    found = dict(was)
    for word in words or ():
        language, equals, text = word.partition("=")
        # A street may have a sign of its own.
        if not equals or " " in language.strip() or not language.isascii():
            if need:
                raise typer.BadParameter(f"{word!r} has no language: write zh-Hant=NAME")
            language, text = "", word
        found[language.strip()] = text.strip()
    return {language: text for language, text in found.items() if text}


def _open(words: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for word in words:
        if not word.strip():
            continue
        days, _, spans = word.partition("=")
        first, _, last = days.strip().lower().partition("-")
        last = last or first
        if first not in WEEK or last not in WEEK or WEEK.index(first) > WEEK.index(last):
            raise typer.BadParameter(f"{days!r} are no days: write mon, or mon-fri")
        for day in WEEK[WEEK.index(first) : WEEK.index(last) + 1]:
            yield day, tuple(each.strip() for each in spans.split(","))
