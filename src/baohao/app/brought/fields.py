"""The fields of one card in somebody's file, taken one by one; what is wrong with them is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from baohao.app.brought.amounts import read_amount
from baohao.app.brought.days import civil, read_day
from baohao.app.brought.model import Given
from baohao.app.brought.numbers import read_number
from baohao.app.brought.wrong import EveryMalformed, NumberMissing, Wrong
from baohao.core.civil import ZERO, Span, SpanMalformed
from baohao.core.identifiers.malformed import shown
from baohao.core.refusals import Malformed, Refusal

T = TypeVar("T")

#: No tracker counts further, and no operator.
_EVERY_MAX_DAYS = 3660


class Fields:
    """One card as its file has it."""

    def __init__(self, row: int, said: Mapping[str, object], given: Given) -> None:
        self.row, self.raw, self.given = row, said, given
        self.wrong: list[Wrong] = []

    def text(self, *names: str) -> str:
        """Return the first of some fields that says anything, as text; "": none does."""
        for name in names:
            value = self.raw.get(name)
            if isinstance(value, bool) or value is None:
                continue
            if isinstance(value, str | int | Decimal) and (text := str(value).strip()):
                return text
        return ""

    def lists(self, name: str) -> list[Mapping[str, object]]:
        """Return a field that is a list of objects; empty: it is not."""
        value = self.raw.get(name)
        items = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
        return [item for item in items if isinstance(item, Mapping)]

    def number(self, *names: str, country: str = "") -> str:
        """Return the card's number; "" and a finding where there is none that can be read."""
        text = self.text(*names)
        if not text:
            self.refuse(names[0], "", NumberMissing())
            return ""
        return self._read(names, lambda t: read_number(self.given.numbering, t, country)) or ""

    def day(self, *names: str, is_fatal: bool = True) -> date | None:
        """Return a day; a finding where it is none."""
        order = self.given.order
        return self._read(names, lambda text: read_day(text, order), is_fatal=is_fatal)

    def civil(self, *names: str) -> date | None:
        """Return the day that an instant means; a finding where it is none."""
        return self._read(names, civil)

    def amount(self, *names: str) -> tuple[Decimal, str] | None:
        """Return an amount and its currency; a finding, that is not fatal, where it is none."""
        return self._read(names, read_amount, is_fatal=False)

    def every(self, name: str, unit: str = "day") -> str:
        """Return a cycle as a span; "": none is said, or none that makes sense."""
        text = self.text(name)
        return "" if text in ("", "0") else self.span(name, f"{text} {unit}")

    def span(self, name: str, text: str) -> str:
        """Return a span of time, as in "180 days"; "" and a finding where it is none."""
        try:
            span = Span.parse(text)
        except SpanMalformed:
            span = ZERO
        if 1 <= span.about_days <= _EVERY_MAX_DAYS:
            return str(span)
        self.warn(name, text, EveryMalformed(value=shown(text)))
        return ""

    def country(self, *names: str) -> str:
        """Return a country's code; "": none is said, or it is no code."""
        text = self.text(*names).upper()
        return text if len(text) == 2 and text.isascii() and text.isalpha() else ""

    def refuse(self, column: str, value: str, why: Refusal) -> None:
        """Leave the card out for what stands in a field."""
        self._tell(column, value, why, is_fatal=True)

    def warn(self, column: str, value: str, why: Refusal) -> None:
        """Leave out only what stands in a field."""
        self._tell(column, value, why, is_fatal=False)

    def _tell(self, column: str, value: str, why: Refusal, *, is_fatal: bool) -> None:
        told = shown(value)
        wrong = Wrong(row=self.row, column=column, value=told, refusal=why, is_fatal=is_fatal)
        self.wrong.append(wrong)

    @property
    def is_good(self) -> bool:
        """Whether nothing was found for which the card is left out."""
        return not any(wrong.is_fatal for wrong in self.wrong)

    def _read(
        self, names: Sequence[str], read: Callable[[str], T], *, is_fatal: bool = True
    ) -> T | None:
        for name in names:
            if text := self.text(name):
                try:
                    return read(text)
                except Malformed as refusal:
                    self._tell(name, text, refusal, is_fatal=is_fatal)
                    return None
        return None
