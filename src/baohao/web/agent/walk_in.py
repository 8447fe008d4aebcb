"""
Selling to whoever comes: a number that is no customer's yet is renewed from the float.

What is told of it is what a guest would be told: no more than its terms, and the date that a
promise brings. Once it is sold, its holder is a customer.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from baohao.app import cards
from baohao.app.glance import Glance, Offer
from baohao.core.refusals import Refusal
from baohao.web import selling
from baohao.web.accounts.doors import workers
from baohao.web.accounts.roles import Act
from baohao.web.agent import own
from baohao.web.agent.lines import Find
from baohao.web.agent.selling import Buying, promise_page, promised, service_fee_max
from baohao.web.desk import desk
from baohao.web.wording import said


@workers(Act.SELL)
def number(request: HttpRequest) -> HttpResponse:
    """Ask for the number."""
    form = Find(request.GET if "what" in request.GET else None)
    if form.is_bound and form.is_valid():
        try:
            found = desk().read(partial(cards.number_of, text=form.cleaned_data["what"]))
            return redirect("agent_walk_in_terms", number=found)
        except Refusal as refusal:
            form.add_error("what", said(refusal))
    return render(request, "agent/walk_in.html", {"form": form})


@workers(Act.SELL)
def terms(request: HttpRequest, number: str) -> HttpResponse:
    """Offer terms, and repeat the number in part."""
    agent, (line, offers) = own.agent_of(request), _sold(request, number)
    if line is None:
        # A number that is none is told like one that is not for sale here.
        return render(request, "agent/walk_in_none.html", {"number": number}, status=404)
    form, refused = Buying(line.currency, request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            quote = promised(line, agent, "renew", request.POST.get("term", ""), form)
            return redirect("agent_walk_in_promise", number=number, quote=quote)
        except Refusal as refusal:
            refused = own.told(request, refusal)
    page = {
        "line": line,
        "form": form,
        "offers": [(each, selling.term(each.term)) for each in offers],
        "fee_max": service_fee_max(line),
        "refused": refused,
    }
    return render(request, "agent/walk_in_terms.html", page, status=409 if refused else 200)


@workers(Act.SELL)
def promise(request: HttpRequest, number: str, quote: UUID) -> HttpResponse:
    """Show what is promised; paid from the float, it is sold, once."""
    line, _ = _sold(request, number)
    if line is None:
        raise Http404
    back = reverse("agent_walk_in_terms", args=[number])
    return promise_page(request, line, quote, back, {}, is_masked=True)


def _sold(request: HttpRequest, number: str) -> tuple[Glance | None, list[Offer]]:
    """Return a line that the agent may sell time for, and its terms; `None`: there is none."""
    agent = own.agent_of(request)
    try:
        found = selling.look(number)
    except Http404:
        return None, []
    offers = [each for each in found.offers if each.what == "renew"]
    is_sold = found.operator in agent.operators and bool(offers)
    return (found if is_sold else None), offers
