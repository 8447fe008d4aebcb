"""One card: whether the household sees it, and who keeps it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy

from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.cards import sharing
from baohao.web.cards.own import own_card
from baohao.web.household import people
from baohao.web.wording import said


class Handing(forms.Form):
    """Who keeps a card from now on."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    to = forms.ChoiceField(label=gettext_lazy("Who keeps it from now on"))

    def __init__(self, data: Any, others: list[people.Seen]) -> None:
        super().__init__(data, initial={"key": new_id()})
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            ("", "—"),
            *((each.holder, each.name) for each in others),
        ]


@holders
def card(request: HttpRequest, card: str) -> HttpResponse:
    """Show who sees a card, and let whoever has a say in it share it or hand it over."""
    reader, found = signed_in(request), own_card(request, card).card
    if not sharing.is_theirs(reader, found):
        raise Http404
    others = [each for each in people.keepers_seen_by(reader) if each.holder != found.keeper]
    form = Handing(request.POST if "to" in request.POST else None, others)
    refused = None
    if request.method == "POST" and "to" in request.POST and found.is_over:
        # Sent twice: it is with the other by now.
        return redirect("cards")
    try:
        if "shared" in request.POST:
            is_shared = request.POST["shared"] == "yes"
            sharing.share(found, shared=is_shared, seen_version=_version(request))
            return redirect("household_card", card=card)
        if form.is_valid():
            data = form.cleaned_data
            sharing.hand_over(found, data["to"], by=reader.holder, key=data["key"])
            name = dict(form.fields["to"].choices)[data["to"]]  # type: ignore[attr-defined]
            messages.success(request, gettext("{name} keeps it from now on.").format(name=name))
            return redirect("cards")
    except Refusal as refusal:
        refused = said(refusal)
    page = {
        "card": found,
        "others": others,
        "form": form,
        "refused": refused,
        # Of whoever is looked after everybody sees every card.
        "can_share": bool(others) and found.keeper not in people.looked_after_by(reader),
    }
    return render(request, "cards/household.html", page, status=409 if refused else 200)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
