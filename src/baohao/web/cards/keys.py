"""Keys of robots: what somebody lets record what is done with their cards, and nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy

from baohao.app.kept import robots
from baohao.app.kept.adding import counts
from baohao.app.kept.listing import Card
from baohao.app.partners import keys
from baohao.core.credentials import KeyUnknown, Listed
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web import formats
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.cards.own import own_cards
from baohao.web.desk import desk
from baohao.web.vocabulary import HAPPENED
from baohao.web.wording import said

#: In a session: the form that a key was made by last, for a second tap makes none.
MADE = "robot_key_made"


class Wanted(forms.Form):
    """What a key is to be for."""

    form = forms.UUIDField(widget=forms.HiddenInput)
    label = forms.CharField(
        max_length=40,
        label=gettext_lazy("What is it for? As in: phone in the kitchen"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    cards = forms.MultipleChoiceField(
        label=gettext_lazy("Of which cards it may speak"), widget=forms.CheckboxSelectMultiple
    )
    kinds = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("What it may record; nothing chosen: all that counts"),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, cards: Sequence[Card], data: Any = None) -> None:
        super().__init__(data, initial={"form": new_id()})
        named = [(card.number, card.name or card.policy.title) for card in cards]
        of_cards = [(number, f"{name} {formats.number(number)}") for number, name in named]
        self.fields["cards"].choices = of_cards  # type: ignore[attr-defined]
        kinds = dict.fromkeys(kind for card in cards for kind in counts(card.policy))
        acts = [(kind, HAPPENED.get(kind, kind)) for kind in kinds]
        self.fields["kinds"].choices = acts  # type: ignore[attr-defined]


@holders
def listed(request: HttpRequest) -> HttpResponse:
    """Show the keys of the reader's robots, and make one."""
    keeper = signed_in(request).holder
    cards = [card for card in own_cards(request)[0] if card.keeper == keeper and not card.is_over]
    form = Wanted(cards, request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if request.session.get(MADE) == str(data["form"]):
            messages.info(request, gettext("That key was made already; it was shown once."))
            return redirect("cards_keys")
        try:
            whole = _made(keeper, data)
        except Refusal as refusal:
            form.add_error("label", said(refusal))
        else:
            request.session[MADE] = str(data["form"])
            return _shown(request, whole, data, cards)
    rows = desk().read(partial(robots.keys_of, keeper=keeper))
    page = {"form": form, "cards": cards, "keys": [_row(each) for each in rows]}
    return render(request, "cards/keys.html", page)


@holders
def put_away(request: HttpRequest) -> HttpResponse:
    """Put a key away at once."""
    if request.method == "POST":
        owner = robots.owner_of(signed_in(request).holder)
        id_ = request.POST.get("key", "")
        try:
            desk().shell.run(partial(keys.revoke, owner=owner, id_=id_))
            messages.success(request, gettext("The key is dead."))
        except KeyUnknown as refusal:
            messages.error(request, said(refusal))
    return redirect("cards_keys")


def _made(keeper: str, data: dict[str, Any]) -> str:
    return desk().shell.run(
        partial(
            robots.make_key,
            keeper=keeper,
            label=data["label"],
            cards=frozenset(data["cards"]),
            kinds=frozenset(data["kinds"]),
            chance=secrets.token_bytes,
        )
    )


def _shown(
    request: HttpRequest, whole: str, data: dict[str, Any], cards: Sequence[Card]
) -> HttpResponse:
    """Show a key, this once."""
    card = next(each for each in cards if each.number in data["cards"])
    page = {
        "key": whole,
        "number": card.number,
        "kind": (data["kinds"] or [*counts(card.policy), "topup"])[0],
        "at": request.build_absolute_uri("/v1/kept/records"),
    }
    answer = render(request, "cards/key_made.html", page)
    answer["Cache-Control"] = "no-store"
    return answer


def _row(each: Listed) -> dict[str, Any]:
    key = each.credential
    return {
        "id": key.id,
        "shown": key.shown,
        "label": key.label,
        "cards": sorted(key.cards),
        "kinds": [HAPPENED.get(kind, kind) for kind in sorted(key.kinds)],
        "made": each.created_at,
        "used": each.last_used_at,
    }
