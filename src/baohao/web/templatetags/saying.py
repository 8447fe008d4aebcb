"""Money, days and numbers as the reader's locale writes them, with the formats of Macau."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from babel import dates, numbers
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from baohao.app.glance import Glance
from baohao.core.money import format_minor
from baohao.core.operators import Operator
from baohao.web import brands, formats, selling, wording
from baohao.web.house.models import Brand
from baohao.web.notices import about
from baohao.web.vocabulary import GATEWAYS, PAYMENTS, REFUNDS
from baohao.web.wording import SERVICES, STAGES

register = template.Library()


def locale() -> str:
    """Return the locale of the reader."""
    return formats.locale()


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
    return formats.money(minor, currency)


@register.filter
def day(value: date | datetime | str | None) -> str:
    """Write a day; an instant, by the zone that it carries."""
    if not value:
        return "—"
    return formats.day(datetime.fromisoformat(value) if isinstance(value, str) else value)


@register.filter
def minute(value: datetime | str | None) -> str:
    """Write an instant by the zone that it carries, and name that."""
    if not value:
        return "—"
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{formats.minute(at)} {formats.zone(at)}"


@register.filter
def zone(value: datetime | str) -> str:
    """Name the zone that an instant carries, as in "GMT+8"."""
    return formats.zone(datetime.fromisoformat(value) if isinstance(value, str) else value)


@register.filter
def instant(value: datetime) -> SafeString:
    """
    Write an instant by the zone that it carries, which is named; a script puts the reader's own
    beside it where that is another.
    """
    when = f"{day(value)} {formats.clock(value)}"
    where = formats.place(value.tzinfo or UTC)
    return format_html(
        '<time datetime="{}" data-clock="{}">{} ({})</time>',
        *(value.isoformat(), gettext("by your clock"), when, where),
    )


@register.filter
def clock(value: datetime) -> str:
    """Write the time of day by the zone that an instant carries."""
    return formats.clock(value)


@register.filter
def verb(name: str) -> str:
    """Say what was done, or may be bought."""
    return str(wording.VERBS.get(name, name))


@register.filter
def number(value: str) -> str:
    """Write a number as people in its country group it."""
    return formats.number(value)


@register.filter
def digits(value: str) -> str:
    """Write a number as addresses and forms have it."""
    return value.removeprefix("+")


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
    return formats.term(value)


@register.filter
def stage(kind: str) -> str:
    """Say a kind of stage."""
    return str(STAGES.get(kind, kind))


@register.filter
def title(titles: Mapping[str, str]) -> str:
    """Say a title in the reader's language."""
    return selling.title(titles)


@register.filter
def in_language(told: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return what is told in the reader's language; empty: nothing is."""
    return formats.in_language(told) or ()


@register.filter
def titled(named: Any) -> str:
    """Say the title of what has one, and others by language: a policy, a promotion that is told."""
    if isinstance(named, Mapping):
        return selling.title({"": named["title"], **named.get("titles", {})})
    return selling.title({"": named.title, **named.titles})


@register.filter
def named(operator: Operator) -> str:
    """Say what an operator calls itself."""
    return selling.title({"": operator.name, **operator.names})


@register.filter
def stage_name(name: str) -> str:
    """Say what a policy calls a stage."""
    return wording.stage_name(name)


@register.filter
def thing(name: str) -> str:
    """Say what a policy calls a clock, a balance or a charge."""
    return wording.thing(name)


@register.filter
def gateway(name: str) -> str:
    """Say what people call a gateway."""
    return str(GATEWAYS.get(name, name))


@register.filter
def refund_state(name: str) -> str:
    """Say where a refund stands."""
    return str(REFUNDS.get(name, name))


@register.filter
def payment_state(name: str) -> str:
    """Say where a payment stands."""
    return str(PAYMENTS.get(name, name))


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
    return formats.grouped(value)


@register.filter
def way(channel: str) -> str:
    """Say where a person renews."""
    return str(wording.WAYS.get(channel, channel))


@register.filter
def weekday(name: str) -> str:
    """Say a day of the week."""
    return str(wording.DAYS.get(name, name))


@register.filter
def channel(name: str) -> str:
    """Say a channel."""
    return wording.channel(name)


@register.filter
def happened(event: Mapping[str, Any]) -> str:
    """Say what an event of a line's journal brought."""
    return wording.happened(event)


@register.filter
def plain(minor: int, currency: str) -> str:
    """Write an amount as it is typed into a field."""
    return format_minor(minor, currency)


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
    return formats.percent(basis_points)
