"""Money, days and numbers as the reader's locale writes them, with the formats of Macau."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel import dates, numbers
from django import template
from django.utils.translation import get_language

from baohao.app.glance import Glance
from baohao.core.money import exponent_of
from baohao.web import brands, selling, wording
from baohao.web.house.models import Brand
from baohao.web.notices import about
from baohao.web.wording import SERVICES, STAGES

register = template.Library()

#: Django's languages -> Babel's locales.
LOCALES = {"zh-hant": "zh_Hant_MO", "zh-hans": "zh_Hans_MO", "pt": "pt_MO", "en": "en_MO"}


def locale() -> str:
    """Return the locale of the reader."""
    return LOCALES.get(get_language() or "en", "en_MO")


@register.simple_tag(takes_context=True)
def brand(context: Mapping[str, Any]) -> Brand | None:
    """Return whose look the page has."""
    return brands.shown(context)


@register.simple_tag
def offered(brand: Brand | None, languages: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the languages that are offered, in the brand's order."""
    chosen = [] if brand is None else brand.languages
    known = dict(languages)
    return [(code, known[code]) for code in chosen if code in known] or list(languages)


@register.filter
def money(minor: int, currency: str) -> str:
    """Write an amount of minor units."""
    exponent = exponent_of(currency)
    amount = Decimal(minor).scaleb(-exponent)
    return numbers.format_currency(amount, currency, locale=locale())


@register.filter
def day(value: date | datetime | str | None) -> str:
    """Write a day; an instant, by the zone that it carries."""
    if not value:
        return "—"
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return dates.format_date(found, "long", locale=locale())


@register.filter
def minute(value: datetime | str | None) -> str:
    """Write an instant by the zone that it carries."""
    if not value:
        return "—"
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    when = dates.format_datetime(found, "medium", tzinfo=found.tzinfo, locale=locale())
    zone = found.tzname() or ""
    return f"{when} {zone}" if zone[:1].isalpha() else when


@register.filter
def clock(value: datetime) -> str:
    """Write the time of day by the zone that an instant carries."""
    return dates.format_time(value, "short", tzinfo=value.tzinfo, locale=locale())


@register.filter
def verb(name: str) -> str:
    """Say what may be bought."""
    return str(wording.VERBS.get(name, name))


@register.filter
def number(value: str) -> str:
    """Write a number as people in its country group it."""
    if value.startswith("+853") and len(value) == 12:
        return f"+853 {value[4:8]} {value[8:]}"
    return value


@register.filter
def masked(value: str) -> str:
    """Write a number so that its holder knows it, and nobody else."""
    return f"{value[:-6]}•••{value[-3:]}" if len(value) > 8 else value


@register.filter
def last_day(value: str) -> str:
    """Write the last good day before a deadline."""
    return day(datetime.fromisoformat(value) - timedelta(microseconds=1))


@register.filter
def term(value: str) -> str:
    """Say a span, written as in "12 months"."""
    return selling.term(value)


@register.filter
def stage(kind: str) -> str:
    """Say a kind of stage."""
    return str(STAGES.get(kind, kind))


@register.filter
def title(titles: Mapping[str, str]) -> str:
    """Say a title in the reader's language."""
    return selling.title(titles)


@register.filter
def notices(line: Glance) -> list[tuple[str, str, datetime | None]]:
    """Return what concerns a line beside its own dates."""
    return about(line)


@register.filter
def services(line: Glance) -> list[tuple[str, bool]]:
    """Return each service at home, and whether it works."""
    home = line.services.get("home", frozenset())
    return [(str(name), key in home) for key, name in SERVICES.items()]


@register.filter
def short_day(value: date) -> str:
    """Write a day in a few characters, without its year."""
    return dates.format_skeleton("MMMd", value, locale=locale())


@register.filter
def grouped(value: int) -> str:
    """Write a whole number."""
    return numbers.format_decimal(value, locale=locale())


@register.filter
def channel(name: str) -> str:
    """Say a channel."""
    return wording.channel(name)


def compact(value: int) -> str:
    """Write a whole number in a few characters, as in "1.2K"."""
    digits = 1 if 1_000 <= value < 10_000 else 0
    return numbers.format_compact_decimal(value, locale=locale(), fraction_digits=digits)


def percent(basis_points: int) -> str:
    """Write a share of ten thousand."""
    return numbers.format_percent(basis_points / 10_000, locale=locale())
