"""
A customer leaves: their cards become their own, by a link that works once, or are let go.

Whoever opens the link has an account of their own here. Each card comes under their watch before it
leaves the keeper's, under keys that follow from the link: what stops half-way goes on when they
open it again.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from baohao.app.kept import about, customers, handing
from baohao.app.kept.about import About, Noted, NotesMoved
from baohao.app.kept.customers import Book, Entry
from baohao.app.kept.listing import Card
from baohao.core.asks import Ask
from baohao.core.decide.stock import LineExists
from baohao.core.kept import kept_key
from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.customers import passes
from baohao.web.customers.models import Pass
from baohao.web.customers.room import own, write
from baohao.web.desk import desk, made
from baohao.web.wording import said


class YourOwn(Refusal):
    """These cards are your own customer's: whoever is to have them opens the link signed in."""

    code = "customers.your_own"


@holders
def leave(request: HttpRequest, customer: UUID) -> HttpResponse:
    """Hand a customer's cards over to them, or let them go."""
    book, entry = own(request, customer)
    refused = None
    if request.method == "POST":
        try:
            return _left(request, book, entry)
        except Refusal as refusal:
            refused = said(refusal)
    take = passes.standing(Pass.TAKE, book.keeper, customer)
    address = "" if take is None else reverse("take_over", args=[passes.token(take)])
    page = {
        "entry": entry,
        "customer": entry.customer,
        "cards": [card for card in book.cards_of(entry) if not card.is_over],
        "link": request.build_absolute_uri(address) if address else "",
        "link_until": take and take.until,
        "refused": refused,
    }
    return render(request, "customers/leave.html", page, status=409 if refused else 200)


def _left(request: HttpRequest, book: Book, entry: Entry) -> HttpResponse:
    what, id_ = request.POST.get("what", ""), UUID(entry.id)
    if what == "hand":
        passes.make(Pass.TAKE, book.keeper, id_)
        return redirect("customer_leave", customer=id_)
    if what == "keep":
        passes.revoke(Pass.TAKE, book.keeper, id_)
        return redirect("customer_leave", customer=id_)
    if what == "back":
        write(replace(entry, customer=replace(entry.customer, has_left=False)), book.keeper)
    elif what == "go":
        for card in book.cards_of(entry):
            if not card.is_over:
                desk().ask(_let_go(card, f"customers:go:{card.subject}:{card.state.version}"))
        _has_left(book, entry)
        messages.success(request, gettext("Nothing of theirs is watched over any more."))
    return redirect("customer", customer=id_)


def _let_go(card: Card, key: str) -> Ask:
    why = {"cause": "holder", "reason": "the customer left"}
    return made("terminate", card.subject, why, by=card.keeper, channel="app", key=key)


def _has_left(book: Book, entry: Entry) -> None:
    """Say that a customer is one no longer; their links show nothing any more."""
    for kind in (Pass.LOOK, Pass.TAKE):
        passes.revoke(kind, book.keeper, UUID(entry.id))
    if not entry.customer.has_left:
        write(replace(entry, customer=replace(entry.customer, has_left=True)), book.keeper)


# --- taking over ----------------------------------------------------------------------------------


@holders
def take_over(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a keeper hands over to the reader, and have them take it."""
    found, me = passes.read(Pass.TAKE, token), signed_in(request).holder
    if found is None or found.used_by not in ("", me):
        raise Http404
    if not found.used_by and not passes.is_good(found):
        raise Http404
    book = desk().read(
        partial(
            customers.book,
            terms=desk().terms,
            vault=desk().house.vault,
            keeper=found.keeper,
        )
    )
    entry, refused = book.by_id.get(str(found.customer)), None
    if entry is None and not found.used_by:
        raise Http404
    cards = [card for card in book.cards_of(entry) if not card.is_over] if entry else []
    if request.method == "POST" and entry is not None:
        try:
            _take(found, me, cards)
            _has_left(book, entry)
            messages.success(request, gettext("The cards are yours to look after now."))
            return redirect("cards")
        except Refusal as refusal:
            refused = said(refusal)
    page: dict[str, Any] = {"cards": cards, "practice": book.practice, "refused": refused}
    return render(request, "customers/take.html", page, status=409 if refused else 200)


def _take(found: Pass, me: str, cards: list[Card]) -> None:
    """Bring cards under a customer's own watch; of two people who open a link the first has it."""
    if found.keeper == me:
        raise YourOwn()
    with transaction.atomic():
        kept = Pass.objects.select_for_update().get(id=found.id)
        if kept.used_by not in ("", me) or (not kept.used_by and not passes.is_good(kept)):
            raise Http404
        Pass.objects.filter(id=kept.id).update(used_by=me)
    for card in cards:
        key = f"pass:{found.id}:{card.subject}"
        try:
            for n, (verb, told) in enumerate(handing.retold(card, me)):
                there = kept_key(card.number, me)
                desk().ask(made(verb, there, told, by=me, channel="app", key=f"{key}:{n}"))
        except LineExists:
            # They watch over it already: what they know of it stands.
            pass
        _name(card, me)
        desk().ask(_let_go(card, key))


def _name(card: Card, me: str) -> None:
    """Say of a card what its keeper called it, and what hangs on it."""
    known = card.noted.about
    told = Noted(about=About(name=known.name, hangs=known.hangs))
    work = partial(
        about.write,
        vault=desk().house.vault,
        keeper=me,
        card=kept_key(card.number, me),
        noted=told,
    )
    try:
        desk().shell.run(work)
    except NotesMoved:
        # They have said something of it themselves.
        return
