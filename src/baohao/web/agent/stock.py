"""The agent's stock: cards that it was allotted, and activating one for a customer."""

from __future__ import annotations

from functools import partial
from io import StringIO
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from baohao.app import cards
from baohao.app.agents import stock
from baohao.app.csv_files import write_rows
from baohao.app.glance import Glance
from baohao.core.refusals import Refusal
from baohao.web import selling
from baohao.web.accounts.doors import workers
from baohao.web.accounts.roles import Act
from baohao.web.agent import own, rights
from baohao.web.agent.lines import Find, table
from baohao.web.agent.rights import RightMissing
from baohao.web.agent.selling import Buying, promise_page, promised, service_fee_max
from baohao.web.desk import desk
from baohao.web.vocabulary import DOCUMENTS
from baohao.web.wording import said

PAGE = 50
RESIDENCIES = {
    "resident": gettext_lazy("Resident"),
    "visitor": gettext_lazy("Visitor"),
}


class Particulars(Buying):
    """Who will hold the number, without naming anybody: the operator registers names."""

    document = forms.ChoiceField(
        choices=list(DOCUMENTS.items()), label=gettext_lazy("Document that you were shown")
    )
    residency = forms.ChoiceField(
        choices=list(RESIDENCIES.items()), label=gettext_lazy("Residency")
    )
    identity_until = forms.DateField(
        required=False,
        label=gettext_lazy("Until when the document is valid"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def about(self) -> dict[str, str]:
        """Return what an activation says of its holder."""
        until = self.cleaned_data["identity_until"]
        found = {name: self.cleaned_data[name] for name in ("document", "residency")}
        found["identity_until"] = "" if until is None else until.isoformat()
        return {name: value for name, value in found.items() if value}


@workers(Act.SELL)
def held(request: HttpRequest) -> HttpResponse:
    """List the cards by number; or find one by what is printed on it."""
    agent = own.agent_of(request)
    form = Find(request.GET if "what" in request.GET else None)
    if form.is_bound and form.is_valid():
        try:
            number = desk().read(partial(cards.number_of, text=form.cleaned_data["what"]))
            _card(request, number)
            return redirect("agent_card", number=number)
        except Refusal as refusal:
            form.add_error("what", said(refusal))
        except Http404:
            form.add_error("what", gettext_lazy("No card of your stock is that."))
    after = request.GET.get("after", "")
    behind = f"+{after}" if after.isascii() and after.isdigit() else ""
    rows = desk().read(partial(stock.held, agent=agent.key, after=behind, limit=PAGE + 1))
    page = {
        "agent": agent,
        "form": form,
        "rows": rows[:PAGE],
        "plans": desk().read(partial(stock.counted, agent=agent.key)),
        "next": rows[PAGE - 1].number.removeprefix("+") if len(rows) > PAGE else "",
        "is_first": not behind,
        "may_activate": rights.may_activate(request),
    }
    return render(request, "agent/stock.html", page)


@workers(Act.SELL)
def held_export(request: HttpRequest) -> HttpResponse:
    """Give the stock as a table."""
    agent, out = own.agent_of(request), StringIO()

    def written(conn: Any) -> int:
        rows = stock.all_held(conn, agent.key)
        cells = ((c.number, c.iccid, c.plan, c.since.isoformat()) for c in rows)
        return write_rows(out, stock.COLUMNS, cells)

    desk().read(written)
    return table(out.getvalue(), "stock.csv")


@workers(Act.SELL)
def card(request: HttpRequest, number: str) -> HttpResponse:
    """Show a card in stock; take the particulars, and promise a term."""
    found, agent = _card(request, number), own.agent_of(request)
    form, refused = Particulars(found.currency, request.POST or None), None
    may = rights.may_activate(request)
    if request.method == "POST" and form.is_valid():
        try:
            if not may:
                raise RightMissing()
            quote = promised(found, agent, "activate", request.POST.get("term", ""), form)
            address = reverse("agent_card_promise", args=[number, quote])
            return redirect(f"{address}?{urlencode(form.about())}")
        except Refusal as refusal:
            refused = own.told(request, refusal)
    offers = [each for each in found.offers if each.what == "activate"]
    page = {
        "line": found,
        "form": form,
        "offers": [(each, selling.term(each.term)) for each in offers],
        "fee_max": service_fee_max(found),
        "may_activate": may,
        "refused": refused,
    }
    return render(request, "agent/card.html", page, status=409 if refused else 200)


@workers(Act.SELL)
def promise(request: HttpRequest, number: str, quote: UUID) -> HttpResponse:
    """Show what is promised; paid from the float, the card is somebody's line."""
    found = _card(request, number)
    # The particulars stand in the address, so that a reload and the way back keep them.
    form = Particulars(found.currency, request.GET)
    if not form.is_valid():
        return redirect("agent_card", number=number)
    if request.method == "POST" and not rights.may_activate(request):
        raise RightMissing()
    # The same quote sent again is the same holder.
    about = {**form.about(), "holder": f"h-{quote.hex}"}
    return promise_page(request, found, quote, reverse("agent_card", args=[number]), about)


def _card(request: HttpRequest, number: str) -> Glance:
    """Return a card in the agent's stock; raises `Http404` for any other line."""
    found = own.own(request, number)
    if found.agent != own.agent_of(request).key or found.kind != "stock":
        raise Http404
    return found
