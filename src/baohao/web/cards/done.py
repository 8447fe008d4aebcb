"""I did it: what was done with a card, and what that did; and taking back what was not."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from baohao.app.kept import adding, plan, story
from baohao.app.kept.adding import Wanted
from baohao.app.kept.listing import Card
from baohao.core.decide.case import WouldShorten
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.cards import words
from baohao.web.cards.forms import Done
from baohao.web.cards.own import acted_on, own_card
from baohao.web.desk import desk, made
from baohao.web.formats import day
from baohao.web.wording import said


@holders
def done(request: HttpRequest, card: str) -> HttpResponse:
    """Take down what was done; say the new date, or that it changed nothing."""
    own = acted_on(request, card)
    found, shortens = own.card, False
    planned = plan.of_card(found, own.now)
    # What nobody has said the price of is not put into the form as if somebody had.
    first = planned.next if planned.is_priced else None
    form = Done(request.POST or None, policy=found.policy, today=own.today, first=first)
    if request.method == "POST" and form.is_valid():
        try:
            act = _record(request, found, form, own.now)
            _tell(request, found, own_card(request, card).card, act)
            return redirect("cards_card", card=card)
        except WouldShorten as refusal:
            shortens = True
            form.refuse(refusal)
        except Refusal as refusal:
            form.refuse(refusal)
    page = {"card": found, "form": form, "plan": planned, "shortens": shortens, "now": own.now}
    return render(request, "cards/done.html", page, status=409 if form.is_bound else 200)


def _record(request: HttpRequest, card: Card, form: Done, now: datetime) -> str:
    """
    Record an act, once for each time that the form was shown; return its id. Raises the refusal.
    """
    data, by = form.cleaned_data, signed_in(request).holder
    amount = data["amount"] if data["act"] in form.money else ""
    told = Wanted(product=card.policy.name, amount=amount, sku=data.get("sku", ""))
    payload: dict[str, Any] = adding.last(card.policy, data["act"], data["on"], told, now)
    payload |= {"evidence": data["evidence"].strip()}
    if data["accept_shorter"]:
        payload["accept_shorter"] = True
    key = f"did:{data['key']}"
    answer = desk().ask(made("record", card.subject, payload, by=by, channel="app", key=key))
    return str(answer.answer["id"])


def _tell(request: HttpRequest, before: Card, after: Card, act: str) -> None:
    """Say the new date, or plainly that nothing changed."""
    if after.computed != before.computed and after.computed is not None:
        text = gettext("Taken down. By its rules the card is good until {day} now.")
        messages.success(request, text.format(day=day(after.computed)))
        return
    gave = {each.act for world in after.state.standings for each in world.benefits}
    if act in gave and after.computed is not None:
        text = gettext("Taken down. It changes no date: the card is good until {day} already.")
        messages.success(request, text.format(day=day(after.computed)))
        return
    text = gettext(
        "Taken down, but it changes no date: by the rules of {product} it does not count now."
    )
    messages.warning(request, text.format(product=words.product(after.policy)))


@holders
def undo(request: HttpRequest, card: str) -> HttpResponse:
    """Take back what was recorded by mistake."""
    own = acted_on(request, card)
    of = (request.POST or request.GET).get("act", "")[:200]
    told = desk().read(partial(story.story, terms=desk().terms, state=own.card.state))
    entry = next((each for each in told if of and each.act == of), None)
    if entry is None:
        # A second tap finds that it is gone.
        if request.method == "POST" or not of:
            return redirect("cards_card", card=card)
        raise Http404
    refused = None
    if request.method == "POST":
        try:
            _unrecord(request, own.card, of)
            after = own_card(request, card).card
            if after.computed is not None:
                text = gettext("Taken back. By its rules the card is good until {day} now.")
                messages.success(request, text.format(day=day(after.computed)))
            else:
                messages.success(request, gettext("Taken back."))
            return redirect("cards_card", card=card)
        except Refusal as refusal:
            refused = said(refusal)
    page = {"card": own.card, "entry": entry, "refused": refused, "key": new_id()}
    return render(request, "cards/undo.html", page, status=409 if refused else 200)


def _unrecord(request: HttpRequest, card: Card, of: str) -> None:
    by, why = signed_in(request).holder, request.POST.get("why", "").strip()[:200]
    payload = {"of": of, "reason": why}
    # An act can be taken back once, so it is its own key.
    asked = made("unrecord", card.subject, payload, by=by, channel="app", key=f"undid:{of}")
    desk().ask(asked)
