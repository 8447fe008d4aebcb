"""Cards, their products and what keeps them, in the reader's words."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from urllib.parse import quote

from babel import dates
from django import template
from django.utils.translation import gettext, ngettext

from baohao.app.kept import plan
from baohao.app.kept.listing import Card
from baohao.app.kept.plan import Plan
from baohao.app.kept.story import Effect, Told
from baohao.core.civil import civil_day
from baohao.core.policy.model import How, Policy
from baohao.core.refusals import Refusal
from baohao.core.upkeep.plan import NothingKeeps, Step
from baohao.web import formats
from baohao.web.accounts.models import Account
from baohao.web.cards import own, sharing, words
from baohao.web.holder.leave import ACCOUNTS
from baohao.web.wording import said

register = template.Library()


@register.filter
def product(policy: Policy) -> str:
    """Say what a product is called."""
    return words.product(policy)


@register.filter
def country(code: str) -> str:
    """Say a country."""
    return formats.country(code)


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
def kept_by(card: Card, reader: Account) -> str:
    """Say whose card it is, as the household calls them; empty: the reader's own."""
    return own.keeper_name(reader, card)


@register.filter
def acted_by(card: Card, reader: Account) -> bool:
    """Whether a reader may take down what is done with a card."""
    return own.may_act(reader, card)


@register.filter
def handed_by(card: Card, reader: Account) -> bool:
    """Whether a reader says who sees a card, and may hand it over."""
    return sharing.is_with_others(reader) and sharing.is_theirs(reader, card)


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


@register.simple_tag
def today_of(card: Card, now: datetime) -> date:
    """Return the day that it is where a card's operator is."""
    return civil_day(now, card.policy.zone)


@register.simple_tag
def to_do(card: Card, made: Plan, step: Step) -> str:
    """Say a step of a plan, with its amount where that is known."""
    return words.to_do(card.policy, step, is_priced=made.knows(step))


@register.simple_tag
def step_day(card: Card, step: Step) -> date:
    """Return the day that a step is for."""
    return plan.day_of(card.policy, step)


@register.simple_tag
def lost_on(card: Card, step: Step) -> date:
    """Return the last good day of a card without a step."""
    return civil_day(step.before - timedelta(microseconds=1), card.policy.zone)


@register.filter
def unplanned(refusal: Refusal) -> str:
    """Say why there is no plan."""
    if isinstance(refusal, NothingKeeps):
        return gettext("By what is known of its rules, nothing more can be planned for it.")
    return said(refusal)


@register.filter
def dial(code: str) -> str:
    """Return a code to dial as an address has it."""
    return quote("".join(each for each in code if not each.isspace()), safe="*+-")


@register.filter
def is_dialled(code: str) -> bool:
    """Whether a code can be dialled as it is, and has no place for somebody's own number."""
    return not any(each.isalpha() for each in code)


@register.filter
def year_of(made: Plan) -> str:
    """Write what a plan costs a year."""
    found = made.found
    return "" if found is None else formats.money(found.year_minor, found.policy.currency)


@register.filter
def thing_said(text: str) -> str:
    """Say something that hangs on a number."""
    return str(ACCOUNTS.get(text, text))


@register.filter
def month(first: date) -> str:
    """Write a month and its year."""
    return dates.format_skeleton("yMMMM", first, locale=formats.locale())


@register.filter
def told(entry: Told) -> str:
    """Say what happened to a card."""
    return words.told(entry)


@register.filter
def moved(effect: Effect | None) -> bool:
    """Whether an act moved a date."""
    return effect is not None and effect.before != effect.after
