"""A day's work: who is due, what was done for them, a message to hand on, who has paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from baohao.app.kept.customers import Book, Entry
from baohao.app.kept.listing import Card
from baohao.core.policy.model import Policy
from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.customers import forms, ledger, papers, passes, words
from baohao.web.customers.ledger import Done, Outcome
from baohao.web.customers.models import Deed, Pass
from baohao.web.customers.room import AHEAD, book_of, is_due, own, own_card, own_deed
from baohao.web.customers.views import shown
from baohao.web.customers.words import Price
from baohao.web.desk import desk
from baohao.web.wording import said

#: How far a morning looks ahead, unless told otherwise.
MORNING = "14"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One card of a morning."""

    card: Card
    entry: Entry
    price: Price

    @property
    def value(self) -> str:
        """As a tick has it: the card, and its version as it is shown."""
        return f"{self.card.subject[1:]}|{self.card.state.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Cards of one product that are due."""

    policy: Policy
    dues: Sequence[Due]
    form: forms.Doing


@holders
def morning(request: HttpRequest) -> HttpResponse:
    """List the cards that are due, by product; tick several, and say what was done for them."""
    book, keeper = book_of(request), signed_in(request).holder
    today, now = ledger.today(keeper), desk().now()
    asked = request.GET.get("within", MORNING)
    within = asked if asked in map(str, AHEAD) else MORNING
    outcomes: list[Outcome] = []
    groups = _groups(book, today, now, within, request.POST.get("product"), request.POST or None)
    if request.method == "POST":
        meant = next((each for each in groups if each.form.is_bound), None)
        if meant is None or meant.form.is_valid():
            outcomes = _ticked(request, book, meant)
        if outcomes:
            book = book_of(request)
            groups = _groups(book, today, now, within, None, None)
    page = {
        "groups": groups,
        "outcomes": [_told(each) for each in outcomes],
        "within": within,
        "ahead": [str(each) for each in AHEAD],
        "today": today,
    }
    return render(request, "customers/morning.html", page)


def _groups(
    book: Book, today: date, now: datetime, within: str, product: str | None, data: Any
) -> list[Group]:
    found: dict[str, list[Due]] = {}
    for card in book.cards:
        entry = book.owner(card)
        # The one that was sent is shown whole, whatever was done for its cards meanwhile.
        is_meant = card.policy.name == product or is_due(card, today, within)
        if entry is not None and not entry.customer.has_left and is_meant and not card.is_over:
            due = Due(card=card, entry=entry, price=words.price(book, card, now))
            found.setdefault(card.policy.name, []).append(due)
    groups = []
    for n, (name, dues) in enumerate(found.items()):
        policy, first = dues[0].card.policy, dues[0].price
        choices = forms.acts(policy, first)
        said_ = data if name == product else None
        form = forms.Doing(said_, policy, choices, today, auto_id=f"id_{n}_%s")
        groups.append(Group(policy=policy, dues=dues, form=form))
    return groups


def _ticked(request: HttpRequest, book: Book, group: Group | None) -> list[Outcome]:
    """Record what was ticked; raises `Http404` for what is not the reader's."""
    if group is None:
        raise Http404
    known = {due.card.subject[1:]: due for due in group.dues}
    wanted = []
    for tick in request.POST.getlist("card"):
        subject, _, version = tick.partition("|")
        if subject not in known or not version.isascii() or not version.isdecimal():
            raise Http404
        due = known[subject]
        wanted.append(_done(book, due.card, due.entry, group.form, int(version), due.price.fee))
    return _recorded(book, group.form.cleaned_data["key"], wanted)


def _done(book: Book, card: Card, entry: Entry, form: forms.Doing, version: int, fee: Any) -> Done:
    data = form.cleaned_data
    return Done(
        card=card,
        version=version,
        entry=entry,
        kind=data["kind"],
        on=data["on"],
        amount=data["face"],
        sku=data["sku"],
        cost_minor=data["cost_minor"],
        fee=fee,
        is_all_in=book.practice.is_all_in,
        paid_by=data["paid"],
    )


def _recorded(book: Book, key: UUID, wanted: Sequence[Done]) -> list[Outcome]:
    """Record what was done, and give receipts for what was paid."""
    outcomes = ledger.do(book.keeper, key, wanted)
    for each in outcomes:
        if each.deed is not None and each.deed.paid_by:
            papers.give(each.deed, book)
    return outcomes


def _told(outcome: Outcome) -> dict[str, Any]:
    deed = outcome.deed
    return {
        "entry": outcome.done.entry,
        "card": outcome.done.card,
        "deed": deed,
        "refused": said(outcome.refusal) if outcome.refusal else "",
        "receipt": deed and deed.receipts.filter(is_live=True).first(),  # type: ignore[attr-defined]
    }


# --- one card -------------------------------------------------------------------------------------


@holders
def did(request: HttpRequest, customer: UUID, card: str) -> HttpResponse:
    """Say what was done for one card, what it cost, and what is taken for it."""
    book, entry = own(request, customer)
    meant = own_card(book, entry, card)
    price, today = words.price(book, meant, desk().now()), ledger.today(book.keeper)
    form, refused = forms.DoingOne(request.POST or None, meant, price, today), None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done = _done(book, meant, entry, form, data["version"], data["taken"])
        (outcome,) = _recorded(book, data["key"], [done])
        if outcome.refusal is None:
            messages.success(request, gettext("It is recorded."))
            return redirect("customer", customer=customer)
        refused = said(outcome.refusal)
    page = {"form": form, "entry": entry, "card": meant, "refused": refused}
    return render(request, "customers/did.html", page, status=409 if refused else 200)


@holders
def message(request: HttpRequest, customer: UUID, card: str = "") -> HttpResponse:
    """Write a message for a customer, to be handed on: of all their cards that are due, or one."""
    book, entry = own(request, customer)
    today = ledger.today(book.keeper)
    cards = due_cards(book.cards_of(entry), today)
    if card:
        cards = [own_card(book, entry, card)]
    look = passes.standing(Pass.LOOK, book.keeper, customer)
    link = "" if look is None else address(request, look)
    text = words.message(book, entry, cards, desk().now(), link, today) if cards else ""
    page = {
        "entry": entry,
        "customer": entry.customer,
        "text": text,
        "rows": text.count("\n") + 3,
        "shares": words.shares(text, link, entry.customer.contact),
        "tongue": words.language(entry.customer),
        "has_pay": bool(book.practice.pay),
        "link": link,
    }
    return render(request, "customers/message.html", page)


def due_cards(cards: Sequence[Card], today: date) -> list[Card]:
    """Return which of a customer's cards are spoken of: those due soon, or the one due first."""
    ahead = [card for card in cards if card.due is not None]
    return [card for card in ahead if is_due(card, today, "30")] or ahead[:1]


def address(request: HttpRequest, made: Pass) -> str:
    """Return where a link leads, whole."""
    named = "card_status" if made.kind == Pass.LOOK else "take_over"
    return request.build_absolute_uri(reverse(named, args=[passes.token(made)]))


# --- what is owed ---------------------------------------------------------------------------------


@holders
@require_POST
def settle(request: HttpRequest, deed: UUID) -> HttpResponse:
    """Write down that a customer paid, or need not; or carry on what stopped half-way."""
    kept = own_deed(request, deed)
    book, entry = own(request, kept.customer)
    try:
        _settle(book, kept, request.POST.get("how", ""))
    except Refusal as refusal:
        page = shown(book, entry, said(refusal))
        return render(request, "customers/one.html", page, status=409)
    return redirect("customer", customer=kept.customer)


def _settle(book: Book, deed: Deed, how: str) -> None:
    if how == "again":
        came = ledger.carry([deed])[deed.id]
        if isinstance(came, Refusal):
            raise came
    elif how == "waive":
        ledger.waive(deed)
    elif how == "mistake":
        ledger.undo(deed)
    elif how in words.PAID:
        ledger.paid(deed, how, ledger.today(book.keeper))
    if deed.paid_by:
        papers.give(deed, book)
