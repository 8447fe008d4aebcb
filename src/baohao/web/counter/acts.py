"""
What changes who holds a number, or on which card it is: with a document, and mostly two people.

Activate a card · replace one · give a number to another holder.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, gettext_lazy

from baohao.app import glance, hall, tenures
from baohao.app.glance import Glance
from baohao.core.decide.case import VerbNotAllowed
from baohao.core.identifiers.iccid import parse_iccid
from baohao.core.refusals import Refusal
from baohao.web import selling
from baohao.web.accounts.doors import confirmed, signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.counter.authority import Paper, Proxy, by_paper, by_proxy
from baohao.web.counter.people import Registered, Shown, is_holder, registered
from baohao.web.counter.room import CHANNEL, drawer, form_key, hall_of, own, page, told, version
from baohao.web.counter.second import needed
from baohao.web.counter.sell import given_minor, to_sold
from baohao.web.desk import desk, made
from baohao.web.selling import Promise
from baohao.web.vocabulary import DOCUMENTS

#: Why a number goes to somebody else, as policies call it.
CAUSES = {
    "death": gettext_lazy("The holder has died"),
    "court": gettext_lazy("A court has ordered it"),
    "merger": gettext_lazy("The organisation was merged into another"),
    "family": gettext_lazy("Within the family"),
}


class Replacement(Shown):
    """Another card for a number, and the document of its holder."""

    iccid = forms.CharField(
        max_length=30,
        label=gettext_lazy("ICCID of the new card"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    reason = forms.CharField(max_length=200, label=gettext_lazy("Why"))
    field_order = ("iccid", "reason", "document", "number", "country")


@workers(Act.COUNTER)
def activate(request: HttpRequest, number: str) -> HttpResponse:
    """Activate a card in stock for a person with a document; by any means of payment."""
    line, form, proxy = own(request, number), Registered(request.POST or None), Proxy(request)
    refused = None
    offers = [(each, selling.term(each.term)) for each in line.offers if each.what == "activate"]
    if request.method == "POST" and form.is_valid() and proxy.is_valid():
        try:
            return _activated(request, line, form, proxy)
        except Refusal as refusal:
            refused = told(refusal)
    shown = {
        "line": line,
        "form": form,
        "proxy": proxy,
        "offers": offers,
        "means": [name for name in selling.connected() if name != "bank"],
        "rule": _documents(hall_of(line)),
    }
    return page(request, "counter/activate.html", shown, refused)


def _activated(request: HttpRequest, line: Glance, form: Registered, proxy: Proxy) -> HttpResponse:
    """Sell an activation for cash, or let it be paid at a gateway; raises the refusal."""
    me, person = signed_in(request), form.person()
    said = {
        "holder": registered(person),
        "document": person.document,
        "residency": form.cleaned_data["residency"],
        "identity_until": person.expires_on.isoformat() if person.expires_on else "",
        "authority": by_proxy(request, line.number, "activate", proxy),
    }
    wanted = {"what": "activate", "term": request.POST.get("term", "")}
    gateway = request.POST.get("gateway", "")
    if gateway:
        _admitted(line, said)
        shown = _promised(line, wanted, me.principal)
        pay = partial(selling.pay, by=me.principal, channel=CHANNEL, point=me.point)
        pay(line, shown, gateway, said={name: value for name, value in said.items() if value})
        return redirect("counter_pay", number=line.number, quote=shown.id)
    asked = said | {"term": wanted["term"], "paid": drawer(request).text}
    return _done(request, "activate", line, asked, gettext("Activated."))


def _admitted(line: Glance, said: dict[str, str]) -> None:
    """Refuse a document before anybody pays by card or code, as the act itself would."""
    held = desk().read(partial(tenures.of_holder, holder=said["holder"]))
    known = desk().read(
        partial(glance.many, terms=desk().terms, numbers=[each.number for each in held])
    )
    count = sum(each.operator == line.operator for each in known)
    look = partial(hall.admit, terms=desk().terms, number=line.number)
    desk().read(partial(look, said=said, holder_lines=count))


def _promised(line: Glance, wanted: dict[str, str], by: str) -> Promise:
    quote = selling.promised(line.number, wanted, by=by, channel=CHANNEL)
    shown = selling.promise(line, quote)
    if shown is None:
        raise LookupError(f"the quote {quote} ended at once")
    return shown


def _documents(found: hall.Hall) -> list[tuple[str, str]]:
    """Return who may register with which documents, as the product's policy says it."""
    who = {"resident": gettext("Resident"), "visitor": gettext("Visitor")}
    return [
        (who.get(kind, kind), ", ".join(str(DOCUMENTS.get(d, d)) for d in sorted(taken)))
        for kind, taken in sorted(found.people.documents.items())
    ]


@workers(Act.COUNTER)
@confirmed
def replace(request: HttpRequest, number: str) -> HttpResponse:
    """Move a number to another card: document, second person, notice to the old card."""
    line, form, proxy = own(request, number), Replacement(request.POST or None), Proxy(request)
    found, refused = hall_of(line), None
    if request.method == "POST" and form.is_valid() and proxy.is_valid():
        try:
            is_holder(number, form.person())
            asked = {
                "iccid": parse_iccid(form.cleaned_data["iccid"]),
                "reason": form.cleaned_data["reason"],
                "approved_by": needed(request, "replace_card"),
                "authority": by_proxy(request, number, "replace_card", proxy),
                "paid": drawer(request).text,
            }
            words = gettext("The card was replaced; the old one has been told.")
            return _done(
                request, "replace_card", line, asked, words, fee=_fee(found, "replace_card")
            )
        except Refusal as refusal:
            refused = told(refusal)
    shown = {"line": line, "form": form, "proxy": proxy, "hall": found}
    shown["fee_minor"] = _fee(found, "replace_card")
    return page(request, "counter/replace.html", shown, refused)


@workers(Act.COUNTER)
@confirmed
def transfer(request: HttpRequest, number: str) -> HttpResponse:
    """Give a number to another holder, where product and law permit it; always with two people."""
    line = own(request, number)
    found, refused = hall_of(line), None
    causes = found.services["transfer"].causes if "transfer" in found.services else ()
    form = Registered(request.POST or None)
    holder = Shown(request.POST if request.method == "POST" else None, prefix="old")
    proxy = Proxy(request)
    paper = Paper(request.POST or None, request.FILES or None) if causes else None
    forms_ = [form, paper] if paper else [form, holder, proxy]
    # Each says what is wrong with it.
    valid = [each.is_valid() for each in forms_]
    if request.method == "POST" and all(valid):
        try:
            asked = _transferred(request, line, found, form)
            if paper is None:
                is_holder(number, holder.person())
                asked["authority"] = by_proxy(request, number, "transfer", proxy)
            else:
                asked["authority"] = by_paper(request, number, "transfer", paper)
            words = gettext("The number has another holder; the one before was told.")
            return _done(request, "transfer", line, asked, words, fee=_fee(found, "transfer"))
        except Refusal as refusal:
            refused = told(refusal)
    shown = {
        "line": line,
        "form": form,
        "holder": None if paper else holder,
        "proxy": None if paper else proxy,
        "paper": paper,
        "causes": [(cause, CAUSES.get(cause, cause)) for cause in causes],
        "hall": found,
        "fee_minor": _fee(found, "transfer"),
        "is_offered": "transfer" in found.services,
        "rule": _documents(found),
    }
    return page(request, "counter/transfer.html", shown, refused)


def _transferred(
    request: HttpRequest, line: Glance, found: hall.Hall, form: Registered
) -> dict[str, Any]:
    """Return what is asked of a transfer, but for its papers; raises what stands against it."""
    if "transfer" not in found.services:
        raise VerbNotAllowed(verb="transfer")
    hall.not_cooling(found)
    person = form.person()
    return {
        "holder": registered(person),
        "document": person.document,
        "residency": form.cleaned_data["residency"],
        "identity_until": person.expires_on.isoformat() if person.expires_on else "",
        "cause": request.POST.get("cause", ""),
        "approved_by": needed(request, "transfer"),
        "paid": drawer(request).text,
    }


def _fee(found: hall.Hall, verb: str) -> int:
    """Return what a verb costs here, with what the government takes."""
    service = found.services.get(verb)
    return 0 if service is None else service.fee.fee_minor + service.fee.government_minor


def _done(
    request: HttpRequest,
    verb: str,
    line: Glance,
    asked: dict[str, Any],
    words: str,
    fee: int | None = None,
) -> HttpResponse:
    """Ask, once for each time that the form was shown, and show what was done."""
    given = given_minor(request, fee, line.currency) if fee else None
    by, key = signed_in(request).principal, f"{verb}:{form_key(request)}"
    ask = made(
        verb,
        line.number,
        asked,
        by=by,
        channel=CHANNEL,
        key=key,
        expect_version=version(request),
    )
    answer = desk().ask(ask)
    messages.success(request, words)
    return to_sold(line.number, UUID(str(answer.answer["id"])), given)
