"""What the operator says of a card, and what its keeper does."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy

from baohao.app.kept import about as notes
from baohao.app.kept import adding
from baohao.app.kept.about import About, Noted, NotesMoved
from baohao.app.kept.listing import Card
from baohao.core.money import parse_minor
from baohao.core.policy.ending import service_clock
from baohao.core.policy.model import Policy
from baohao.core.refusals import Malformed, Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.cards import choices
from baohao.web.cards.forms import MONEY, day_input
from baohao.web.cards.own import acted_on, own_card
from baohao.web.desk import desk, made
from baohao.web.wording import said


class Saying(forms.Form):
    """A date, or credit, as the operator tells them."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    until = forms.DateField(
        required=False,
        label=gettext_lazy("It is good until"),
        widget=day_input(),
    )
    balance = forms.CharField(
        required=False,
        max_length=20,
        label=gettext_lazy("Credit that is on it now"),
        widget=forms.TextInput(attrs=MONEY),
    )
    evidence = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("How you asked: the app, a code that you dialled, a person"),
    )

    def __init__(self, data: Any, policy: Policy) -> None:
        super().__init__(data, initial={"key": new_id()})
        self.policy = policy
        if not service_clock(policy):
            del self.fields["until"]

    def clean_balance(self) -> str:
        """Return credit that can be an amount."""
        text: str = self.cleaned_data["balance"].strip()
        if text:
            try:
                parse_minor(text, self.policy.currency)
            except Malformed as malformed:
                raise forms.ValidationError(said(malformed)) from None
        return text

    def clean(self) -> None:
        """Ask for one of the two."""
        data = self.cleaned_data
        if not self.errors and data.get("until") is None and not data.get("balance"):
            self.add_error(None, gettext("Say the date, or the credit, or both."))


@holders
def says(request: HttpRequest, card: str) -> HttpResponse:
    """Take down what the operator says; it stands beside what is computed."""
    own = acted_on(request, card)
    form = Saying(request.POST or None, own.card.policy)
    if request.method == "POST" and form.is_valid():
        try:
            _observe(request, own.card, form)
            messages.success(request, _compared(own_card(request, card).card))
            return redirect("cards_card", card=card)
        except Refusal as refusal:
            form.add_error(None, said(refusal))
    page = {
        "card": own.card,
        "form": form,
        "asking": choices.asking(own.card.policy),
        "now": own.now,
    }
    return render(request, "cards/says.html", page, status=409 if form.is_bound else 200)


def _observe(request: HttpRequest, card: Card, form: Saying) -> None:
    """Take both down as one; raises the refusal."""
    data, policy, by = form.cleaned_data, card.policy, signed_in(request).holder
    readings: list[tuple[str, dict[str, Any]]] = []
    if data.get("until") is not None:
        until = adding.end_of(policy, data["until"]).isoformat()
        readings.append(("until", {"clock": service_clock(policy), "until": until}))
    if data["balance"]:
        minor = parse_minor(data["balance"], policy.currency)
        readings.append(("credit", {"balance": "main", "amount_minor": minor}))
    asks = [
        made(
            "observe",
            card.subject,
            {**reading, "evidence": data["evidence"].strip()},
            by=by,
            channel="app",
            key=f"said:{data['key']}:{name}",
        )
        for name, reading in readings
    ]
    for answer in desk().ask_all(asks):
        if isinstance(answer, Refusal):
            raise answer


def _compared(card: Card) -> str:
    if card.read is None or card.computed == card.read:
        return gettext("Taken down.")
    return gettext("Taken down beside what is computed; the earlier of the two counts.")


# --- what its keeper says -------------------------------------------------------------------------


class Naming(forms.Form):
    """What a keeper calls a card, and whose it is."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    name = forms.CharField(required=False, max_length=80, label=gettext_lazy("What you call it"))
    whose = forms.CharField(
        required=False, max_length=80, label=gettext_lazy("Whose it is, if it is not yours")
    )
    note = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Where the card is, or anything else"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: Any, noted: Noted) -> None:
        said_ = noted.about
        initial = {"version": noted.version, "name": said_.name, "whose": said_.whose}
        super().__init__(data, initial=initial | {"note": said_.note})

    def of(self, before: About) -> About:
        """Return what is said now, with what this form does not speak of as it was."""
        data = self.cleaned_data
        return replace(
            before,
            name=data["name"].strip(),
            whose=data["whose"].strip(),
            note=data["note"].strip(),
        )


@holders
def about(request: HttpRequest, card: str) -> HttpResponse:
    """Keep what a keeper says of a card; whoever comes second sees what the first said."""
    own = acted_on(request, card)
    noted, other = own.card.noted, None
    form = Naming(request.POST or None, noted)
    if request.method == "POST" and form.is_valid():
        wanted = form.of(noted.about)
        try:
            if wanted != noted.about:
                version = form.cleaned_data["version"]
                write(own.card, Noted(about=wanted, version=version))
            messages.success(request, gettext("Kept."))
            return redirect("cards_card", card=card)
        except NotesMoved as refusal:
            other = own_card(request, card).card.noted
            # Saved again, it is in place of what is shown beside it now.
            form.data = {**form.data.dict(), "version": str(other.version)}  # type: ignore[attr-defined]
            form.add_error(None, said(refusal))
        except Refusal as refusal:
            form.add_error(None, said(refusal))
    page = {"card": own.card, "form": form, "other": other}
    return render(request, "cards/about.html", page, status=409 if form.is_bound else 200)


def write(card: Card, noted: Noted) -> None:
    """Keep what is said of a card; raises `NotesMoved`."""
    work = partial(
        notes.write,
        vault=desk().house.vault,
        keeper=card.keeper,
        card=card.subject,
        noted=noted,
    )
    desk().shell.run(work)
