"""Policies and promotions: what is in force, a policy played on sample lines, and its drawing."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from baohao.app import brochure, publishing, rehearsal, whatif
from baohao.app.drawing_svg import as_svg
from baohao.app.rehearsal import Sample
from baohao.core.civil import civil_day
from baohao.core.line.life import life
from baohao.core.policy.model import Policy
from baohao.web import selling
from baohao.web.accounts.doors import workers
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk
from baohao.web.offers import gives, limits
from baohao.web.operator.room import day_in, operator_of
from baohao.web.wording import SERVICES

#: What a picture may do: carry its own looks, and nothing else.
PICTURE = {"default-src": ["'none'"], "style-src": ["'unsafe-inline'"]}
#: Lines that are played through a change; shares are known to three in a hundred.
SAMPLE = 1_000
#: How many differences in days are shown, those of the most lines.
MOST = 12


@workers(Act.CONSOLE)
def listed(request: HttpRequest) -> HttpResponse:
    """List every version of the operator's policies, and its promotions."""
    operator, library = operator_of(request), desk().house.library
    today = civil_day(desk().now(), operator.zone)
    found = sorted(_mine(request), key=lambda p: (p.name, p.effective_from), reverse=True)
    known = partial(brochure.promotions, known=library.promotions, operators={operator.key})
    texts = desk().read(partial(publishing.listed, operator=operator.key))
    page = {
        "texts": [(each, each.made_at.astimezone(operator.zone)) for each in texts],
        "policies": [(policy, _standing(policy, today)) for policy in found],
        "promotions": [(each, gives(each), limits(each)) for each in desk().read(known)],
        "today": today,
    }
    return render(request, "operator/policies.html", page)


@workers(Act.CONSOLE)
def one(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """Show one version: its drawing, sample lives under it, what moving lines to it would do."""
    policy = _own(request, name, version)
    today = civil_day(desk().now(), policy.zone)
    begins = day_in(request, "begins") or max(today, policy.effective_from)
    others = [each for each in _mine(request) if _is_beside(each, policy)]
    page = {
        "policy": policy,
        "standing": _standing(policy, today),
        "begins": begins,
        "samples": [(said_of(each), each) for each in rehearsal.rehearsed(policy, begins)],
        "others": others,
        "services": SERVICES,
        "change": _change(request, policy, others),
        "from_pin": request.GET.get("from", ""),
    }
    return render(request, "operator/policy.html", page)


@workers(Act.CONSOLE)
def drawing(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """Give the drawing of a version; it has its looks in itself, as a picture may."""
    policy = _own(request, name, version)
    lived = life(policy, brochure.morning(policy, policy.effective_from))
    response = HttpResponse(as_svg(policy, lived), content_type="image/svg+xml")
    response._csp_config = PICTURE  # type: ignore[attr-defined]
    return response


def said_of(sample: Sample) -> str:
    """Say what happens in a sample life."""
    words = {
        "left": gettext("Activated, and left alone"),
        "in_time": gettext("Renewed in time: {bought}"),
        "grace": gettext("Renewed late: {bought}"),
        "suspended": gettext("Renewed when suspended: {bought}"),
        "topped_up": gettext("Topped up half-way: {bought}"),
    }
    is_term = sample.name not in ("left", "topped_up")
    bought = selling.term(sample.term) if is_term else sample.term
    return words[sample.name].format(bought=bought)


def _mine(request: HttpRequest) -> list[Policy]:
    operator = operator_of(request).key
    return [p for p in desk().house.library.policies.values() if p.operator == operator]


def _own(request: HttpRequest, name: str, version: str) -> Policy:
    """Return a policy of the reader's operator; raises `Http404` for any other."""
    for each in _mine(request):
        if (each.name, each.version) == (name, version):
            return each
    raise Http404


def _is_beside(each: Policy, policy: Policy) -> bool:
    return each.pin != policy.pin and each.currency == policy.currency


def _standing(policy: Policy, today: date) -> str:
    if policy.effective_from > today:
        return "to_come"
    is_over = policy.effective_to is not None and policy.effective_to <= today
    return "over" if is_over else "in_force"


def _change(request: HttpRequest, policy: Policy, others: list[Policy]) -> dict[str, Any]:
    """Return what moving the lines of another version to this one would mean; empty: not asked."""
    pin = request.GET.get("from", "")
    if pin not in {each.pin for each in others}:
        return {}
    at, terms = desk().now() + timedelta(days=1), desk().terms
    found = desk().read(lambda conn: whatif.under(conn, terms, pin, policy.pin, at, sample=SAMPLE))
    return {
        "sampled": found.sampled,
        "gaining": found.gaining,
        "losing": found.losing,
        "refused": sorted(found.refused.items()),
        "moved": sorted(found.moved_days.items(), key=lambda each: -each[1])[:MOST],
    }
