"""
Somebody else's number, as far as its holder lets the reader: dates, and renewing it.

No usage, no credit, no receipts and no documents: what was paid for is the holder's to see.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from baohao.app import life
from baohao.app.life import Happened
from baohao.core.refusals import Refusal
from baohao.web import selling
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.desk import desk
from baohao.web.holder import drawing, saying
from baohao.web.sharing import consents
from baohao.web.wording import said

#: What is told of what happened, and of that no amounts.
_TOLD = frozenset({"activate", "renewal", "restore", "stage", "hold", "lift", "park", "resume"})


@holders
def line(request: HttpRequest, number: str) -> HttpResponse:
    """Show until when a number is safe, and let it be renewed."""
    me = signed_in(request).holder
    may = consents.allowed(me, number, "see", "renew")
    if not may:
        raise Http404
    may_see, may_pay = "see" in may, "renew" in may
    refused = None
    if request.method == "POST":
        if not may_pay:
            raise Http404
        try:
            asked = {"what": "renew", "term": request.POST.get("term", "")}
            quote = selling.promised(number, asked, by=me, channel="app")
            return redirect("shared_promise", number=number, quote=quote)
        except Refusal as refusal:
            refused = said(refusal)
    terms = desk().terms
    found = desk().read(partial(life.life, terms=terms, number=number, reader=me))
    offers = [each for each in found.glance.offers if each.what == "renew"] if may_pay else []
    page = {
        "line": found.glance,
        "may_see": may_see,
        "offers": [(each, selling.term(each.term)) for each in offers],
        "refused": refused,
    }
    if may_see:
        page["drawn"] = drawing.drawn(found.stays, found.now)
        page["ahead"] = saying.ahead(found)
        page["history"] = [
            _without_money(saying.happened(each, found.glance.currency), each)
            for each in found.happened
            if each.what in _TOLD
        ]
    return render(request, "sharing/line.html", page, status=409 if refused else 200)


@holders
def promise(request: HttpRequest, number: str, quote: UUID) -> HttpResponse:
    """Show what is promised, and let it be paid."""
    if not consents.allowed(signed_in(request).holder, number, "renew"):
        raise Http404
    found = selling.look(number)
    shown = selling.promise(found, quote)
    if shown is None:
        return redirect("shared", number=number)
    refused = None
    if request.method == "POST":
        try:
            then = reverse("shared", args=[number])
            return selling.paid(request, found, shown, signed_in(request).holder, then)
        except Refusal as refusal:
            refused = said(refusal)
    page = {
        "line": found,
        "promise": shown,
        "term": selling.term(shown.term),
        "gateways": selling.gateways(),
        "wallet": selling.wallet(signed_in(request).holder, shown.currency),
        "refused": refused,
    }
    return render(request, "sharing/promise.html", page, status=409 if refused else 200)


def _without_money(told: saying.Told, each: Happened) -> saying.Told:
    """Leave out what was paid, and by whom, and the receipt: it is the holder's."""
    facts = told.facts[:-1] if each.amount_minor else told.facts
    return replace(told, facts=facts, sold="", is_own=False)
