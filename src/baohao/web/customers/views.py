"""The customer list, one customer, and what is said of them and of the keeper."""

from __future__ import annotations

import io
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from baohao.app import csv_files
from baohao.app.kept import customers
from baohao.app.kept.customers import Book, Customer, Entry, Fee
from baohao.app.kept.listing import Card
from baohao.core.money import format_minor
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.customers import forms, ledger, passes, words
from baohao.web.customers.models import Deed, Pass, Receipt
from baohao.web.customers.room import AHEAD, ALL, OTHERS, book_of, own, rows, write
from baohao.web.desk import desk
from baohao.web.wording import said

#: Customers of a page.
PAGE = 50
#: What was done for a customer, at most so much of it.
DEEDS = 100


@holders
def listed(request: HttpRequest) -> HttpResponse:
    """List the reader's customers, who is due first first."""
    book, today = book_of(request), ledger.today(signed_in(request).holder)
    within, wanted = _within(request), request.GET.get("q", "")[:80]
    found = rows(book, today, within, wanted)
    at = request.GET.get("page", "1")
    n = int(at) if at.isascii() and at.isdecimal() and 0 < len(at) < 6 else 1
    page = {
        "rows": found[(n - 1) * PAGE : n * PAGE],
        "count": len(found),
        "n": n,
        "before": n - 1,
        "after": n + 1 if len(found) > n * PAGE else 0,
        "within": within,
        "ahead": [str(each) for each in AHEAD],
        "others": OTHERS,
        "q": wanted,
        "today": today,
        "has_customers": bool(book.entries),
        "unknown": book.unknown(),
        "practice": book.practice,
    }
    return render(request, "customers/listed.html", page)


@holders
def table(request: HttpRequest) -> HttpResponse:
    """Give the list as a table, one row for each card."""
    book, today = book_of(request), ledger.today(signed_in(request).holder)
    out = io.StringIO()
    head = ["name", "contact", "language", "number", "product", "due", "fee", "fee_currency"]
    head += ["owes", "note"]
    lines: list[list[str]] = []
    for row in rows(book, today, _within(request), request.GET.get("q", "")[:80]):
        person = row.entry.customer
        usual = person.fee or book.practice.fee
        owes = "; ".join(f"{format_minor(m, c)} {c}" for c, m in sorted(row.owes.items()))
        lines += [
            [*_said(person), *_card(book, card), owes, person.note] for card in row.cards
        ] or [[*_said(person), "", "", "", *_fee_cells(usual), owes, person.note]]
    csv_files.write_rows(out, head, lines)
    return given(out.getvalue(), "customers.csv")


def _said(person: Customer) -> tuple[str, str, str]:
    return person.name, person.contact, person.language


def _card(book: Book, card: Card) -> tuple[str, ...]:
    due = card.due.isoformat() if card.due else ""
    return card.number, words.product(card), due, *_fee_cells(book.fee(card))


def _fee_cells(fee: Fee | None) -> tuple[str, str]:
    return ("", "") if fee is None else (format_minor(fee.minor, fee.currency), fee.currency)


def given(text: str, name: str) -> HttpResponse:
    """Return a table to be kept."""
    answer = HttpResponse(text.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@holders
def new(request: HttpRequest) -> HttpResponse:
    """Take a customer into the list."""
    keeper = signed_in(request).holder
    book = desk().read(partial(customers.names, vault=desk().house.vault, keeper=keeper))
    initial = {
        "key": new_id(),
        "version": 0,
        "name": request.GET.get("name", "")[: customers.TEXT_MAX],
        "language": request.LANGUAGE_CODE,
        **forms.charged(None, book.practice.fee),
    }
    form, refused = forms.AboutCustomer(request.POST or None, initial=initial), None
    if request.method == "POST" and form.is_valid():
        id_ = str(form.cleaned_data["key"])
        try:
            # A form that is sent twice made its customer before.
            if id_ not in book.by_id:
                write(Entry(id=id_, customer=form.customer()), keeper)
            return redirect("customer", customer=id_)
        except Refusal as refusal:
            refused = said(refusal)
    page = {"form": form, "refused": refused, "practice": book.practice}
    return render(request, "customers/edit.html", page, status=409 if refused else 200)


@holders
def edit(request: HttpRequest, customer: UUID) -> HttpResponse:
    """Change what is said of a customer."""
    book, entry = own(request, customer)
    known = entry.customer
    initial = {
        "key": entry.id,
        "version": entry.version,
        "name": known.name,
        "contact": known.contact,
        "language": words.language(known),
        "note": known.note,
        **forms.charged(known.fee, book.practice.fee),
    }
    form, refused = forms.AboutCustomer(request.POST or None, initial=initial), None
    if request.method == "POST" and form.is_valid():
        try:
            told = form.customer(has_left=known.has_left)
            version = form.cleaned_data["version"]
            write(Entry(id=entry.id, version=version, customer=told), book.keeper)
            messages.success(request, gettext("Kept."))
            return redirect("customer", customer=customer)
        except Refusal as refusal:
            refused = said(refusal)
    page = {"form": form, "refused": refused, "entry": entry, "practice": book.practice}
    return render(request, "customers/edit.html", page, status=409 if refused else 200)


@holders
def me(request: HttpRequest) -> HttpResponse:
    """Say what receipts and messages say of the reader, and what they usually take."""
    keeper, vault = signed_in(request).holder, desk().house.vault
    book = desk().read(partial(customers.names, vault=vault, keeper=keeper))
    known = book.practice
    initial = {
        "version": book.practice_version,
        "name": known.name,
        "contact": known.contact,
        "pay": known.pay,
        "is_all_in": known.is_all_in,
        **forms.charged(known.fee),
    }
    form, refused = forms.AboutMe(request.POST or None, initial=initial), None
    if request.method == "POST" and form.is_valid():
        work = partial(
            customers.write_practice,
            vault=vault,
            keeper=keeper,
            practice=form.practice(),
            version=form.cleaned_data["version"],
        )
        try:
            desk().shell.run(work)
            messages.success(request, gettext("Kept."))
            return redirect("customers")
        except Refusal as refusal:
            refused = said(refusal)
    page = {"form": form, "refused": refused}
    return render(request, "customers/me.html", page, status=409 if refused else 200)


@holders
def one(request: HttpRequest, customer: UUID) -> HttpResponse:
    """Show a customer: their cards, what was done for them, what they owe."""
    book, entry = own(request, customer)
    return render(request, "customers/one.html", shown(book, entry))


def shown(book: Book, entry: Entry, refused: str | None = None) -> dict[str, Any]:
    """Return what the page of a customer shows."""
    deeds = list(
        Deed.objects.filter(keeper=book.keeper, customer=UUID(entry.id)).order_by("-day", "-id")[
            :DEEDS
        ]
    )
    papers: dict[UUID, list[Receipt]] = {}
    for each in Receipt.objects.filter(deed__in=deeds).order_by("year", "n"):
        papers.setdefault(each.deed_id, []).append(each)
    look = passes.standing(Pass.LOOK, book.keeper, UUID(entry.id))
    return {
        "entry": entry,
        "customer": entry.customer,
        "cards": [(card, _fee(book, card)) for card in book.cards_of(entry)],
        "deeds": [(deed, papers.get(deed.id, [])) for deed in deeds],
        "owes": words.summed(deed.due for deed in deeds if deed.is_owed),
        "link": None if look is None else passes.token(look),
        "link_until": look and look.until,
        "paid": words.PAID,
        "today": ledger.today(book.keeper),
        "loose": [card for card in book.cards if not card.noted.about.whose and not card.is_over],
        "refused": refused,
    }


def _fee(book: Book, card: Card) -> str:
    """Say what is taken for a card."""
    fee = book.fee(card)
    return "" if fee is None else words.amounts({fee.currency: fee.minor})


# --- how ------------------------------------------------------------------------------------------


def _within(request: HttpRequest) -> str:
    asked = request.GET.get("within", ALL)
    known = {*map(str, AHEAD), *(name for name, _ in OTHERS)}
    return asked if asked in known else ALL
