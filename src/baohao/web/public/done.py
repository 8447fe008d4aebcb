"""
Say by the link in a reminder that something was done with a card: one tap, without a sign-in.

Looking at the page records nothing, for mail filters and chats look at links before people do.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy

from baohao.app.kept import done as links
from baohao.app.kept.adding import Wanted
from baohao.app.kept.done import LinkForged, LinkOver, Offered
from baohao.app.kept.telling import titles
from baohao.app.messages.wording import masked
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import everybody
from baohao.web.desk import desk
from baohao.web.vocabulary import HAPPENED
from baohao.web.wording import said


class Done(forms.Form):
    """What was done, when, and for how much."""

    act = forms.ChoiceField(label=gettext_lazy("What did you do?"))
    on = forms.DateField(
        label=gettext_lazy("When?"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    amount = forms.CharField(
        required=False,
        max_length=20,
        label=gettext_lazy("For how much?"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, offered: Offered, said: Mapping[str, Any] | None) -> None:
        super().__init__(said, initial={"on": offered.today, "amount": offered.amount})
        choices = [(kind, HAPPENED.get(kind, kind)) for kind in offered.acts]
        self.fields["act"].choices = choices  # type: ignore[attr-defined]
        self.fields["on"].widget.attrs |= {
            "min": offered.since.isoformat(),
            "max": offered.today.isoformat(),
        }


@everybody
def done(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a link is for, and record it when its button was pressed."""
    try:
        offered = _look(token)
    except (LinkForged, LinkOver) as refusal:
        status = 410 if isinstance(refusal, LinkOver) else 404
        return render(request, "public/done_not.html", {"refused": said(refusal)}, status=status)
    form = Done(offered, request.POST or None)
    page = {"form": form, "name": _called(offered), "number": masked(offered.card.number)}
    if request.method == "POST" and form.is_valid():
        try:
            is_new = _record(token, form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, said(refusal))
        else:
            after = _look(token)
            return render(request, "public/done_well.html", page | {"of": after, "new": is_new})
    if offered.is_done:
        return render(request, "public/done_well.html", page | {"of": offered, "new": False})
    status = 200 if not form.errors else 409
    return render(request, "public/done.html", page | {"of": offered}, status=status)


def _look(token: str) -> Offered:
    house = desk().house
    return desk().read(
        partial(
            links.look,
            terms=desk().terms,
            vault=house.vault,
            sign=house.seals.sign,
            token=token,
        )
    )


def _record(token: str, wanted: dict[str, Any]) -> bool:
    house = desk().house
    return links.record(
        desk().shell,
        desk().terms,
        house.vault,
        house.seals.sign,
        token,
        Wanted(product="", act=wanted["act"], on=wanted["on"], amount=wanted["amount"]),
        new_id,
    )


def _called(offered: Offered) -> str:
    """Return what the card is called, by its keeper, else by its product."""
    known, (head, _, script) = titles(offered.card.policy), (get_language() or "en").partition("-")
    language = f"{head}-{script.title()}" if script else head
    return offered.card.name or known.get(language) or known.get(head) or known[""]
