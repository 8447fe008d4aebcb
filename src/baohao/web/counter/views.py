"""
At the counter: find a line, renew it for cash, hand over the receipt.

A found line is renewed with five keys: its term, Enter, Enter on the promise, and two for the
receipt. Every control says its key.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy

from baohao.app import cards
from baohao.app.glance import Glance
from baohao.core.refusals import Refusal
from baohao.web import selling
from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk, made
from baohao.web.holder.views import PAPER
from baohao.web.wording import said


class Find(forms.Form):
    """A number, or the ICCID on a card."""

    what = forms.CharField(
        max_length=60,
        label=gettext_lazy("Number, or ICCID of the card"),
        widget=forms.TextInput(
            attrs={"autofocus": True, "inputmode": "tel", "autocomplete": "off", "accesskey": "f"}
        ),
    )


@workers(Act.COUNTER)
def find(request: HttpRequest) -> HttpResponse:
    """Find a line."""
    form = Find(request.GET or None)
    if request.GET and form.is_valid():
        try:
            number = desk().read(partial(cards.number_of, text=form.cleaned_data["what"]))
            own(request, number)
            return redirect("counter_line", number=number)
        except Refusal as refusal:
            form.add_error("what", said(refusal))
        except Http404:
            form.add_error("what", gettext_lazy("There is no line of yours by that."))
    return render(request, "counter/find.html", {"form": form})


@workers(Act.COUNTER)
def line(request: HttpRequest, number: str) -> HttpResponse:
    """Show a line, and promise a term."""
    found = own(request, number)
    offers = [each for each in found.offers if each.what == "renew"]
    refused = None
    if request.method == "POST":
        asked = {"what": "renew", "term": request.POST.get("term", "")}
        try:
            by = signed_in(request).principal
            quote = selling.promised(number, asked, by=by, channel="counter")
            return redirect("counter_promise", number=number, quote=quote)
        except Refusal as refusal:
            refused = said(refusal)
    shown = [(each, selling.term(each.term)) for each in offers]
    page = {"line": found, "offers": shown, "refused": refused}
    return render(request, "counter/line.html", page, status=409 if refused else 200)


@workers(Act.COUNTER)
def promise(request: HttpRequest, number: str, quote: UUID) -> HttpResponse:
    """Show what is promised; cash taken, it is sold, once."""
    account, found = signed_in(request), own(request, number)
    shown = selling.promise(found, quote)
    if shown is None:
        return redirect("counter_line", number=number)
    done, refused = None, None
    if request.method == "POST":
        asked = {
            "term": shown.term,
            "quote": str(quote),
            "paid": f"till:{account.till}:{shown.currency}",
        }
        ask = made(
            shown.verb,
            number,
            asked,
            by=account.principal,
            channel="counter",
            key=f"quote:{quote}",
            expect_version=found.version,
        )
        try:
            answer = desk().ask(ask)
            done = UUID(str(answer.answer["id"]))
            found = own(request, number)
        except Refusal as refusal:
            refused = said(refusal)
    page = {
        "line": found,
        "promise": shown,
        "term": selling.term(shown.term),
        "till": account.till,
        "done": done,
        "refused": refused,
    }
    return render(request, "counter/promise.html", page, status=409 if refused else 200)


@workers(Act.COUNTER)
def receipt(request: HttpRequest, number: str, ask: UUID) -> HttpResponse:
    """Give a receipt, on A5 or the roll of a counter's printer."""
    own(request, number)
    giving = desk().house.desk(desk().shell)
    issued = giving.issue(ask)
    if issued.line != number:
        raise Http404
    paper = "80mm" if request.GET.get("paper") == "80mm" else "a5"
    pdf, _ = giving.pdf(issued, language=PAPER[get_language() or "en"], paper=paper)
    return HttpResponse(pdf, content_type="application/pdf")


def own(request: HttpRequest, number: str) -> Glance:
    """Return a line of the clerk's operator; raises `Http404` for any other."""
    found = selling.look(number)
    if found.operator != signed_in(request).operator:
        raise Http404
    return found
