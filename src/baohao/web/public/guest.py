"""
Renewing as a guest: number, terms, payment. No name is shown, and the number only in part.

A page that is loaded again, a second tap and the way back end in the same order: the quote is in
the address, and a quote is paid once.
"""

from __future__ import annotations

from uuid import UUID

import segno
from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy

from baohao.app.payments import returning
from baohao.core.identifiers.number import MalformedNumber, parse_number
from baohao.core.payments import State, Wanted
from baohao.core.refusals import Refusal
from baohao.web import selling
from baohao.web.accounts.doors import everybody
from baohao.web.accounts.limits import ALWAYS, limited
from baohao.web.wording import said

#: Who asks where nobody has signed in.
GUEST = "guest"


class Number(forms.Form):
    """Which number."""

    number = forms.CharField(
        max_length=40,
        label=gettext_lazy("Number to renew"),
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel", "autofocus": True}
        ),
    )

    def clean_number(self) -> str:
        """Return a number as it is kept; eight digits are one of Macau."""
        text = self.cleaned_data["number"].strip()
        bare = text.replace(" ", "")
        try:
            return parse_number(f"+853{bare}" if len(bare) == 8 and bare[0] == "6" else text)
        except MalformedNumber as malformed:
            raise forms.ValidationError(said(malformed)) from None


@everybody
@limited("guest")
def number(request: HttpRequest) -> HttpResponse:
    """Ask for the number."""
    form = Number(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect("guest_terms", number=form.cleaned_data["number"])
    return render(request, "public/guest.html", {"form": form})


@everybody
@limited("look", methods=ALWAYS)
def terms(request: HttpRequest, number: str) -> HttpResponse:
    """Offer terms, and repeat the number in part."""
    try:
        line = selling.look(number)
        offers = [each for each in line.offers if each.what == "renew"]
    except Http404:
        # A number that is none is told like one that is not for sale here.
        return render(request, "public/not_here.html", {"number": number}, status=404)
    if not offers:
        return render(request, "public/not_here.html", {"number": number}, status=404)
    refused = None
    if request.method == "POST":
        asked = {"what": "renew", "term": request.POST.get("term", "")}
        try:
            quote = selling.promised(number, asked, by=GUEST, channel="app")
            return redirect("guest_promise", number=number, quote=quote)
        except Refusal as refusal:
            refused = said(refusal)
    shown = [(each, selling.term(each.term)) for each in offers]
    return render(
        request,
        "public/terms.html",
        {"line": line, "offers": shown, "refused": refused},
        status=409 if refused else 200,
    )


@everybody
def promise(request: HttpRequest, number: str, quote: UUID) -> HttpResponse:
    """Show what will be paid and until when the number is safe then; and begin to pay."""
    line = selling.look(number)
    found = selling.promise(line, quote)
    if found is None:
        return redirect("guest_terms", number=number)
    refused = None
    if request.method == "POST":
        try:
            address = request.build_absolute_uri(f"/pay/{quote}/")
            gateway = request.POST.get("gateway", "")
            selling.pay(line, found, gateway, by=GUEST, return_url=address)
            return redirect("pay", payment=quote)
        except Refusal as refusal:
            refused = said(refusal)
    page = {
        "line": line,
        "promise": found,
        "term": selling.term(found.term),
        "gateways": selling.gateways(),
        "refused": refused,
    }
    return render(request, "public/promise.html", page, status=409 if refused else 200)


@everybody
def pay(request: HttpRequest, payment: UUID) -> HttpResponse:
    """Show the code to be paid, or what has become of the payment."""
    return _told(request, payment, "public/pay.html")


@everybody
def state(request: HttpRequest, payment: UUID) -> HttpResponse:
    """Say what has become of a payment: the part of its page that changes."""
    return _told(request, payment, "public/pay_state.html")


def _told(request: HttpRequest, payment: UUID, template: str) -> HttpResponse:
    try:
        kept = selling.carried(payment)
    except returning.PaymentUnknown:
        raise Http404 from None
    code = kept.given.get("code_url") or kept.given.get("code_text") or ""
    waits = kept.payment.state in (State.CREATED, State.UNKNOWN, State.PAYABLE, State.CAPTURED)
    until = None
    wanted = kept.payment.wanted
    if kept.payment.state is State.USED and isinstance(wanted, Wanted):
        until = selling.look(wanted.number).paid_until
    page = {
        "kept": kept,
        "state": kept.payment.state.value,
        "waits": waits,
        "code": code,
        "qr": _drawn(code) if code and waits else "",
        "until": until,
        "help": gettext("If you have paid, do not pay again: this page finds out by itself."),
    }
    return render(request, template, page)


def _drawn(code: str) -> str:
    """Return a QR code as an image in an address."""
    return segno.make(code, micro=False, error="m").svg_data_uri(scale=5, border=3)
