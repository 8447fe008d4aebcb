"""Read what an act does to a clock: bases, terms, caps, windows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from baohao.core.civil import ZERO, Span
from baohao.core.policy import findings
from baohao.core.policy.findings import Place
from baohao.core.policy.table import Table
from baohao.core.policy.terms import (
    Base,
    Bought,
    BySku,
    CalendarEnd,
    Cap,
    Extension,
    Fixed,
    PerUnit,
    Term,
    Tiers,
    UntilDate,
    Window,
)

_UNTIL = re.compile(r"until (\d{4}-\d{2}-\d{2})", re.ASCII)
_BASES = tuple(base.value for base in Base)
_NOTHING = Fixed(ZERO)
_TERM = 'a span, "bought", "until 2027-03-31", "end of month", "end of year", or a table'


def extensions(table: Table, key: str) -> tuple[Extension, ...]:
    """Read a list of extensions."""
    return tuple(_extension(item) for item in table.tables(key))


def _extension(table: Table) -> Extension:
    base = table.word("base", _BASES)
    cap = table.table("cap")
    window = table.table("window")
    return Extension(
        clock=table.name("clock"),
        base=Base(base) if base in _BASES else Base.RESET,
        term=_term(table),
        product=table.name("product", need=False) or None,
        cap=None if cap is None else _cap(cap),
        never_shorten=table.flag("never_shorten"),
        window=None if window is None else _window(window),
    )


def _term(table: Table) -> Term:
    value = table.take("term")
    if isinstance(value, str):
        return _term_word(table, value)
    if value is None:
        table.missing("term", _TERM)
        return _NOTHING
    if not isinstance(value, Mapping):
        table.wrong("term", _TERM, value)
        return _NOTHING
    term = table.reading.open(value, table.at("term"))
    shapes = [shape for shape in ("tiers", "per", "sku") if term.take(shape) is not None]
    if len(shapes) > 1:
        why = "a term has one shape"
        first, second, *_ = shapes
        term.refuse(first, findings.KeysTogether(first=first, second=second, why=why), second)
    if "tiers" in term:
        return _tiers(term)
    if "sku" in term:
        return _by_sku(term)
    return _per_unit(term)


def _term_word(table: Table, value: str) -> Term:
    if value == "bought":
        return Bought()
    if value in ("end of month", "end of year"):
        return CalendarEnd(value.removeprefix("end of "))
    found = _UNTIL.fullmatch(value)
    if found is not None:
        try:
            return UntilDate(date.fromisoformat(found[1]))
        except ValueError:
            table.refuse("term", findings.DayImpossible(value=found[1]))
            return _NOTHING
    return Fixed(table.as_span("term", value, table.at("term")) or ZERO)


def _per_unit(table: Table) -> PerUnit:
    return PerUnit(unit_minor=table.need_money("per"), gives=table.need_span("gives"))


def _by_sku(table: Table) -> BySku:
    skus = table.table("sku")
    if skus is None:
        return BySku(())
    return BySku(tuple((sku, skus.need_span(sku)) for sku in skus.free_names()))


def _tiers(table: Table) -> Tiers:
    by = table.word("by", ("amount", "resulting_balance", "remaining_balance"), "amount")
    value = table.take("tiers")
    if not isinstance(value, list) or not value:
        table.wrong("tiers", 'a list of pairs, as in [["50.00", "210 days"]]', value)
        return Tiers((), by)
    steps = (_step(table, item, (*table.at("tiers"), index)) for index, item in enumerate(value))
    return Tiers(tuple(step for step in steps if step is not None), by)


def _step(table: Table, item: object, place: Place) -> tuple[int, Span | PerUnit] | None:
    if not isinstance(item, list) or len(item) != 2:
        expected = 'pairs of an amount and a span, as in ["50.00", "210 days"]'
        table.wrong("tiers", expected, item, place)
        return None
    least = table.as_money("tiers", item[0], (*place, 0))
    gives: Span | PerUnit | None
    if isinstance(item[1], Mapping):
        gives = _per_unit(table.reading.open(item[1], (*place, 1)))
    else:
        gives = table.as_span("tiers", item[1], (*place, 1))
    return None if least is None or gives is None else (least, gives)


def _cap(table: Table) -> Cap:
    cap = Cap(
        max=table.span("max"),
        origin=table.word("from", ("event", "activation"), "event"),
        until=table.day("until"),
        per_event=table.span("per_event"),
        excess=table.word("excess", ("truncate", "reject", "queue"), "truncate"),
    )
    if not any(key in table for key in ("max", "until", "per_event")):
        table.missing("max", 'a span, as in "365 days" (or `until` a date, or `per_event`)')
    return cap


def _window(table: Table) -> Window:
    if "earliest" not in table and "latest" not in table:
        table.missing("earliest", 'a span, as in "30 days" (or `latest`)')
    return Window(earliest=table.span("earliest"), latest=table.span("latest"))
