"""Another product for a number that is kept: the old life ends and a new one begins in one go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext

from baohao.app.kept import adding
from baohao.app.kept.listing import Card
from baohao.core.civil import civil_day
from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.cards import add, choices, words
from baohao.web.cards.forms import Adding
from baohao.web.cards.own import acted_on
from baohao.web.desk import desk, made


@holders
def change(request: HttpRequest, card: str) -> HttpResponse:
    """Choose the product that a card is of now, and say what was done with it last."""
    own = acted_on(request, card)
    known = add.offered(own.now.date())
    name = (request.POST or request.GET).get("product", "")
    policy = next((each for each in known if each.name == name), None)
    if policy is None:
        page = add.choosing(request, known, first=own.card.policy.country) | {"card": own.card}
        return render(request, "cards/choose.html", page)
    timezone.activate(policy.zone)
    today = civil_day(own.now, policy.zone)
    form = Adding(request.POST or None, policy=policy, today=today, number=own.card.number)
    if request.method == "POST" and form.is_valid():
        try:
            _changed(request, own.card, form, own.now)
            messages.success(request, gettext("Kept under its new product, from now on."))
            return redirect("cards_card", card=card)
        except Refusal as refusal:
            form.refuse(refusal)
    page = {"card": own.card, "form": form, "policy": policy, "asking": choices.asking(policy)}
    return render(request, "cards/new.html", page, status=409 if form.is_bound else 200)


def _changed(request: HttpRequest, card: Card, form: Adding, now: datetime) -> None:
    """End the old life and begin the new one; what is refused of the new is said before."""
    by, key = signed_in(request).holder, form.cleaned_data["key"]
    payload = adding.asked(desk().terms.rules, form.wanted, card.keeper, now)
    asks = [made("keep", card.subject, payload, by=by, channel="app", key=f"keep:{key}")]
    if not card.is_over:
        why = gettext("It is {product} now").format(product=words.product(form.policy))
        end: dict[str, Any] = {"cause": "operator_exit", "reason": why[:300]}
        asks.insert(0, made("terminate", card.subject, end, by=by, channel="app", key=f"end:{key}"))
    for answer in desk().ask_all(asks):
        if isinstance(answer, Refusal):
            raise answer
