"""What a clerk does beside renewing: activate a card, replace one, take a sale back."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy

from baohao.app import show
from baohao.app.glance import Glance
from baohao.core.identifiers.iccid import parse_iccid
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web import selling
from baohao.web.accounts.approval import second_person
from baohao.web.accounts.doors import confirmed, signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.counter.people import Registered, Shown, is_holder, registered
from baohao.web.counter.till import drawer
from baohao.web.counter.views import own
from baohao.web.desk import desk, made
from baohao.web.wording import said


class Replacement(Shown):
    """Another card for a number, and the document of whoever asks for it."""

    iccid = forms.CharField(max_length=30, label=gettext_lazy("ICCID of the new card"))
    reason = forms.CharField(max_length=200, label=gettext_lazy("Why"))
    field_order = ("iccid", "reason", "document", "number", "country")


@workers(Act.COUNTER)
def activate(request: HttpRequest, number: str) -> HttpResponse:
    """Activate a card in stock for a person with a document; paid in cash."""
    line, form, refused = own(request, number), Registered(request.POST or None), None
    offers = [(each, selling.term(each.term)) for each in line.offers if each.what == "activate"]
    if request.method == "POST" and form.is_valid():
        try:
            person = form.person()
            asked = {
                "holder": registered(person),
                "document": person.document,
                "residency": form.cleaned_data["residency"],
                "identity_until": person.expires_on.isoformat() if person.expires_on else "",
                "term": request.POST.get("term", ""),
                "paid": drawer(request).text,
            }
            return _done(request, "activate", line, asked, gettext("Activated."))
        except Refusal as refusal:
            refused = said(refusal)
    page = {"line": line, "form": form, "offers": offers}
    return _page(request, "counter/activate.html", page, refused)


@workers(Act.COUNTER)
@confirmed
def replace(request: HttpRequest, number: str) -> HttpResponse:
    """Move a number to another card: document, second person, notice to the old card."""
    line, form, refused = own(request, number), Replacement(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            is_holder(number, form.person())
            asked = {
                "iccid": parse_iccid(form.cleaned_data["iccid"]),
                "reason": form.cleaned_data["reason"],
                "approved_by": second_person(request),
                "paid": drawer(request).text,
            }
            return _done(request, "replace_card", line, asked, gettext("The card was replaced."))
        except Refusal as refusal:
            refused = said(refusal)
    return _page(request, "counter/replace.html", {"line": line, "form": form}, refused)


@workers(Act.COUNTER)
@confirmed
def sales(request: HttpRequest, number: str) -> HttpResponse:
    """Show what was sold for a line, and take a sale back."""
    line, refused = own(request, number), None
    if request.method == "POST":
        asked: dict[str, Any] = {
            "of": request.POST.get("of", ""),
            "reason": request.POST.get("reason", "").strip(),
            "mistake": True if request.POST.get("mistake") else None,
        }
        try:
            asked["approved_by"] = second_person(request)
            return _done(request, "reverse", line, asked, gettext("It was taken back."))
        except Refusal as refusal:
            refused = said(refusal)
    told = desk().read(partial(show.show, terms=desk().terms, number=number))
    page = {"line": line, "sold": told["sold"][::-1]}
    return _page(request, "counter/sales.html", page, refused)


def _done(
    request: HttpRequest, verb: str, line: Glance, asked: dict[str, Any], words: str
) -> HttpResponse:
    """Ask, once for each time that the form was shown, and go back to the line."""
    key = f"{verb}:{request.POST.get('key', '')}"
    by = signed_in(request).principal
    ask = made(verb, line.number, asked, by=by, channel="counter", key=key)
    desk().ask(ask)
    messages.success(request, words)
    return redirect("counter_line", number=line.number)


def _page(
    request: HttpRequest, template: str, page: dict[str, Any], refused: str | None
) -> HttpResponse:
    page |= {"refused": refused, "key": request.POST.get("key") or new_id()}
    return render(request, template, page, status=409 if refused else 200)
