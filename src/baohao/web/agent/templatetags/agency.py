"""Days by the zone of an agent's operator, what was sold, and what somebody may do."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from babel import dates
from django import template

from baohao.core.agents import Agent
from baohao.web.accounts.doors import may
from baohao.web.accounts.models import Account
from baohao.web.accounts.roles import Act
from baohao.web.agent import rights
from baohao.web.agent.own import zone_of
from baohao.web.templatetags.saying import day, locale, minute
from baohao.web.wording import VERBS

register = template.Library()


@register.filter
def last_day_in(value: str, agent: Agent) -> str:
    """Write the last good day before a deadline."""
    at = datetime.fromisoformat(value) - timedelta(microseconds=1)
    return day(at.astimezone(zone_of(agent)))


@register.filter
def day_in(at: datetime, agent: Agent) -> str:
    """Write the day of an instant."""
    return day(at.astimezone(zone_of(agent)))


@register.filter
def minute_in(at: datetime, agent: Agent) -> str:
    """Write an instant."""
    return minute(at.astimezone(zone_of(agent)))


@register.filter
def month_name(month: str) -> str:
    """Write a month, given as in 2026-11."""
    first = date.fromisoformat(f"{month}-01")
    return str(dates.format_skeleton("yMMMM", first, locale=locale()))


@register.filter
def verb(value: str) -> str:
    """Say what was sold."""
    return str(VERBS.get(value, value))


@register.filter
def may_do(account: Account, what: str) -> bool:
    """Say whether one of an agent's people may do something: "agency" or "files"."""
    if what == "agency":
        return may(account, Act.AGENCY)
    seller = rights.of(account)
    return seller is None or seller.may_send_files
