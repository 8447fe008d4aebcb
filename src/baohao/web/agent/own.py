"""Whose things are shown: an agent's own, and to its sellers nothing of its money."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from functools import partial

from django.http import Http404, HttpRequest
from django.utils.translation import gettext

from baohao.app.agents import customers, statement
from baohao.app.glance import Glance
from baohao.core.agents import Agent
from baohao.core.decide.selling import MoneyShort
from baohao.core.refusals import Refusal
from baohao.web import selling, wording
from baohao.web.accounts.doors import may, signed_in
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk
from baohao.web.templatetags.saying import money
from baohao.web.wording import said

#: Where asks of this room come from.
CHANNEL = "agent"


def agent_of(request: HttpRequest) -> Agent:
    """Return the agent of whoever signed in; raises `Http404` where it is not in the register."""
    found = desk().house.agents.get(signed_in(request).agent)
    if found is None:
        raise Http404
    return found


def own(request: HttpRequest, number: str) -> Glance:
    """
    Return a line of the agent's: a customer's, or a card in its stock.

    Raises `Http404` for any other, whether it is there or not.
    """
    agent = agent_of(request)
    if not desk().read(partial(customers.owns, agent=agent.key, numbers=[number])):
        raise Http404
    found = selling.look(number)
    if found.operator not in agent.operators:
        raise Http404
    return found


def zone_of(agent: Agent) -> tzinfo:
    """Return the zone of the agent's days and months."""
    return statement.zone_of(agent, desk().house.library.operators)


def sees_money(request: HttpRequest) -> bool:
    """Whether somebody may see what is in the float and what is earned."""
    return may(signed_in(request), Act.AGENCY)


def told(request: HttpRequest, refusal: Refusal) -> str:
    """Say a refusal; of the float, sellers learn that it is short, and not what is in it."""
    return short(request, refusal.facts) if isinstance(refusal, MoneyShort) else said(refusal)


def short(request: HttpRequest, facts: Mapping[str, object]) -> str:
    """Say that the float is short; to its owner, by how much."""
    if not sees_money(request):
        return gettext("The float cannot pay for this. Tell whoever looks after it.")
    left, needed = (int(str(facts[name])) for name in ("available_minor", "needed_minor"))
    currency = agent_of(request).currency
    template = gettext("There is {left} left in the float, and {needed} is needed.")
    return template.format(left=money(left, currency), needed=money(needed, currency))


def why(request: HttpRequest, code: str, sentence: str, facts: Mapping[str, object]) -> str:
    """Say why a row is not renewed, from what was kept of its refusal."""
    if code == MoneyShort.code:
        return short(request, facts)
    return wording.sentence(code, sentence, facts)
