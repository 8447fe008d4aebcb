"""Read what every document begins with: who, where, since when, and how far it can be trusted."""

from __future__ import annotations

import re
from datetime import UTC, date, tzinfo

from baohao.core.money import EXPONENTS, NO_CURRENCY, CurrencyUnknown
from baohao.core.policy.model import Cohort, Source
from baohao.core.policy.table import Table

#: S operator's own page, P press or users, L low quality, M memory, NC not confirmed, U nobody's
#: rule but its keeper's own word, X invented; from the most to the least to be trusted.
CONFIDENCES = ("S", "P", "L", "M", "NC", "U", "X")

_COUNTRY = re.compile(r"[A-Z]{2}")
_NO_DAY = date(1, 1, 1)


def read_zone(table: Table) -> tuple[str, tzinfo]:
    """Read the zone and its name."""
    name = table.text("zone", need=True)
    return name, (table.zone("zone", name) if name else None) or UTC


def read_confidence(table: Table) -> str:
    """Read how far something can be trusted."""
    return table.word("confidence", CONFIDENCES)


def read_currency(table: Table, *, or_none: bool = False) -> str:
    """Read the currency first, in which all money is written; `or_none`: it may be none."""
    currency = table.text("currency", need=True)
    is_known = currency in EXPONENTS or (or_none and currency == NO_CURRENCY)
    if currency and not is_known:
        table.refuse("currency", CurrencyUnknown(currency=currency))
    if is_known:
        table.reading.currency = currency
    return currency


def read_country(table: Table) -> str:
    """Read the country, by ISO 3166."""
    country = table.text("country", need=True)
    if country and not _COUNTRY.fullmatch(country):
        table.wrong("country", 'a country by ISO 3166, as in "MO"', country)
    return country


def read_titles(table: Table) -> dict[str, str]:
    """Read `titles`: language -> title."""
    titles = table.table("titles")
    return {} if titles is None else {name: titles.text(name) for name in titles.free_names()}


def read_effective(table: Table) -> tuple[date, date | None]:
    """Read `effective`: from when, and until when where that is given."""
    effective = table.table("effective")
    if effective is None:
        if "effective" not in table:
            table.missing("effective", "{ from = DATE }")
        return _NO_DAY, None
    return effective.day("from", need=True) or _NO_DAY, effective.day("to")


def read_cohort(table: Table) -> Cohort:
    """Read `cohort`."""
    cohort = table.table("cohort")
    if cohort is None:
        return Cohort()
    activated = cohort.table("activated")
    return Cohort(
        activated_from=None if activated is None else activated.day("from"),
        activated_to=None if activated is None else activated.day("to"),
        plans=cohort.word_set("plans") or frozenset(),
        batches=cohort.word_set("batches") or frozenset(),
        identity=cohort.word_set("identity") or frozenset(),
    )


def read_sources(table: Table) -> tuple[Source, ...]:
    """Read `[[sources]]`."""
    return tuple(
        Source(
            url=source.text("url", need=True),
            checked=source.day("checked", need=True) or _NO_DAY,
            confidence=read_confidence(source),
            quote=source.text("quote"),
        )
        for source in table.tables("sources")
    )
