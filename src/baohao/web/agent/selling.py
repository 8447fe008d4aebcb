"""Selling from the agent's float: a term and a fee are asked, a promise is shown, and sold once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy

from baohao.app.glance import Glance
from baohao.app.receipts import sold
from baohao.core.agents import Agent
from baohao.core.money import MoneyMalformed, format_minor, parse_minor
from baohao.core.refusals import Refusal
from baohao.web import selling
from baohao.web.accounts.doors import workers
from baohao.web.accounts.roles import Act
from baohao.web.agent import own, rights
from baohao.web.desk import desk, made
from baohao.web.formats import PAPER
from baohao.web.wording import said

#: Longer than any amount that somebody means.
AMOUNT_MAX = 20


class Buying(forms.Form):
    """What an agent may add to a term."""

    code = forms.CharField(
        max_length=80, required=False, label=gettext_lazy("Promotion code, if there is one")
    )
    service_fee = forms.CharField(
        max_length=AMOUNT_MAX,
        required=False,
        label=gettext_lazy("Your own service fee, on top"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, currency: str, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._currency = currency

    def clean_service_fee(self) -> int:
        """Return minor units."""
        return amount(self.cleaned_data["service_fee"], self._currency)


def amount(text: str, currency: str) -> int:
    """Read an amount that people wrote; nothing is 0. Raises `ValidationError`."""
    bare = text.replace(" ", "").replace("\u00a0", "")
    if bare.count(",") == 1 and "." not in bare:
        # A comma before the cents, as in Portuguese.
        bare = bare.replace(",", ".")
    try:
        found = parse_minor(bare, currency) if bare else 0
    except MoneyMalformed as malformed:
        raise forms.ValidationError(said(malformed)) from None
    if found < 0:
        raise forms.ValidationError(gettext_lazy("Write an amount of 0 or more."))
    return found


def service_fee_max(line: Glance) -> str:
    """Return the most that agents may ask on top for a line's operator; empty: nothing."""
    schedule = desk().terms.commissions.get(line.operator)
    if schedule is None or schedule.currency != line.currency:
        return ""
    return format_minor(schedule.service_fee_max_minor, schedule.currency)


def promised(line: Glance, agent: Agent, what: str, term: str, form: Buying) -> UUID:
    """Have a quote made for the agent; raises the refusal."""
    asked = {
        "what": what,
        "term": term,
        "codes": [form.cleaned_data["code"]] if form.cleaned_data["code"] else [],
        "service_fee_minor": form.cleaned_data["service_fee"] or None,
    }
    return selling.promised(line.number, asked, by=agent.key, channel=own.CHANNEL)


def bought(
    request: HttpRequest, line: Glance, promise: selling.Promise, more: Mapping[str, Any]
) -> UUID:
    """
    Pay a promise from the float, once; return the id of the act. Raises the refusal, and
    `LimitReached`.
    """
    agent = own.agent_of(request)
    asked = {
        "term": promise.term,
        "quote": str(promise.id),
        "paid": agent.float_account,
        "service_fee_minor": promise.service_fee_minor or None,
        **more,
    }
    # The quote is the key: a second tap is answered with the first sale.
    ask = made(
        promise.verb,
        line.number,
        asked,
        by=agent.key,
        channel=own.CHANNEL,
        key=f"quote:{promise.id}",
        expect_version=line.version,
    )
    with rights.counted(request, agent, ask.key, promise.total_minor):
        answer = desk().ask(ask)
    return UUID(str(answer.answer["id"]))


@workers(Act.SELL)
def done(request: HttpRequest, number: str, ask: UUID) -> HttpResponse:
    """Say what was sold."""
    told = _sale(request, number, ask)
    page = {"told": told, "ask": ask, "sees_money": own.sees_money(request)}
    return render(request, "agent/done.html", page)


@workers(Act.SELL)
def receipt(request: HttpRequest, number: str, ask: UUID) -> HttpResponse:
    """Give the receipt of a sale out of the agent's float, on A5 or the roll of a printer."""
    _sale(request, number, ask)
    giving = desk().house.desk(desk().shell)
    issued = giving.issue(ask)
    paper = "80mm" if request.GET.get("paper") == "80mm" else "a5"
    pdf, _ = giving.pdf(issued, language=PAPER[get_language() or "en"], paper=paper)
    return HttpResponse(pdf, content_type="application/pdf")


def _sale(request: HttpRequest, number: str, ask: UUID) -> Mapping[str, Any]:
    """Return what the agent sold by an act; raises `Http404` for what it did not."""
    payer = own.agent_of(request).float_account
    try:
        return desk().read(
            partial(sold.receipt, terms=desk().terms, act=ask, number=number, payer=payer)
        )
    except sold.ReceiptNotYours:
        raise Http404 from None


def promise_page(
    request: HttpRequest,
    line: Glance,
    quote: UUID,
    back: str,
    more: Mapping[str, Any],
    *,
    is_masked: bool = False,
) -> HttpResponse:
    """
    Show what is promised, and sell it; `more` is what the sale says beside it.

    Where `is_masked`, the number is shown in part: it is no customer's yet.
    """
    promise = selling.promise(line, quote)
    if promise is None:
        return redirect(back)
    refused = None
    if request.method == "POST":
        try:
            act = bought(request, line, promise, more)
            return redirect("agent_done", number=line.number, ask=act)
        except Refusal as refusal:
            refused = own.told(request, refusal)
    page = {
        "line": line,
        "promise": promise,
        "term": selling.term(promise.term),
        "customer_pays_minor": promise.total_minor + promise.service_fee_minor,
        "back": back,
        "is_masked": is_masked,
        "refused": refused,
    }
    return render(request, "agent/promise.html", page, status=409 if refused else 200)
