"""Whose customers are shown: the reader's own, and nobody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy

from baohao.app.kept import customers
from baohao.app.kept.customers import Book, Customer, Entry
from baohao.app.kept.listing import Card
from baohao.web.accounts.doors import signed_in
from baohao.web.customers import words
from baohao.web.customers.models import Deed
from baohao.web.desk import desk

#: How far ahead a list looks, in days; and the others that it may show.
AHEAD = (7, 14, 30, 60)
LATE, ALL, LEFT = "late", "all", "left"
OTHERS = (
    (LATE, gettext_lazy("Late")),
    (ALL, gettext_lazy("All")),
    (LEFT, gettext_lazy("Have left")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One customer of a list."""

    entry: Entry
    #: The one that is due first first; of a list that looks ahead, those that are due.
    cards: Sequence[Card]
    #: Currency -> minor units.
    owes: dict[str, int]

    @property
    def due(self) -> date:
        """When something is to be done for them."""
        return min((card.due for card in self.cards if card.due), default=date.max)


def book_of(request: HttpRequest) -> Book:
    """Return the reader's customers and cards."""
    house = desk().house
    return desk().read(
        partial(
            customers.book,
            terms=desk().terms,
            vault=house.vault,
            keeper=signed_in(request).holder,
        )
    )


def own(request: HttpRequest, customer: UUID) -> tuple[Book, Entry]:
    """Return one of the reader's customers; raises `Http404` for any other."""
    book = book_of(request)
    entry = book.by_id.get(str(customer))
    if entry is None:
        raise Http404
    return book, entry


def own_card(book: Book, entry: Entry, subject: str) -> Card:
    """Return one of a customer's cards by its key; raises `Http404`."""
    for card in book.cards_of(entry):
        if card.subject == subject:
            return card
    raise Http404


def own_deed(request: HttpRequest, deed: UUID) -> Deed:
    """Return something that the reader did; raises `Http404`."""
    found = Deed.objects.filter(id=deed, keeper=signed_in(request).holder).first()
    if found is None:
        raise Http404
    return found


def write(entry: Entry, keeper: str) -> Entry:
    """Keep what is said of a customer; raises `NotesMoved` and `NamedTwice`."""
    vault = desk().house.vault
    return desk().shell.run(partial(customers.write, vault=vault, keeper=keeper, entry=entry))


def owed(keeper: str) -> dict[str, list[Deed]]:
    """Return what customers are still to pay: customer -> what was done for it."""
    found: dict[str, list[Deed]] = {}
    for deed in Deed.objects.filter(
        keeper=keeper, state=Deed.DONE, paid_by="", is_waived=False
    ).order_by("day", "id"):
        found.setdefault(str(deed.customer), []).append(deed)
    return found


def rows(book: Book, today: date, within: str, wanted: str) -> list[Row]:
    """Return customers, who is due first first: those within so many days, or as `OTHERS` say."""
    debts, found = owed(book.keeper), []
    for entry in book.entries:
        cards = book.cards_of(entry)
        if not _is_meant(entry.customer, cards, wanted):
            continue
        if within in (ALL, LEFT):
            is_in = entry.customer.has_left == (within == LEFT)
        else:
            cards = [card for card in cards if is_due(card, today, within)]
            is_in = bool(cards)
        if is_in:
            owes = words.summed(deed.due for deed in debts.get(entry.id, ()))
            found.append(Row(entry=entry, cards=cards, owes=owes))
    return sorted(found, key=lambda row: row.due)


def is_due(card: Card, today: date, within: str) -> bool:
    """Whether something is to be done for a card within so many days, or was before today."""
    if card.due is None:
        return False
    return card.due < today if within == LATE else card.due <= today + timedelta(days=int(within))


def _is_meant(customer: Customer, cards: Sequence[Card], wanted: str) -> bool:
    """Whether a customer is looked for: by name, handle, number or what a card is."""
    if not wanted.strip():
        return True
    sought = " ".join(wanted.split()).casefold()
    if any(sought in text.casefold() for text in (customer.name, customer.contact, customer.note)):
        return True
    digits = "".join(each for each in sought if each.isdigit())
    is_number = bool(digits) and len(digits) == len(sought.replace(" ", "").removeprefix("+"))
    return any(
        (is_number and digits in card.number)
        or sought in card.name.casefold()
        or sought in words.product(card).casefold()
        for card in cards
    )
