"""Where people go and what they pay: halls, prices and offers, agents that are genuine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from baohao.app import badges, brochure, halls
from baohao.app.halls import Hall
from baohao.core.agents import Agent
from baohao.core.civil import civil_day
from baohao.core.fees import CHANNELS, FeeSchedule
from baohao.core.operators import Operator
from baohao.core.points import WEEK
from baohao.core.policy.model import Policy
from baohao.web import brands, formats, selling
from baohao.web.accounts.doors import everybody
from baohao.web.desk import desk
from baohao.web.offers import gives, limits
from baohao.web.wording import DAYS, VERBS

#: Agents of a page; the register is read by its names.
PAGE = 50


@everybody
def halls_(request: HttpRequest) -> HttpResponse:
    """List halls by their part of the town: open now, and what is done there."""
    every = desk().read(partial(halls.found, fees=desk().terms.fees))
    district, does = request.GET.get("district", ""), request.GET.get("does", "")
    is_open = request.GET.get("open") == "1"
    shown = [
        each
        for each in every
        if not district or _district(each) == district
        if not does or does in each.does
        if not is_open or each.opening.is_open
    ]
    page = {
        "halls": [_hall(each) for each in sorted(shown, key=_district)],
        "districts": sorted({_district(each) for each in every} - {""}),
        "verbs": [(verb, VERBS[verb]) for verb in VERBS if any(verb in h.does for h in every)],
        "asked": request.GET,
    }
    return render(request, "public/halls.html", page)


@everybody
def prices(request: HttpRequest) -> HttpResponse:
    """List what is sold, at which price, with which fees and offers, from when until when."""
    known = desk().terms.fees
    operators = desk().house.library.operators
    names = {key: _title(operators[key]) for key in sorted(known)}
    key = request.GET.get("operator", "")
    key = key if key in names else next(iter(names), "")
    if not key:
        return render(request, "public/prices.html", {"operators": {}})
    operator = operators[key]
    page = {
        "operators": names,
        "operator": operator,
        "name": names[key],
        "plans": _plans(operator),
        "promotions": _promotions(operator),
        "fees": list(_fees(known[key])),
        "channels": list(CHANNELS[:4]),
        "schedule": known[key],
        "fees_until": _last(known[key].effective_to),
    }
    return render(request, "public/prices.html", page)


@everybody
def agents(request: HttpRequest) -> HttpResponse:
    """Let anybody look an agent up in the register."""
    text = request.GET.get("q", "").strip()[:80]
    active = [each for each in desk().house.agents.values() if each.is_active]
    found = sorted((a for a in active if _is_meant(a, text)), key=lambda each: each.name.lower())
    after = request.GET.get("after", "")
    rest = [each for each in found if (each.name.lower(), each.key) > _key(after)]
    page = {
        "agents": [(each, _sells_for(each)) for each in rest[:PAGE]],
        "next": f"{rest[PAGE - 1].name.lower()}|{rest[PAGE - 1].key}" if len(rest) > PAGE else "",
        "q": text,
    }
    return render(request, "public/agents.html", page)


@everybody
def agent(request: HttpRequest, name: str) -> HttpResponse:
    """Say of one agent whether it sells for us."""
    found = desk().house.agents.get(name)
    if found is None:
        raise Http404
    page = {"agent": found, "sells_for": _sells_for(found)}
    return render(request, "public/agent.html", page)


@everybody
def badge(request: HttpRequest, token: str) -> HttpResponse:
    """Say what a badge that was scanned proves, today."""
    house = desk().house
    found = badges.read(token, house.seals)
    known = None if found is None else house.agents.get(found.agent)
    is_over = found is not None and found.until <= desk().now().date()
    is_good = known is not None and known.is_active and not is_over
    page = {
        "found": found,
        "agent": known,
        "is_over": is_over,
        "is_good": is_good,
        "sells_for": _sells_for(known) if known is not None else [],
    }
    return render(request, "public/badge.html", page, status=200 if is_good else 404)


# --- how ------------------------------------------------------------------------------------------


def _hall(hall: Hall) -> dict[str, Any]:
    point, told = hall.point, hall.point.told
    changes = hall.opening.changes_at
    operator = desk().house.library.operators.get(point.operator)
    return {
        "key": point.key,
        "name": selling.title({"": point.name, **told.names}),
        "operator": "" if operator is None else _title(operator),
        "district": _district(hall),
        "address": selling.title({"": "", **told.addresses}),
        "phone": told.phone,
        "is_open": hall.opening.is_open,
        "changes_at": None if changes is None else changes.astimezone(hall.zone),
        "hours": [(DAYS[day], told.hours.get(day, ())) for day in WEEK] if told.hours else [],
        "does": [VERBS[verb] for verb in hall.does],
        "zone": formats.place(point.zone),
    }


def _district(hall: Hall) -> str:
    return selling.title({"": "", **hall.point.told.districts})


def _title(operator: Operator) -> str:
    look = brands.known().get(operator.key)
    return selling.title({"": operator.name, **operator.names, **(look.names if look else {})})


def _plans(operator: Operator) -> list[dict[str, Any]]:
    """Return what an operator sells, with its policy's days."""
    rules = desk().house.library.policies
    found = desk().read(partial(brochure.plans, rules=rules, operators={operator.key}))
    return [each | _told(rules[each["policy"]]) for each in found]


def _told(policy: Policy) -> dict[str, Any]:
    return {
        "titles": {"": policy.title, **policy.titles},
        "from": policy.effective_from,
        "until": _last(policy.effective_to),
    }


def _promotions(operator: Operator) -> list[dict[str, Any]]:
    library = desk().house.library
    known = partial(
        brochure.promotions, known=library.promotions, operators=frozenset({operator.key})
    )
    today = civil_day(desk().now(), operator.zone)
    return [
        {
            "title": {"": each["title"], **each["titles"]},
            "gives": gives(each),
            "limits": limits(each),
            "starts": each["starts"],
            "last": _last(each["ends"]),
            "runs": each["starts"] <= today,
        }
        for each in desk().read(known)
    ]


def _fees(schedule: FeeSchedule) -> Any:
    """Yield what an act itself costs in each of the places where people come."""
    for verb in halls.FOR_HOLDERS:
        row = [(channel, schedule.fees.get((verb, channel))) for channel in CHANNELS[:4]]
        if any(fee is not None for _, fee in row):
            yield VERBS[verb], row


def _last(day: Any) -> Any:
    return None if day is None else day - timedelta(days=1)


def _is_meant(agent: Agent, text: str) -> bool:
    return text.lower() in agent.name.lower() or text.lower() == agent.key.lower()


def _key(text: str) -> tuple[str, str]:
    name, _, key = text.rpartition("|")
    return name, key


def _sells_for(agent: Agent) -> Sequence[str]:
    operators: Mapping[str, Operator] = desk().house.library.operators
    return [_title(operators[key]) for key in sorted(agent.operators) if key in operators] or [
        gettext("nobody")
    ]
