"""I did it: what was done with a card, and what that did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from baohao.app.kept import adding, plan
from baohao.app.kept.adding import Wanted
from baohao.app.kept.listing import Card
from baohao.core.decide.case import WouldShorten
from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.cards import words
from baohao.web.cards.forms import Done
from baohao.web.cards.own import acted_on, own_card
from baohao.web.desk import desk, made
from baohao.web.templatetags.saying import day


@holders
def done(request: HttpRequest, card: str) -> HttpResponse:
    """Take down what was done; say the new date, or that it changed nothing."""
    own = acted_on(request, card)
    found, shortens = own.card, False
    upcoming = plan.of_card(found, own.now).next
    first = upcoming.option.kind if upcoming is not None else ""
    form = Done(request.POST or None, policy=found.policy, today=own.today, act=first)
    if request.method == "POST" and form.is_valid():
        try:
            _record(request, found, form, own.now)
            _tell(request, found, own_card(request, card).card)
            return redirect("cards_card", card=card)
        except WouldShorten as refusal:
            shortens = True
            form.refuse(refusal)
        except Refusal as refusal:
            form.refuse(refusal)
    page = {"card": found, "form": form, "step": upcoming, "shortens": shortens, "today": own.today}
    return render(request, "cards/done.html", page, status=409 if form.is_bound else 200)


def _record(request: HttpRequest, card: Card, form: Done, now: datetime) -> None:
    """Record an act, once for each time that the form was shown; raises the refusal."""
    data, by = form.cleaned_data, signed_in(request).holder
    amount = data["amount"] if data["act"] in form.money else ""
    said = Wanted(product=card.policy.name, amount=amount, sku=data.get("sku", ""))
    payload: dict[str, Any] = adding.last(card.policy, data["act"], data["on"], said, now)
    payload |= {"evidence": data["evidence"].strip()}
    if data["accept_shorter"]:
        payload["accept_shorter"] = True
    key = f"did:{data['key']}"
    desk().ask(made("record", card.subject, payload, by=by, channel="app", key=key))


def _tell(request: HttpRequest, before: Card, after: Card) -> None:
    """Say the new date, or plainly that nothing changed."""
    if after.glance.earliest != before.glance.earliest and after.glance.earliest is not None:
        said = gettext("Taken down. By its rules the card is good until {day} now.")
        messages.success(request, said.format(day=day(after.glance.earliest)))
        return
    said = gettext(
        "Taken down, but it changes no date: by the rules of {product} it does not count now."
    )
    messages.warning(request, said.format(product=words.product(after.policy)))
