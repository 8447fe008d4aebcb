"""Amounts of several currencies, fees, acts, and until when a card is safe."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from babel import dates
from django import template
from django.conf import settings

from baohao.app.kept.customers import Customer, Fee
from baohao.app.kept.listing import Card
from baohao.web.customers import papers, room, words
from baohao.web.customers.models import Deed
from baohao.web.templatetags.saying import locale
from baohao.web.vocabulary import HAPPENED

register = template.Library()


@register.filter
def amounts(minor: Mapping[str, int]) -> str:
    """Write amounts of several currencies; of none, nothing."""
    return words.amounts(minor)


@register.filter
def fee(value: Fee) -> str:
    """Write a fee."""
    return words.amounts({value.currency: value.minor})


@register.filter
def tongue(customer: Customer) -> str:
    """Name the language that a customer is written to, in that language."""
    code = words.language(customer)
    return str(dict(settings.LANGUAGES).get(code, code))


@register.filter
def act(kind: str) -> str:
    """Say what was done."""
    return str(HAPPENED.get(kind, kind))


@register.filter
def safe_until(deed: Deed) -> date | None:
    """Return the last day that a card is safe with what was done for it."""
    return papers.safe_until(deed)


@register.filter
def month_name(value: date) -> str:
    """Write a month with its year."""
    return dates.format_skeleton("yMMMM", value, locale=locale())


@register.filter
def is_soon(card: Card, today: date) -> bool:
    """Whether a card is due within the days of the shortest list."""
    return room.is_due(card, today, str(room.AHEAD[0]))
