"""
Example histories of a policy: what was done on which day, and what is true then by the source.

They are no rules. Whoever writes a policy works them out by hand, and `app/judging.py` plays them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from baohao.core.policy.findings import Place
from baohao.core.policy.table import Table

#: What may be expected of a day, and what it takes.
FACTS = ("stage", "kept", "safe_until", "service_until", "clocks", "balances")
#: Those that are a last good day, or two where the sources leave it open.
DAYS = frozenset({"safe_until", "service_until"})
#: What has no end.
NEVER = "never"

_DAY = 'a date, as in 2026-03-01, "never", or { earliest = ..., latest = ... }'


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is true on one day."""

    place: Place
    #: A day, or an instant; without an offset by clocks in the policy's zone.
    at: date
    #: fact -> its value as it is written.
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One history."""

    place: Place
    title: str
    #: Acts as `policy play` takes them; a day alone is its morning.
    history: tuple[Mapping[str, object], ...]
    expected: tuple[Expected, ...]


def examples(table: Table) -> tuple[Example, ...]:
    """Read `[[examples]]`."""
    return tuple(_example(each) for each in table.tables("examples"))


def _example(table: Table) -> Example:
    for key in ("history", "expect"):
        if key not in table:
            table.missing(key, "a list of tables")
    return Example(
        place=table.place,
        title=table.text("title", need=True),
        history=_history(table),
        expected=tuple(_expected(each) for each in table.tables("expect")),
    )


def _history(table: Table) -> tuple[Mapping[str, object], ...]:
    found: list[Mapping[str, object]] = []
    for place, item in table.items("history", "a list of tables"):
        if isinstance(item, Mapping):
            found.append(item)
        else:
            table.wrong("history", "a list of tables", item, place)
    return tuple(found)


def _expected(table: Table) -> Expected:
    at = table.take("at")
    if at is None:
        table.missing("at", "a date or an instant")
    elif not isinstance(at, date):
        table.wrong("at", "a date or an instant", at)
    facts: dict[str, object] = {}
    for name in FACTS:
        value = table.take(name)
        if value is not None:
            facts[name] = value
            _check(table, name, value)
    if not facts:
        table.missing(FACTS[0], "what is true then, or one of: " + ", ".join(FACTS[1:]))
    return Expected(place=table.place, at=at if isinstance(at, date) else date.min, facts=facts)


def _check(table: Table, name: str, value: object) -> None:
    if name == "kept" and not isinstance(value, bool):
        table.wrong(name, "true or false", value)
    elif name == "stage" and not _is_words(value):
        table.wrong(name, "the name of a stage, or a list of them", value)
    elif name in DAYS and not _is_day(value):
        table.wrong(name, _DAY, value)
    elif name == "clocks" and not (
        isinstance(value, Mapping) and all(map(_is_day, value.values()))
    ):
        table.wrong(name, f"a table of {_DAY}", value)
    elif name == "balances" and not (isinstance(value, Mapping) and _is_words([*value.values()])):
        table.wrong(name, 'a table of money as text, as in "50.00"', value)


def _values(value: object) -> list[object]:
    """Return what a table holds; of what is no table, something that nothing fits."""
    return list(value.values()) if isinstance(value, Mapping) else [None]


def _is_words(value: object) -> bool:
    words = value if isinstance(value, list) else [value]
    return all(isinstance(word, str) for word in words)


def _is_day(value: object) -> bool:
    if isinstance(value, Mapping):
        return value.keys() == {"earliest", "latest"} and all(map(_is_day, value.values()))
    return value == NEVER or isinstance(value, date)
