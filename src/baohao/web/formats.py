"""Money, days, numbers and spans as the reader's locale writes them, with the formats of Macau."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TypeVar

from babel import Locale, dates, numbers
from django.utils.translation import get_language, ngettext

from baohao.core.civil import Span, SpanMalformed, Unit
from baohao.core.kept import number_of
from baohao.core.money import digits_of
from baohao.outside import numbering

#: Django's languages -> Babel's locales.
LOCALES = {"zh-hant": "zh_Hant_MO", "zh-hans": "zh_Hans_MO", "pt": "pt_MO", "en": "en_MO"}
#: Django's languages -> those of receipts.
PAPER = {"zh-hant": "zh-Hant", "zh-hans": "zh-Hans", "pt": "pt", "en": "en"}


T = TypeVar("T")


def in_language(told: Mapping[str, T]) -> T | None:
    """Return what is told in the reader's language, or what is read most easily instead."""
    language = (get_language() or "en").lower()
    base = language.partition("-")[0]
    found = {name.lower(): each for name, each in told.items() if each}
    # The other script of the same language is read more easily than another language.
    alike = [name for name in sorted(found) if name.partition("-")[0] == base]
    best = (language, base, *alike, "", *found)
    return next((found[name] for name in best if name in found), None)


def locale() -> str:
    """Return the locale of the reader."""
    return LOCALES.get(get_language() or "en", "en_MO")


def money(minor: int, currency: str) -> str:
    """Write an amount of minor units."""
    amount = Decimal(minor).scaleb(-digits_of(currency))
    return numbers.format_currency(amount, currency, locale=locale())


def day(value: date | datetime) -> str:
    """Write a day; an instant, by the zone that it carries."""
    return dates.format_date(value, "long", locale=locale())


def minute(value: datetime) -> str:
    """Write an instant by the zone that it carries."""
    there = locale()
    of_day = dates.format_date(value, "medium", locale=there)
    glue = str(dates.get_datetime_format("medium", locale=there))
    return glue.format(clock(value), of_day)


def clock(value: datetime) -> str:
    """
    Write a time of day by the zone that it carries.

    Of 24 hours, as on receipts: deadlines fall on midnight, and few know which 12:00 that is.
    """
    return dates.format_time(value, "HH:mm", tzinfo=value.tzinfo, locale=locale())


def zone(value: datetime) -> str:
    """Name the zone of an instant as every language does: "GMT+8", "GMT+5:30"."""
    minutes = round((value.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"GMT{sign}{hours}" + (f":{rest:02}" if rest else "") if minutes else "GMT"


def place(zone_name: str | tzinfo) -> str:
    """Say where a zone is, as in "Macau"."""
    return dates.get_timezone_location(zone_name, locale=locale(), return_city=True)


#: The country of what is kept by its cycle alone.
NOWHERE = "ZZ"
#: Where people say the place alone, and not whose it is.
_PLACES = {"HK": "Asia/Hong_Kong", "MO": "Asia/Macau"}


def country(code: str) -> str:
    """Say a country, ISO 3166-1 alpha-2; empty: it is none."""
    if code == NOWHERE:
        return ""
    if code in _PLACES:
        return place(_PLACES[code])
    return str(Locale.parse(locale()).territories.get(code, code))


def number(value: str) -> str:
    """Write a number as people in its country group it; of a kept card's key, its number."""
    bare = number_of(value)
    if bare.startswith("+853") and len(bare) == 12:
        return f"+853 {bare[4:8]} {bare[8:]}"
    return numbering.grouped(bare)


def grouped(value: int) -> str:
    """Write a whole number."""
    return numbers.format_decimal(value, locale=locale())


def percent(basis_points: int) -> str:
    """Write a share of ten thousand, as exactly as it is."""
    share = Decimal(basis_points) / 10_000
    return numbers.format_percent(share, locale=locale(), decimal_quantization=False)


def term(text: str) -> str:
    """Say a span, written as in "12 months", in the reader's words; what is none, as it is."""
    try:
        span = Span.parse(text)
    except SpanMalformed:
        return text
    units = {
        Unit.YEAR: ngettext("{n} year", "{n} years", span.count),
        Unit.MONTH: ngettext("{n} month", "{n} months", span.count),
        Unit.WEEK: ngettext("{n} week", "{n} weeks", span.count),
        Unit.DAY: ngettext("{n} day", "{n} days", span.count),
        Unit.HOUR: ngettext("{n} hour", "{n} hours", span.count),
        Unit.MINUTE: ngettext("{n} minute", "{n} minutes", span.count),
    }
    return units[span.unit].format(n=span.count)
