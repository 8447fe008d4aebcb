"""Cards, their products and what keeps them, in the reader's words."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils.translation import gettext, ngettext

from baohao.app.kept import plan
from baohao.app.kept.listing import Card
from baohao.core.policy.model import How, Policy
from baohao.core.refusals import Refusal
from baohao.core.upkeep.plan import Step
from baohao.web import formats
from baohao.web.cards import words
from baohao.web.wording import said

register = template.Library()


@register.filter
def product(policy: Policy) -> str:
    """Say what a product is called."""
    return words.product(policy)


@register.filter
def country(code: str) -> str:
    """Say a country."""
    return words.country(code)


@register.filter
def flag(code: str) -> str:
    """Return the flag of a country as text."""
    return words.flag(code)


@register.filter
def did(kind: str) -> str:
    """Say what somebody did."""
    return words.did(kind)


@register.filter
def steps(how: How | None) -> tuple[str, ...]:
    """Return what a person does for an act."""
    return words.steps(how)


@register.filter
def called(card: Card) -> str:
    """Say a card as its keeper knows it: by the name that they gave it, or by its number."""
    return card.name or formats.number(card.number)


@register.filter
def days_until(due: date, today: date) -> str:
    """Say how far off a day is."""
    days = (due - today).days
    if days < 0:
        return ngettext("{n} day ago", "{n} days ago", -days).format(n=-days)
    if days == 0:
        return gettext("today")
    return ngettext("{n} day left", "{n} days left", days).format(n=days)


@register.filter
def place(subject: str) -> str:
    """Return a card's key as an id of a page has it."""
    return "".join(each if each.isalnum() else "-" for each in subject)


@register.filter
def to_do(card: Card, step: Step) -> str:
    """Say a step of a plan, with its amount."""
    return words.to_do(card.policy, step)


@register.simple_tag
def step_day(card: Card, step: Step) -> date:
    """Return the day that a step is for."""
    return plan.day_of(card.policy, step)


@register.filter
def refused(refusal: Refusal) -> str:
    """Say why something is not to be had."""
    return said(refusal)
