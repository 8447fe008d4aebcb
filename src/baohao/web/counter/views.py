"""
At the counter: find a line by number, card or document, and see what the clerk needs and no more.

A found line is renewed with three keys: its term, Enter for the exact money, and one for the
receipt. Every control says its key, and "?" lists those of a page.
"""

from __future__ import annotations

from functools import partial

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, gettext_lazy

from baohao.app import cards, glance, people, tenures
from baohao.core.money import parse_minor
from baohao.core.refusals import Refusal
from baohao.web import selling
from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.counter.models import Wish
from baohao.web.counter.people import Shown
from baohao.web.counter.room import CHANNEL, hall_of, own, page, told
from baohao.web.desk import desk
from baohao.web.wording import said

#: This page alone may use the camera, to read the code on a card.
_CAMERA = "camera=(self), microphone=(), geolocation=()"
#: Out of these a number comes back to its former holder alone.
LOST = ("lost", "quarantined")


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
    """Find a line; a scanner types the ICCID and presses Enter."""
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
    answer = page(request, "counter/find.html", {"form": form})
    answer.headers["Permissions-Policy"] = _CAMERA
    return answer


@workers(Act.COUNTER)
def by_document(request: HttpRequest) -> HttpResponse:
    """Find the lines of whoever shows a document; it is typed anew each time, and kept nowhere."""
    form, lines, refused = Shown(request.POST or None), None, None
    if request.method == "POST" and form.is_valid():
        try:
            seals, me = desk().house.seals, signed_in(request)
            look = partial(people.holder_of, seals=seals, person=form.person())
            holder = desk().read(look) or ""
            held = desk().read(partial(tenures.of_holder, holder=holder))
            numbers = [each.number for each in held]
            found = desk().read(partial(glance.many, terms=desk().terms, numbers=numbers))
            lines = [each for each in found if each.operator == me.operator]
            if not lines:
                refused = gettext("Nobody with this document has a line here.")
        except Refusal as refusal:
            refused = said(refusal)
    return page(request, "counter/by_document.html", {"form": form, "lines": lines}, refused)


@workers(Act.COUNTER)
def line(request: HttpRequest, number: str) -> HttpResponse:
    """Show a line, and promise what is bought for it."""
    found = own(request, number)
    refused = None
    if request.method == "POST":
        try:
            by = signed_in(request).principal
            wanted = _wanted(request, found)
            quote = selling.promised(number, wanted, by=by, channel=CHANNEL)
            return redirect("counter_promise", number=number, quote=quote)
        except Refusal as refusal:
            refused = told(refusal)
    offers = [each for each in found.offers if each.what == "renew"]
    shown = {
        "line": found,
        "hall": hall_of(found),
        "offers": [(each, selling.term(each.term)) for each in offers],
        "is_back": found.kind in LOST,
        "top_ups": [each for each in found.offers if each.what == "top_up"],
        "wishes": Wish.objects.filter(
            number=number, operator=found.operator, state__in=("asked", "granted", "declined")
        ).order_by("-at")[:5],
    }
    return page(request, "counter/line.html", shown, refused)


def _wanted(request: HttpRequest, found: glance.Glance) -> dict[str, object]:
    """Return what is to be promised: a term, or an amount of credit."""
    amount = request.POST.get("amount", "").strip()
    if amount:
        return {"what": "top_up", "amount_minor": parse_minor(amount, found.currency)}
    what = "restore" if found.kind in LOST else "renew"
    return {"what": what, "term": request.POST.get("term", "")}
