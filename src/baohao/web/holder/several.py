"""
Several numbers in one payment: which, for how long, one sum, and what became of each.

What was quoted together is kept in the session under the basket's id, which is in the address: the
payment has that id, so that a page loaded again, or sent again, is the same payment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from baohao.app import glance, reach, tenures
from baohao.app.glance import Glance
from baohao.app.payments import baskets
from baohao.core.align import align
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web import selling
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.desk import desk, made
from baohao.web.wording import said

#: In a session: the baskets that were quoted last, by their ids.
BASKETS, KEPT = "baskets", 5
#: "Renew all that run out soon."
SOON = timedelta(days=60)


def renewable(line: Glance) -> list[glance.Offer]:
    """Return the terms that a line may be renewed for."""
    return [each for each in line.offers if each.what == "renew"]


def soon(lines: Sequence[Glance]) -> list[Glance]:
    """Return the lines that may be renewed and run out within `SOON`, late ones too."""
    return [
        each
        for each in lines
        if renewable(each) and each.days_left is not None and each.days_left <= SOON.days
    ]


@holders
def choose(request: HttpRequest) -> HttpResponse:
    """Ask for how long each of the chosen numbers is renewed; then have all of them quoted."""
    lines = _chosen(request)
    refused = None
    if request.method == "POST":
        try:
            baskets.fits(len(lines), [each.currency for each in lines])
            return redirect("my_basket", basket=_quoted(request, lines))
        except Refusal as refusal:
            refused = said(refusal)
    page = {"refused": refused, "is_over": "over" in request.GET, **_dated(request, lines)}
    return render(request, "holder/several.html", page, status=409 if refused else 200)


def _dated(request: HttpRequest, lines: Sequence[Glance]) -> dict[str, Any]:
    """Return each line with its terms and the dates that they reach; of those the nearest alike."""
    numbers = [each.number for each in lines]
    dates = desk().read(partial(reach.dates, terms=desk().terms, numbers=numbers))
    aligned = align(dates)
    chosen = {}
    if "align" in request.GET and aligned is not None:
        chosen = {number: str(each.term) for number, each in aligned.lines.items()}
    rows = []
    for line in lines:
        days = {str(each.term): each.day for each in dates.get(line.number, ())}
        asked = request.POST.get(f"term-{line.number.removeprefix('+')}")
        picked = asked or chosen.get(line.number)
        offers = renewable(line)
        # One of them is always chosen.
        if picked not in [each.term for each in offers]:
            picked = offers[0].term
        options = [
            (each, selling.term(each.term), days.get(each.term), each.term == picked)
            for each in offers
        ]
        rows.append((line, options))
    can = any(len(renewable(each)) > 1 for each in lines) and aligned is not None
    return {"rows": rows, "aligned": aligned, "is_aligned": bool(chosen), "can_align": can}


@holders
def basket(request: HttpRequest, basket: UUID) -> HttpResponse:
    """Show the whole and let it be paid; once it was, say what became of each."""
    kept = request.session.get(BASKETS, {}).get(str(basket))
    if kept is None:
        raise Http404
    if selling.begun(basket):
        return redirect("pay", payment=basket)
    holder = signed_in(request).holder
    quotes = [(number, UUID(quote)) for number, quote in kept["quotes"]]
    lines = _own(holder, [number for number, _ in quotes])
    done = selling.already(quotes, holder)
    if done or kept["tried"]:
        # Sent again, or come back to: it is told, and nothing is bought twice.
        if request.method == "POST":
            return redirect(request.path)
        page = {"outcomes": selling.outcomes(lines, quotes, done), "refused_lines": kept["refused"]}
        return render(request, "holder/outcomes.html", page)
    promises = selling.promises(lines, quotes, live=True)
    if len(promises) < len(quotes):
        numbers = "&".join(f"n={number.removeprefix('+')}" for number, _ in quotes)
        return redirect(f"{reverse('my_several')}?{numbers}&over=1")
    refused = None
    if request.method == "POST":
        try:
            return _paid(request, basket, promises)
        except Refusal as refusal:
            refused = said(refusal)
    total, currency = sum(each.total_minor for each in promises), promises[0].currency
    page = {
        "promises": promises,
        "promise": {"total_minor": total, "currency": currency},
        "gateways": selling.gateways(cards=False),
        "wallet": selling.wallet(holder, currency),
        "refused_lines": kept["refused"],
        "refused": refused,
    }
    return render(request, "holder/basket.html", page, status=409 if refused else 200)


def _paid(request: HttpRequest, basket: UUID, promises: Sequence[selling.Promise]) -> HttpResponse:
    """Pay from the wallet at once, or begin at a gateway; raises the refusal."""
    holder, gateway = signed_in(request).holder, request.POST.get("gateway", "")
    if gateway != "wallet":
        address = request.build_absolute_uri(reverse("pay", args=[basket]))
        quotes = [(each.number, each.id) for each in promises]
        selling.pay_together(basket, quotes, gateway, by=holder, return_url=address)
        return redirect("pay", payment=basket)
    request.session[BASKETS][str(basket)]["tried"] = True
    request.session.modified = True
    desk().ask_all([selling.spend(each, holder) for each in promises])
    return redirect(request.path)


def _quoted(request: HttpRequest, lines: Sequence[Glance]) -> UUID:
    """Have each line quoted, keep what was, and return the basket's id; raises `BasketEmpty`."""
    holder = signed_in(request).holder
    asks = []
    for line in lines:
        digits = line.number.removeprefix("+")
        wanted = {"what": "renew", "term": request.POST.get(f"term-{digits}", "")}
        asks.append(made("quote", line.number, wanted, by=holder, channel="app"))
    quotes, refused = [], []
    for line, answer in zip(lines, desk().ask_all(asks), strict=True):
        if isinstance(answer, Refusal):
            refused.append((line.number, said(answer)))
        else:
            quotes.append((line.number, str(answer.answer["quote"])))
    if not quotes and refused:
        raise _Nothing(reasons="; ".join(f"{number}: {text}" for number, text in refused))
    basket = new_id()
    known = list(request.session.get(BASKETS, {}).items())[-(KEPT - 1) :]
    made_ = {"quotes": quotes, "refused": refused, "tried": False}
    request.session[BASKETS] = dict([*known, (str(basket), made_)])
    return basket


class _Nothing(Refusal):
    """None of these numbers can be renewed now. {reasons}"""

    code = "basket.nothing"


def _chosen(request: HttpRequest) -> list[Glance]:
    """Return the lines that were ticked, or all that run out soon; of others' raises `Http404`."""
    holder = signed_in(request).holder
    asked = request.POST if request.method == "POST" else request.GET
    if "soon" in asked:
        held = desk().read(partial(tenures.of_holder, holder=holder))
        return soon(list(selling.glances([each.number for each in held]).values()))
    numbers = list(dict.fromkeys(f"+{digits}" for digits in asked.getlist("n")))
    return [each for each in _own(holder, numbers).values() if renewable(each)]


def _own(holder: str, numbers: Sequence[str]) -> Mapping[str, Glance]:
    """Return lines of a holder's; raises `Http404` where one is not, whether it is there or not."""
    held = {each.number for each in desk().read(partial(tenures.of_holder, holder=holder))}
    if not held.issuperset(numbers):
        raise Http404
    return selling.glances(numbers)
