"""The payer's side: prove the payment, say the right number, see what became of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from allauth.core import ratelimit
from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from baohao.app import rescue
from baohao.core.identifiers.number import MalformedNumber, parse_number
from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import everybody, holders, signed_in
from baohao.web.desk import desk
from baohao.web.rescue.models import Rescue
from baohao.web.wording import said


class Proof(forms.Form):
    """What shows that somebody paid."""

    proof = forms.CharField(
        max_length=4_000,
        label=gettext_lazy("Address of the payment's page, or what the receipt's QR code says"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )


class Right(forms.Form):
    """Which number was meant."""

    right = forms.CharField(
        max_length=40,
        label=gettext_lazy("The right number"),
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
    )

    def clean_right(self) -> str:
        """Return a number as it is kept."""
        try:
            return parse_number(self.cleaned_data["right"])
        except MalformedNumber as malformed:
            raise forms.ValidationError(said(malformed)) from None


@everybody
def begin(request: HttpRequest) -> HttpResponse:
    """Take the proof of a payment."""
    form, refused = Proof(request.POST or None), None
    if request.method == "POST" and not ratelimit.consume(request, action="rescue"):
        return render(request, "web/too_often.html", {}, status=429)
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["proof"]
        try:
            found = desk().read(partial(rescue.payment_of, by=desk().house.issuer, text=text))
            return redirect("wrong", payment=found)
        except Refusal as refusal:
            refused = said(refusal)
    page = {"form": form, "refused": refused}
    return render(request, "rescue/begin.html", page, status=409 if refused else 200)


@everybody
def wrong(request: HttpRequest, payment: UUID) -> HttpResponse:
    """Take the right number for a payment, and tell what became of it."""
    kept = Rescue.objects.filter(payment=payment, holder="").first()
    if kept is not None and request.method == "POST":
        # A second tap: it was said already.
        return redirect("wrong", payment=payment)
    if kept is not None:
        return render(request, "rescue/state.html", {"rescue": kept})
    return _told(request, partial(rescue.of_payment, terms=desk().terms, payment=payment))


@holders
def own(request: HttpRequest, number: str, ask: UUID) -> HttpResponse:
    """Take the right number for what the reader's wallet paid, and tell what became of it."""
    me, terms = signed_in(request).holder, desk().terms
    kept = Rescue.objects.filter(payment=ask, number=number, holder=me).first()
    if kept is not None and request.method == "POST":
        return redirect("wrong_own", number=number, ask=ask)
    if kept is not None:
        return render(request, "rescue/state.html", {"rescue": kept})
    find = partial(rescue.of_wallet, terms=terms, number=number, act=ask, holder=me)
    return _told(request, find, holder=me)


def _told(
    request: HttpRequest, find: Callable[[Any], rescue.Mistaken], holder: str = ""
) -> HttpResponse:
    """Take the right number for what was found, while it is in time."""
    if request.method == "POST" and not ratelimit.consume(request, action="rescue"):
        return render(request, "web/too_often.html", {}, status=429)
    try:
        found = desk().read(lambda conn: rescue.in_time(conn, find(conn)))
    except rescue.NothingToRescue:
        raise Http404 from None
    except Refusal as refusal:
        return render(request, "rescue/over.html", {"refused": said(refusal)}, status=409)
    form, refused = Right(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            _asked(found, form.cleaned_data["right"], holder)
            return redirect(request.path)
        except Refusal as refusal:
            refused = said(refusal)
    page = {"found": found, "form": form, "refused": refused}
    return render(request, "rescue/wrong.html", page, status=409 if refused else 200)


def _asked(found: rescue.Mistaken, right: str, holder: str) -> None:
    desk().read(partial(rescue.checked, wrong=found, right=right))
    Rescue.objects.get_or_create(
        payment=found.id,
        defaults={
            "holder": holder,
            "operator": found.operator,
            "number": found.number,
            "right": right,
            "asked_at": desk().now(),
        },
    )
