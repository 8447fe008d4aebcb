"""Cards of a customer's: taken under watch, and what is taken for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from baohao.app.kept import about, adding, customers
from baohao.app.kept.customers import Entry
from baohao.core.asks import Ask
from baohao.core.decide.stock import LineExists
from baohao.core.identifiers.number import parse_number
from baohao.core.kept import kept_key
from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import holders
from baohao.web.customers import forms
from baohao.web.customers.room import own, own_card
from baohao.web.desk import desk, made
from baohao.web.wording import said


@holders
def add(request: HttpRequest, customer: UUID) -> HttpResponse:
    """Take cards of a customer's under watch; each has an outcome of its own."""
    book, entry = own(request, customer)
    now = desk().now()
    products = adding.products(desk().terms.rules, now.date())
    form = forms.Adding(request.POST or None, products)
    outcomes: list[tuple[str, str]] = []
    if request.method == "POST" and form.is_valid():
        numbers = form.cleaned_data["numbers"].split("\n")[: forms.NUMBERS_MAX]
        lines = list(dict.fromkeys(filter(None, (each.strip() for each in numbers))))
        outcomes = _added(book.keeper, entry, lines, form.wanted())
        if outcomes and not any(refused for _, refused in outcomes):
            messages.success(request, gettext("They are watched over now."))
            return redirect("customer", customer=customer)
    page = {"form": form, "entry": entry, "outcomes": outcomes}
    is_refused = any(refused for _, refused in outcomes)
    return render(request, "customers/add.html", page, status=409 if is_refused else 200)


def _added(
    keeper: str, entry: Entry, lines: Sequence[str], wanted: adding.Wanted
) -> list[tuple[str, str]]:
    """Take cards under watch; return each line with why not, or nothing."""
    outcomes: dict[str, str] = {}
    asks: dict[str, Ask] = {}
    now = desk().now()
    for line in lines:
        try:
            subject = kept_key(parse_number(line), keeper)
            said_ = adding.asked(desk().terms.rules, wanted, keeper, now)
        except Refusal as refusal:
            outcomes[line] = said(refusal)
        else:
            asks[line] = made("keep", subject, said_, by=keeper, channel="app")
    for line, answer in zip(asks, desk().ask_all(list(asks.values())), strict=True):
        outcomes[line] = ""
        if isinstance(answer, LineExists):
            outcomes[line] = gettext("You watch over this card already.")
        elif isinstance(answer, Refusal):
            outcomes[line] = said(answer)
        else:
            _note(keeper, asks[line].subject, entry.customer.name)
    return [(line, outcomes[line]) for line in lines]


def _note(keeper: str, subject: str, whose: str) -> None:
    """Say whose a card is."""
    work = partial(
        customers.say_whose,
        vault=desk().house.vault,
        keeper=keeper,
        subject=subject,
        whose=whose,
    )
    desk().shell.run(work)


@holders
@require_POST
def take(request: HttpRequest, customer: UUID) -> HttpResponse:
    """Say that one of the reader's cards is a customer's."""
    book, entry = own(request, customer)
    wanted = request.POST.get("card", "")
    for card in book.cards:
        if card.subject == f"+{wanted}" and not card.noted.about.whose:
            _note(book.keeper, card.subject, entry.customer.name)
            return redirect("customer", customer=customer)
    raise Http404


@holders
def card_fee(request: HttpRequest, customer: UUID, card: str) -> HttpResponse:
    """Say what is taken for one card; empty: as for the customer."""
    book, entry = own(request, customer)
    meant = own_card(book, entry, card)
    known, vault = meant.noted, desk().house.vault
    own_fee = book.fee(meant) if known.about.fee_minor is not None else None
    initial = {**forms.charged(own_fee, book.fee(meant)), "version": known.version}
    form, refused = forms.CardFee(request.POST or None, initial=initial), None
    if request.method == "POST" and form.is_valid():
        fee = form.cleaned_data["taken"]
        told = replace(
            known.about,
            fee_minor=fee.minor if fee else None,
            fee_currency=fee.currency if fee else "",
        )
        noted = replace(known, about=told, version=form.cleaned_data["version"])
        work = partial(
            about.write, vault=vault, keeper=book.keeper, card=meant.subject, noted=noted
        )
        try:
            desk().shell.run(work)
            return redirect("customer", customer=customer)
        except Refusal as refusal:
            refused = said(refusal)
    page = {"form": form, "refused": refused, "entry": entry, "card": meant}
    return render(request, "customers/fee.html", page, status=409 if refused else 200)
