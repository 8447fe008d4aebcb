"""
A table of a policy document, read key by key.

Each key is taken by what it should hold; whatever nobody took is unknown and refused by name. A
wrong value is a finding and something harmless is returned in its place: one reading finds every
fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from difflib import SequenceMatcher

from baohao.core.civil import ZERO, Span
from baohao.core.money import format_minor, parse_minor
from baohao.core.policy import findings
from baohao.core.policy.findings import Finding, Place
from baohao.core.refusals import Refusal

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_DOTTED_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_WALL = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)

_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (str, "text"),
    (int, "a whole number"),
    (Decimal, "a number with a point"),
    (float, "a number with a point"),
    (datetime, "an instant"),
    (date, "a date"),
    (time, "a time"),
    (Mapping, "a table"),
    (list, "a list"),
    (type(None), "nothing"),
)


def kind_of(value: object) -> str:
    """Name the type of a value of a document, as people call it."""
    return next((name for kind, name in _TYPES if isinstance(value, kind)), type(value).__name__)


class Reading:
    """One reading of one document: its findings, and what all its tables share."""

    def __init__(self, zone_of: Callable[[str], tzinfo], what: str = "the policy") -> None:
        self.zone_of = zone_of
        #: What the document is, as messages name it.
        self.what = what
        self.findings: list[Finding] = []
        #: In what money is written; set once the document's head is read.
        self.currency = "USD"
        self._tables: list[Table] = []

    def open(self, values: Mapping[str, object], place: Place) -> Table:
        """Begin a table; `close` will ask whether all its keys were taken."""
        table = Table(self, values, place)
        self._tables.append(table)
        return table

    def refuse(self, place: Place, refusal: Refusal, against: Place | None = None) -> None:
        """Note a finding."""
        self.findings.append(Finding(place=place, refusal=refusal, against=against))

    def close(self) -> None:
        """Refuse every key that nobody took."""
        for table in self._tables:
            table.refuse_the_rest()


class Table:
    """One table: see the module."""

    def __init__(self, reading: Reading, values: Mapping[str, object], place: Place) -> None:
        self.reading = reading
        self.place = place
        self._values = values
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    @property
    def where(self) -> str:
        """The table, as people would point at it."""
        return findings.dotted(self.place) or self.reading.what

    def at(self, key: str) -> Place:
        """The place of a key."""
        return (*self.place, key)

    def refuse(self, key: str, refusal: Refusal, against: str | None = None) -> None:
        """Note a finding about a key, and about another key of this table that it contradicts."""
        self.reading.refuse(self.at(key), refusal, None if against is None else self.at(against))

    def refuse_the_rest(self) -> None:
        """Refuse the keys that nobody asked for."""
        for key in self._values:
            if key in self._asked:
                continue
            near = sorted(self._asked, key=lambda k: -SequenceMatcher(None, key, k).ratio())[:5]
            refusal = findings.KeyUnknown(key=key, where=self.where, nearest=", ".join(near))
            self.reading.refuse(self.at(key), refusal)

    def take(self, key: str) -> object:
        """Return what stands under a key, whatever it is; `None` where it is absent."""
        self._asked.add(key)
        return self._values.get(key)

    def wrong(self, key: str, expected: str, value: object, place: Place | None = None) -> None:
        """Note that a value is of the wrong type."""
        refusal = findings.TypeWrong(key=key, expected=expected, found=kind_of(value))
        self.reading.refuse(place or self.at(key), refusal)

    def missing(self, key: str, expected: str) -> None:
        """Note that a key is not there."""
        refusal = findings.KeyMissing(key=key, where=self.where, expected=expected)
        self.reading.refuse(self.place, refusal)

    # --- one value ---------------------------------------------------------------------------

    def text(self, key: str, *, need: bool = False) -> str:
        """Text, empty where it is absent."""
        value = self.take(key)
        if value is None:
            if need:
                self.missing(key, "text")
            return ""
        if not isinstance(value, str) or not value.strip():
            self.wrong(key, "text that is not empty", value)
            return ""
        return value

    def name(self, key: str, *, dots: bool = False, need: bool = True) -> str:
        """A name that other keys can point at."""
        value = self.text(key, need=need)
        if value and not (_DOTTED_NAME if dots else _NAME).fullmatch(value):
            also = ' and "."' if dots else ""
            self.refuse(key, findings.NameMalformed(key=key, value=value, also=also))
        return value

    def word(self, key: str, allowed: Collection[str], default: str | None = None) -> str:
        """One word of several; needed where there is no default."""
        value = self.take(key)
        if value is None:
            if default is None:
                self.missing(key, "one of: " + ", ".join(allowed))
            return default or ""
        self._check_word(key, value, allowed, self.at(key))
        return value if isinstance(value, str) else ""

    def _check_word(self, key: str, value: object, allowed: Collection[str], place: Place) -> None:
        if not isinstance(value, str):
            self.wrong(key, "text", value, place)
        elif value not in allowed:
            listed = ", ".join(allowed)
            refusal = findings.WordUnknown(key=key, value=value, allowed=listed)
            self.reading.refuse(place, refusal)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(key, "true or false", value)
            return default
        return value

    def whole(self, key: str, least: int = 0, most: int = 1_000_000_000) -> int | None:
        """A whole number within bounds."""
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(key, "a whole number", value)
            return None
        if not least <= value <= most:
            refusal = findings.NumberOutOfRange(key=key, value=value, least=least, most=most)
            self.refuse(key, refusal)
            return None
        return value

    def day(self, key: str, *, need: bool = False) -> date | None:
        """A date without a time."""
        value = self.take(key)
        if value is None:
            if need:
                self.missing(key, "a date, as in 2026-03-01")
            return None
        if isinstance(value, datetime) or not isinstance(value, date):
            self.wrong(key, "a date, as in 2026-03-01", value)
            return None
        return value

    def span(self, key: str) -> Span | None:
        """A span of time."""
        value = self.take(key)
        return None if value is None else self.as_span(key, value, self.at(key))

    def need_span(self, key: str) -> Span:
        """A span of time that must be there."""
        if key not in self:
            self.missing(key, 'a span, as in "180 days"')
        return self.span(key) or ZERO

    def as_span(self, key: str, value: object, place: Place) -> Span | None:
        """Read a value as a span."""
        if not isinstance(value, str):
            self.wrong(key, 'a span, as in "180 days"', value, place)
            return None
        try:
            return Span.parse(value)
        except Refusal as refusal:
            self.reading.refuse(place, refusal)
            return None

    def money(self, key: str) -> int | None:
        """An amount, in minor units."""
        value = self.take(key)
        return None if value is None else self.as_money(key, value, self.at(key))

    def need_money(self, key: str) -> int:
        """An amount that must be there, in minor units."""
        if key not in self:
            self.missing(key, 'money as text, as in "50.00"')
        return self.money(key) or 0

    def as_money(self, key: str, value: object, place: Place) -> int | None:
        """Read a value as money, in minor units."""
        if not isinstance(value, str):
            self.wrong(key, 'money as text, as in "50.00"', value, place)
            return None
        try:
            amount_minor = parse_minor(value, self.reading.currency)
        except Refusal as refusal:
            self.reading.refuse(place, refusal)
            return None
        if amount_minor < 0:
            shown = format_minor(amount_minor, self.reading.currency)
            self.reading.refuse(place, findings.AmountNegative(key=key, value=shown))
        return amount_minor

    def wall(self, key: str) -> time | None:
        """A time of day as text."""
        value = self.take(key)
        return None if value is None else self.as_wall(key, value, self.at(key))

    def as_wall(self, key: str, value: object, place: Place) -> time | None:
        """Read a value as a time of day."""
        found = _WALL.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            self.wrong(key, 'a time of day as text, as in "19:59"', value, place)
            return None
        return time(int(found[1]), int(found[2]))

    def zone(self, key: str, name: str) -> tzinfo | None:
        """The zone of that name."""
        try:
            return self.reading.zone_of(name)
        except KeyError:
            self.refuse(key, findings.ZoneUnknown(value=name))
            return None

    # --- several values ----------------------------------------------------------------------

    def items(self, key: str, expected: str) -> list[tuple[Place, object]]:
        """The members of a list, each with its place; a single value is a list of one."""
        value = self.take(key)
        if value is None:
            return []
        if isinstance(value, list):
            if not value:
                self.refuse(key, findings.ListEmpty(key=key))
            return [((*self.at(key), index), item) for index, item in enumerate(value)]
        if isinstance(value, str):
            return [(self.at(key), value)]
        self.wrong(key, expected, value)
        return []

    def words(self, key: str, allowed: Collection[str] | None = None) -> tuple[str, ...]:
        """Words in order, out of `allowed` where that is given; empty where the key is absent."""
        read = []
        for place, item in self.items(key, "a list of texts"):
            if not isinstance(item, str) or not item.strip():
                self.wrong(key, "a list of texts", item, place)
            elif allowed is not None and item not in allowed:
                self._check_word(key, item, allowed, place)
            else:
                read.append(item)
        return tuple(read)

    def word_set(self, key: str, allowed: Collection[str] | None = None) -> frozenset[str] | None:
        """Words without order; `None` where the key is absent."""
        words = self.words(key, allowed)
        return frozenset(words) if key in self else None

    def spans(self, key: str) -> tuple[Span, ...]:
        """Spans in order."""
        items = self.items(key, "a list of spans")
        read = [self.as_span(key, item, place) for place, item in items]
        return tuple(span for span in read if span is not None)

    # --- tables in the table -----------------------------------------------------------------

    def table(self, key: str) -> Table | None:
        """The table under a key."""
        value = self.take(key)
        return None if value is None else self.as_table(key, value, self.at(key))

    def as_table(self, key: str, value: object, place: Place) -> Table | None:
        """Read a value as a table."""
        if not isinstance(value, Mapping):
            self.wrong(key, "a table", value, place)
            return None
        return self.reading.open(value, place)

    def tables(self, key: str) -> list[Table]:
        """The tables of a list of tables."""
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(key, "a list of tables", value)
            return []
        found = [self.as_table(key, item, (*self.at(key), i)) for i, item in enumerate(value)]
        return [table for table in found if table is not None]

    def named(self, key: str) -> list[tuple[str, Table]]:
        """The tables of a table of tables, with their names."""
        table = self.table(key)
        if table is None:
            return []
        read = [(name, table.table(name)) for name in table.free_names()]
        return [(name, found) for name, found in read if found is not None]

    def free_names(self) -> list[str]:
        """All keys, where any key is good; each must be a name."""
        for key in self._values:
            if not _NAME.fullmatch(key):
                self.refuse(key, findings.NameMalformed(key=key, value=key, also=""))
        return list(self._values)
