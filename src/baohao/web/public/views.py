"""What everybody may read: what this is, help in plain words, and whether a receipt is ours."""

from __future__ import annotations

from functools import partial

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from baohao.app.receipts import proof
from baohao.web import brands
from baohao.web.accounts.doors import everybody
from baohao.web.accounts.limits import limited
from baohao.web.desk import desk


class Token(forms.Form):
    """What the QR code of a receipt says."""

    token = forms.CharField(
        max_length=4_000,
        label=gettext_lazy("What the receipt's QR code says"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )


@everybody
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is, and where to go."""
    return render(request, "public/home.html", {})


@everybody
def help_(request: HttpRequest) -> HttpResponse:
    """Say in plain words what a number-keeping card is, and what is lost when it lapses."""
    return render(request, "public/help.html", {})


@everybody
def brand(request: HttpRequest, name: str) -> HttpResponse:
    """Give the style sheet of an operator's brand; its address changes with it."""
    found = brands.known().get(name)
    if found is None:
        raise Http404
    response = HttpResponse(brands.sheet(found), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=86400"
    return response


@everybody
@limited("verify")
def verify(request: HttpRequest) -> HttpResponse:
    """Say what the QR code of a receipt proves."""
    form = Token(request.POST or None)
    found, state = None, None
    if request.method == "POST" and form.is_valid():
        found = proof.of_token(desk().house.issuer, form.cleaned_data["token"])
        state = (
            desk().read(partial(proof.state, by=desk().house.issuer, proof=found))
            if found.is_good
            else None
        )
    return render(request, "public/verify.html", {"form": form, "found": found, "state": state})
