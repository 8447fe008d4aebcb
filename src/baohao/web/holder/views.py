"""My numbers: until when each is safe, what works, what happens next, and renewing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language

from baohao.app import glance, tenures
from baohao.app.payments.bought import Bought
from baohao.app.receipts import export, given
from baohao.core.refusals import Refusal
from baohao.web import selling
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.desk import desk
from baohao.web.formats import PAPER
from baohao.web.holder import several
from baohao.web.holder.own import own
from baohao.web.wording import said


@holders
def numbers(request: HttpRequest) -> HttpResponse:
    """Show every number of the holder."""
    held = desk().read(partial(tenures.of_holder, holder=signed_in(request).holder))
    lines = desk().read(
        partial(glance.many, terms=desk().terms, numbers=[each.number for each in held])
    )
    # Whoever has least time comes first.
    lines.sort(key=lambda each: (each.earliest or date.max, each.number))
    can = {each.number for each in lines if several.renewable(each)}
    page = {"lines": lines, "can": can if len(can) > 1 else (), "soon": len(several.soon(lines))}
    return render(request, "holder/numbers.html", page)


@holders
def renew(request: HttpRequest, number: str) -> HttpResponse:
    """Offer terms."""
    found = own(request, number)
    offers = [each for each in found.offers if each.what == "renew"]
    refused = None
    if request.method == "POST":
        asked = {"what": "renew", "term": request.POST.get("term", "")}
        try:
            by = signed_in(request).holder
            quote = selling.promised(number, asked, by=by, channel="app")
            return redirect("my_promise", number=number, quote=quote)
        except Refusal as refusal:
            refused = said(refusal)
    shown = [(each, selling.term(each.term)) for each in offers]
    page = {"line": found, "offers": shown, "refused": refused}
    return render(request, "holder/renew.html", page, status=409 if refused else 200)


@holders
def ways(request: HttpRequest, number: str) -> HttpResponse:
    """Say where this number may be renewed, at what price, and which of it suits now."""
    page = {"line": own(request, number), "is_mine": True} | selling.ways(request, number)
    return render(request, "web/ways.html", page)


@holders
def promise(request: HttpRequest, number: str, quote: UUID) -> HttpResponse:
    """Show what is promised and let it be paid; or, once it was, what became of it."""
    found = own(request, number)
    holder = signed_in(request).holder
    done = selling.already([(number, quote)], holder).get(quote)
    if done is not None:
        return _told(request, found, done)
    if selling.begun(quote):
        return redirect("pay", payment=quote)
    shown = selling.promise(found, quote)
    if shown is None:
        return redirect("my_renew", number=number)
    refused = None
    if request.method == "POST":
        try:
            # Loaded again, that page says what was bought.
            return selling.paid(request, found, shown, holder, request.path)
        except Refusal as refusal:
            refused = said(refusal)
    page = {
        "line": found,
        "promise": shown,
        "term": selling.term(shown.term),
        "gateways": selling.gateways(),
        "wallet": selling.wallet(holder, shown.currency),
        "refused": refused,
    }
    return render(request, "holder/promise.html", page, status=409 if refused else 200)


def _told(request: HttpRequest, line: glance.Glance, done: Bought) -> HttpResponse:
    """Say that a quote was bought; whoever sends its form again is told the same."""
    if request.method == "POST":
        return redirect(request.path)
    until = None if done.until is None else selling.last_moment(line, done.until)
    return render(request, "holder/bought.html", {"line": line, "done": done, "until": until})


@holders
def receipts(request: HttpRequest) -> HttpResponse:
    """Show all receipts of the holder, whatever number they are of."""
    return render(request, "holder/receipts.html", {"receipts": _receipts(request)})


@holders
def receipt(request: HttpRequest, ask: UUID) -> HttpResponse:
    """Give a receipt as a PDF."""
    holder = signed_in(request).holder
    place = desk().read(partial(given.of_ask, ask=ask, holder=holder))
    if place is None:
        raise Http404
    paper = desk().house.desk(desk().shell)
    # Whoever asks before its turn has come is given it at once.
    mine = paper.issue(ask)
    if mine.holder != holder:
        raise Http404
    pdf, _ = paper.pdf(mine, language=PAPER[get_language() or "en"], paper="a5")
    return HttpResponse(pdf, content_type="application/pdf")


def _receipts(request: HttpRequest) -> Sequence[Any]:
    """Return the receipts of the holder, the last first."""
    try:
        return export.of_holder(desk().shell, signed_in(request).holder)[::-1]
    except export.NoReceipts:
        return ()
