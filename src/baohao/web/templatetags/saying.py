"""Money, days and numbers as the reader's locale writes them, with the formats of Macau."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from babel import dates, numbers
from django import template
from django.utils import timezone
from django.utils.translation import get_language

from baohao.app.glance import Glance
from baohao.core.money import exponent_of, format_minor
from baohao.web import selling, wording
from baohao.web.wording import SERVICES, STAGES

register = template.Library()

#: Django's languages -> Babel's locales.
LOCALES = {"zh-hant": "zh_Hant_MO", "zh-hans": "zh_Hans_MO", "pt": "pt_MO", "en": "en_MO"}


def locale() -> str:
    """Return the locale of the reader."""
    return LOCALES.get(get_language() or "en", "en_MO")


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


@register.filter
def plain(minor: int, currency: str) -> str:
    """Write an amount as it is typed into a field."""
    return format_minor(minor, currency)


@register.filter
def verb(name: str) -> str:
    """Say what was done."""
    return str(wording.VERBS.get(name, name))


@register.filter
def has(posted: Mapping[str, str], name: str) -> bool:
    """Say whether a form was sent with something in a field."""
    return bool(posted.get(name))


@register.filter
def local(value: datetime | None) -> datetime | None:
    """Return an instant by the zone of the page: the operator's, where a page says so."""
    return None if value is None else timezone.localtime(value)


@register.filter
def paid_by(account: str) -> str:
    """Say by which means an account paid."""
    kind = account.partition(":")[0]
    return str(wording.MEANS.get(kind, kind))


@register.filter
def at(mapping: Mapping[str, object], key: str) -> object:
    """Return what a mapping has for a key."""
    return mapping.get(key)


def compact(value: int) -> str:
    """Write a whole number in a few characters, as in "1.2K"."""
    digits = 1 if 1_000 <= value < 10_000 else 0
    return numbers.format_compact_decimal(value, locale=locale(), fraction_digits=digits)


def percent(basis_points: int) -> str:
    """Write a share of ten thousand."""
    return numbers.format_percent(basis_points / 10_000, locale=locale())
