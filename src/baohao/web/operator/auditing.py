"""For the auditor: renewals drawn by chance with their evidence, and the trail of the console."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from baohao.app.console import blocks, evidence
from baohao.core.civil import civil_day, midnight
from baohao.core.policy.model import STAGE_KINDS
from baohao.web.accounts.doors import workers
from baohao.web.accounts.models import Deed
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk
from baohao.web.operator.room import begins, day_in, exported, is_over, noted, operator_of, own
from baohao.web.operator.words import DEEDS, STAGE_NAMES
from baohao.web.wording import channel

#: Deeds of a page.
PAGE = 100
BACK = timedelta(days=89)


@workers(Act.AUDIT)
def drawn(request: HttpRequest) -> HttpResponse:
    """Draw renewals; the same seed draws the same ones, so that others can draw them again."""
    operator = operator_of(request)
    if request.method == "POST":
        seed = request.POST.get("seed", "").strip()[:40] or secrets.token_hex(4)
        asked = {name: request.POST.get(name, "") for name in ("first", "last")} | {"seed": seed}
        noted(request, "draw", seed, f"{asked['first']} – {asked['last']}")
        return redirect(f"{reverse('console_audit')}?{_query(asked)}")
    first, last = _days(request)
    seed = request.GET.get("seed", "")[:40]
    rows = [
        (each, each.at.astimezone(operator.zone), channel(each.channel))
        for each in _drawn(request, seed)
    ]
    page = {"rows": rows, "seed": seed, "first": first, "last": last}
    return render(request, "operator/audit.html", page)


@workers(Act.AUDIT)
def pack(request: HttpRequest, number: str, ask: UUID) -> HttpResponse:
    """Give the evidence of one renewal as a ZIP file."""
    own(request, number)
    house = desk().house
    giving = house.desk(desk().shell)
    try:
        made = evidence.pack(
            desk().shell, giving, number=number, ask=ask, library=house.library, by=_by(request)
        )
    except evidence.NothingThere:
        raise Http404 from None
    noted(request, "evidence", number, str(ask))
    response = HttpResponse(made, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{number[1:]}-{ask}.zip"'
    return response


@workers(Act.AUDIT)
def packs(request: HttpRequest) -> HttpResponse:
    """Give the evidence of all that were drawn with a seed, each in a ZIP file of its own."""
    house, giving = desk().house, desk().house.desk(desk().shell)
    seed = request.GET.get("seed", "")[:40]
    made = {
        f"{each.number[1:]}-{each.ask}.zip": evidence.pack(
            desk().shell,
            giving,
            number=each.number,
            ask=each.ask,
            library=house.library,
            by=_by(request),
        )
        for each in _drawn(request, seed)
    }
    noted(request, "evidence", seed, f"{len(made)}")
    response = HttpResponse(evidence.zipped(made, desk().now()), content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="evidence.zip"'
    return response


@workers(Act.AUDIT)
def numbering(request: HttpRequest) -> HttpResponse:
    """Show how many numbers of each block are in which stage."""
    found = desk().read(partial(blocks.of_operator, operator=operator_of(request).key))
    page = {
        "stages": [STAGE_NAMES[kind] for kind in STAGE_KINDS],
        "rows": [(each, [each.lines[kind] for kind in STAGE_KINDS]) for each in found],
    }
    return render(request, "operator/numbering.html", page)


@workers(Act.AUDIT)
def numbering_export(request: HttpRequest) -> HttpResponseBase:
    """Give the numbering return as a file."""
    found = desk().read(partial(blocks.of_operator, operator=operator_of(request).key))
    noted(request, "export", "numbering")
    rows = (
        (each.first, each.last, *(each.lines[kind] for kind in STAGE_KINDS), each.free)
        for each in found
    )
    return exported("numbering", ("first", "last", *STAGE_KINDS, "not_here"), rows)


@workers(Act.AUDIT)
def trail(request: HttpRequest) -> HttpResponse:
    """Show what was done in the console, the latest first."""
    operator = operator_of(request)
    deeds = _deeds(request)
    before = request.GET.get("before", "")
    page = list((deeds.filter(pk__lt=int(before)) if before.isdecimal() else deeds)[: PAGE + 1])
    asked = request.GET.copy()
    asked.pop("before", None)
    shown = {
        "rows": [
            (each, each.at.astimezone(operator.zone), DEEDS.get(each.what, each.what))
            for each in page[:PAGE]
        ],
        "next": page[PAGE - 1].pk if len(page) > PAGE else None,
        "filters": request.GET,
        "asked": asked.urlencode(),
    }
    return render(request, "operator/trail.html", shown)


@workers(Act.AUDIT)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the trail as a file."""
    zone = operator_of(request).zone
    noted(request, "export", "trail", request.GET.urlencode())
    rows = (
        (each.at.astimezone(zone).isoformat(), each.by, each.what, each.subject, each.said)
        for each in _deeds(request).iterator()
    )
    return exported("trail", ("at", "by", "what", "subject", "said"), rows)


def _days(request: HttpRequest) -> tuple[date, date]:
    """Return the first and the last day from which renewals are drawn."""
    today = civil_day(desk().now(), operator_of(request).zone)
    return day_in(request, "first") or today - BACK, day_in(request, "last") or today


def _drawn(request: HttpRequest, seed: str) -> list[evidence.Drawn]:
    """Return what a seed draws; nothing without one."""
    if not seed:
        return []
    operator, (first, last) = operator_of(request), _days(request)
    since = midnight(first, operator.zone)
    until = midnight(last + timedelta(days=1), operator.zone)
    return desk().read(
        partial(evidence.draw, operator=operator.key, since=since, until=until, seed=seed)
    )


def _deeds(request: HttpRequest) -> Any:
    operator = operator_of(request)
    found = Deed.objects.filter(operator=operator.key).order_by("-pk")
    since = begins(operator, day_in(request, "first"))
    until = is_over(operator, day_in(request, "last"))
    if request.GET.get("by"):
        found = found.filter(by=request.GET["by"])
    if since is not None:
        found = found.filter(at__gte=since)
    return found if until is None else found.filter(at__lt=until)


def _by(request: HttpRequest) -> str:
    return str(request.user.get_username())


def _query(asked: dict[str, str]) -> str:
    return urlencode({name: value for name, value in asked.items() if value})
