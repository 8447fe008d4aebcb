"""Agents: who sells for the operator; let in, put out, and given a first sign-in of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from baohao.app.agents import floats, registry
from baohao.core.agents import Agent
from baohao.core.money import format_minor
from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import workers
from baohao.web.accounts.models import Account
from baohao.web.accounts.roles import Act, Role
from baohao.web.desk import desk
from baohao.web.operator.room import exported, noted, operator_of
from baohao.web.operator.staff import given
from baohao.web.wording import said

HEADINGS = ("agent", "name", "tier", "is_active", "float", "currency")


class Terms(forms.Form):
    """Under which terms an agent sells."""

    name = forms.CharField(max_length=120, label=gettext_lazy("Name, as people know the shop"))
    tier = forms.CharField(
        max_length=32, required=False, label=gettext_lazy("Tier of commission (none: the usual)")
    )
    is_active = forms.BooleanField(required=False, label=gettext_lazy("It sells"))


class New(Terms):
    """An agent that is not there yet."""

    key = forms.CharField(
        max_length=40, label=gettext_lazy('Short name for the books, as in "red-market"')
    )
    field_order = ("key",)


@workers(Act.STAFF)
def listed(request: HttpRequest) -> HttpResponse:
    """List the operator's agents, and let one in; its owner's password is shown once."""
    operator = operator_of(request)
    form = New(request.POST or None, initial={"is_active": True})
    if request.method == "POST" and form.is_valid():
        filled = form.cleaned_data
        try:
            agent = Agent(
                key=filled["key"],
                name=filled["name"],
                operators=frozenset({operator.key}),
                currency=operator.currency,
                tier=filled["tier"],
                is_active=filled["is_active"],
            )
            return _let_in(request, agent)
        except Refusal as refusal:
            form.add_error(None, said(refusal))
    page = {"agents": list(_floats(request)), "form": form, "currency": operator.currency}
    return render(request, "operator/agents.html", page)


@workers(Act.STAFF)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the list as a file."""
    noted(request, "export", "agents")
    rows = (
        (a.key, a.name, a.tier, a.is_active, format_minor(balance, a.currency), a.currency)
        for a, balance in _floats(request)
    )
    return exported("agents", HEADINGS, rows)


@workers(Act.STAFF)
def one(request: HttpRequest, name: str) -> HttpResponse:
    """Change an agent's terms, or put it out; of one that sells for others too, only the latter."""
    operator, agent = operator_of(request), _own(request, name)
    is_ours = agent.operators == {operator.key}
    first = {"name": agent.name, "tier": agent.tier, "is_active": agent.is_active}
    form = Terms(request.POST if is_ours and request.method == "POST" else None, initial=first)
    changed = agent
    if request.method == "POST" and not is_ours:
        changed = replace(agent, operators=agent.operators - {operator.key})
    if request.method == "POST" and (not is_ours or form.is_valid()):
        try:
            changed = replace(agent, **form.cleaned_data) if is_ours else changed
            known = desk().house.library.operators
            desk().shell.run(partial(registry.change, agent=changed, operators=known))
            desk().house.meet(changed)
            noted(request, "change", agent.key, changed.name)
            return redirect("console_agents")
        except Refusal as refusal:
            form.add_error(None, said(refusal))
    page = {"agent": agent, "form": form, "is_ours": is_ours}
    return render(request, "operator/agent.html", page)


def _let_in(request: HttpRequest, agent: Agent) -> HttpResponse:
    known = desk().house.library.operators
    is_new = desk().shell.run(partial(registry.add, agent=agent, operators=known))
    if not is_new:
        return redirect("console_agents")
    desk().house.meet(agent)
    noted(request, "add", agent.key, agent.name)
    owner = Account(name=f"{agent.key}.owner", title=agent.name[:80], role=Role.OWNER)
    owner.agent = agent.key
    page = {"account": owner, "word": given(owner), "back": "console_agents"}
    return render(request, "operator/password.html", page)


def _floats(request: HttpRequest) -> Iterator[tuple[Agent, int]]:
    key = operator_of(request).key
    agents = [a for a in desk().read(registry.known).values() if key in a.operators]
    for agent in sorted(agents, key=lambda each: (not each.is_active, each.name.lower())):
        yield agent, desk().read(partial(floats.float_now, agent=agent)).balance_minor


def _own(request: HttpRequest, name: str) -> Agent:
    """Return an agent of the reader's operator; raises `Http404` for any other."""
    found = desk().read(registry.known).get(name)
    if found is None or operator_of(request).key not in found.operators:
        raise Http404
    return found
