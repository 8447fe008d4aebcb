"""Automatic renewal: a standing order on one number, kept by its holder, stopped by one tap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy

from baohao.app import ordered, show
from baohao.app.life import Life
from baohao.app.orders import cards, links
from baohao.core.civil import after, before
from baohao.core.line.ordered import CARD, FAILED, KINDS
from baohao.core.line.state import LineState
from baohao.core.money import MoneyMalformed, parse_minor
from baohao.core.refusals import Refusal
from baohao.core.standing_orders import A_WEEK, TWO_WEEKS, StepKind
from baohao.outside.ids import new_id
from baohao.web import selling
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.desk import desk, made
from baohao.web.holder import saying
from baohao.web.holder.own import own_life
from baohao.web.templatetags.saying import day, money
from baohao.web.wording import said

#: What an order does next.
STEPS = {
    StepKind.NOTIFY: gettext_lazy("You are told of the charge"),
    StepKind.HAND_OVER: gettext_lazy("You are being told; nothing is charged a week before that"),
    StepKind.CHARGE: gettext_lazy("The renewal is charged"),
    StepKind.GIVE_UP: gettext_lazy("It gives up, and you are told"),
}
#: Why a charge failed, by the code that it was refused with.
REASONS = {
    "money.short": gettext_lazy("There was too little in the wallet."),
    "standing_orders.over_limit": gettext_lazy("The price was above your limit."),
    "grants.none": gettext_lazy("Whoever was to pay may not any more."),
    "standing_orders.plan": gettext_lazy("The number has another plan now."),
}
OTHER_REASON = gettext_lazy("It could not be charged.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Something that the order did."""

    at: datetime
    said: str
    why: str


class Consent(forms.Form):
    """What the holder agrees to."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    term = forms.ChoiceField(label=gettext_lazy("For how long each time"))
    payer = forms.ChoiceField(label=gettext_lazy("Paid by"))
    limit = forms.CharField(
        max_length=20,
        label=gettext_lazy("The most that may be charged at once"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    agreed = forms.BooleanField(
        label=gettext_lazy("I agree that this number is renewed by itself until I stop it.")
    )

    def __init__(
        self, data: Any, currency: str, terms: list[tuple[str, str]], payers: list[tuple[str, str]]
    ) -> None:
        super().__init__(data, initial={"key": new_id()})
        self._currency = currency
        self.fields["term"].choices = terms  # type: ignore[attr-defined]
        self.fields["payer"].choices = payers  # type: ignore[attr-defined]

    def clean_limit(self) -> int:
        """Return the limit in minor units."""
        try:
            return parse_minor(self.cleaned_data["limit"].strip(), self._currency)
        except MoneyMalformed as malformed:
            raise forms.ValidationError(said(malformed)) from None


@holders
def order(request: HttpRequest, number: str) -> HttpResponse:
    """Show the standing order of a number, and stop it; or let one be agreed to."""
    life = own_life(request, number)
    state = desk().read(partial(show.find, number=number))
    told = ordered.facts(state, desk().house.library.policies)
    if request.method == "POST" and "stop" in request.POST:
        return _stopped(request, number)
    if told is not None and told["stopped_at"] is None:
        if request.method == "POST":
            # A second tap: it was agreed to already.
            return redirect("my_order", number=number)
        zone = desk().house.library.policies[state.pin].zone
        page = {"line": life.glance, "told": _said(told, zone), "attempts": _attempts(life)}
        page["link"] = _link(request, number, told["order"])
        return render(request, "holder/order.html", page)
    return _offered(request, life, state)


def _stopped(request: HttpRequest, number: str) -> HttpResponse:
    by = signed_in(request).holder
    asked = links.stopping(number, request.POST["stop"], by, "app", new_id())
    try:
        desk().ask(asked)
    except Refusal:
        # There is no such order (any more): what was wanted is so.
        return redirect("my_order", number=number)
    messages.success(request, gettext("Stopped. Nothing is charged by itself any more."))
    return redirect("my_order", number=number)


def _offered(request: HttpRequest, life: Life, state: LineState) -> HttpResponse:
    """Offer what may be agreed to; keep it once for each time that the form was shown."""
    line, refused = life.glance, None
    offers = [each for each in line.offers if each.what == "renew" and each.term]
    if not offers:
        return render(request, "holder/order_none.html", {"line": line})
    terms = [
        (each.term, f"{selling.term(each.term)} · {money(each.price_minor, line.currency)}")
        for each in offers
    ]
    form = Consent(
        request.POST or None, line.currency, terms, _payers(request, state, line.currency)
    )
    if request.method == "POST" and form.is_valid():
        try:
            desk().ask(_consented(request, line.number, form))
        except Refusal as refusal:
            refused = said(refusal)
        else:
            messages.success(request, gettext("This number is renewed by itself from now on."))
            return redirect("my_order", number=line.number)
    page = {
        "line": line,
        "form": form,
        "refused": refused,
        "attempts": _attempts(life),
        "dearest": max(each.price_minor for each in offers),
    }
    if life.paid_until is not None:
        zone = desk().house.library.policies[state.pin].zone
        charged = before(life.paid_until, TWO_WEEKS, zone)
        notice = max(before(charged, A_WEEK, zone), life.now)
        page |= {"notice": notice, "charged": max(charged, after(notice, A_WEEK, zone))}
    return render(request, "holder/order_new.html", page, status=409 if refused else 200)


def _consented(request: HttpRequest, number: str, form: Consent) -> Any:
    data = form.cleaned_data
    asked = {
        "term": data["term"],
        "payer": data["payer"],
        "limit_minor": data["limit"],
        "consent": "the holder's own page",
    }
    by = signed_in(request).holder
    return made("order", number, asked, by=by, channel="app", key=f"order:{data['key']}")


def _payers(request: HttpRequest, state: LineState, currency: str) -> list[tuple[str, str]]:
    """Return whose money may pay: the holder's wallet, and cards that this tenure had kept."""
    holder = signed_in(request).holder
    left = money(selling.wallet(holder, currency), currency)
    found = [(f"wallet:{holder}:{currency}", gettext("My wallet ({left})").format(left=left))]
    for kept in desk().read(partial(cards.kept, line=state)):
        on = day(kept.created_at)
        words = gettext("The card that paid on {day}").format(day=on)
        found.append((f"{CARD}{kept.payment.id}", words))
    return found


def _said(told: dict[str, Any], zone: tzinfo) -> dict[str, Any]:
    """Say an order's facts in words, and its instants by a zone."""

    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone(zone)

    following = told["next"]
    wallet = not told["payer"].startswith(CARD)
    return {
        **told,
        "payer": gettext("My wallet") if wallet else gettext("A card that was kept"),
        "step": "" if following is None else STEPS[StepKind(following["step"])],
        "step_at": None if following is None else at(following["at"]),
        "why": _why(told["code"]) if told["code"] else "",
        "consented_at": at(told["consented_at"]),
    }


def _attempts(life: Life) -> list[Attempt]:
    """Return what orders did on this line in this tenure, the last first."""
    return [
        Attempt(
            at=each.at,
            said=saying.happened(each, life.glance.currency).said,
            why=_why(each.what) if each.event == FAILED else "",
        )
        for each in life.happened
        if each.event in KINDS
    ]


def _why(code: str) -> str:
    return str(REASONS.get(code, OTHER_REASON))


def _link(request: HttpRequest, number: str, order_: str) -> str:
    token = links.link(number, order_, desk().house.seals.sign)
    return request.build_absolute_uri(f"/stop/{token}/")
