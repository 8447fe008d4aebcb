"""
Customers: whose cards a keeper watches over for a fee, how they are reached, and what they pay.

A card is a customer's where the keeper says that it is theirs (`About.whose`), by name: names are
told apart without regard to case and spaces, and a customer who gets another name takes their cards
along. All of it is sealed under the keeper's own key, as what is said of the cards is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import msgspec

from baohao.app.kept import about, listing
from baohao.app.kept.about import About, Noted, NotesMoved
from baohao.app.kept.listing import Card
from baohao.app.messages.preferences import context_of, key_of
from baohao.app.ports import SealBroken, Vault
from baohao.core.asks import Terms
from baohao.core.money import exponent_of
from baohao.core.refusals import Refusal
from baohao.store import clock, kept, messages
from baohao.store import kept_customers as store
from baohao.store.sql import Connection

TEXT_MAX, LONG_MAX = 200, 1_000
#: Under which a keeper's word of themself is kept.
_OWN = ""


class CustomerUnnamed(Refusal):
    """Say what the customer is called."""

    code = "customers.name"


class NamedTwice(Refusal):
    """You have a customer of that name; add something that tells the two apart."""

    code = "customers.name_taken"


class TextTooLong(Refusal):
    """That is too long: names have at most {most} letters, notes {longest}."""

    code = "customers.too_long"


class FeeMalformed(Refusal):
    """A fee is 0 or more, and has a currency, as in 20.00 CNY."""

    code = "customers.fee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What a keeper takes for keeping a card once."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.minor < 0:
            raise FeeMalformed()
        exponent_of(self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """What is said of a customer."""

    name: str
    #: A handle or a number, as the keeper writes it: "WeChat: ming-88".
    contact: str = ""
    #: Of the pages; messages are written in it.
    language: str = ""
    note: str = ""
    #: `None`: as for everybody.
    fee: Fee | None = None
    #: Whether they are a customer no longer.
    has_left: bool = False

    def __post_init__(self) -> None:
        _short(self.name, self.contact, self.language, long=(self.note,))
        if not self.name.strip():
            raise CustomerUnnamed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """What a keeper says of themself to customers."""

    #: As receipts have it.
    name: str = ""
    contact: str = ""
    #: How to pay them.
    pay: str = ""
    fee: Fee | None = None
    #: Whether what the operator takes is in the fee; else it comes on top.
    is_all_in: bool = False

    def __post_init__(self) -> None:
        _short(self.name, self.contact, long=(self.pay,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A customer in a book."""

    #: Random.
    id: str
    #: 0: not kept yet.
    version: int = 0
    customer: Customer


@dataclass(frozen=True, kw_only=True)
class Book:
    """A keeper's customers, and all their cards."""

    keeper: str
    practice: Practice
    #: 0: nothing was said yet.
    practice_version: int
    #: By name.
    entries: tuple[Entry, ...]
    #: As `listing.of_keepers` has them: who is due first comes first.
    cards: tuple[Card, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Entry]:
        """Customers by id."""
        return {entry.id: entry for entry in self.entries}

    @cached_property
    def _by_name(self) -> dict[str, Entry]:
        return {key_of_name(entry.customer.name): entry for entry in self.entries}

    @cached_property
    def _cards(self) -> dict[str, list[Card]]:
        found: dict[str, list[Card]] = {}
        for card in self.cards:
            found.setdefault(key_of_name(card.noted.about.whose), []).append(card)
        return found

    def owner(self, card: Card) -> Entry | None:
        """Return whose a card is; `None`: the keeper's own, or of somebody who is no customer."""
        return self._by_name.get(key_of_name(card.noted.about.whose))

    def cards_of(self, entry: Entry) -> list[Card]:
        """Return the cards of a customer, the one that is due first first."""
        return self._cards.get(key_of_name(entry.customer.name), [])

    def unknown(self) -> list[str]:
        """Return who is named on a card and is no customer yet."""
        named = {card.noted.about.whose for card in self.cards if not self.owner(card)}
        return sorted(name for name in named if name.strip())

    def fee(self, card: Card) -> Fee | None:
        """Return what is taken for a card: its own, its customer's, or everybody's."""
        said = card.noted.about
        if said.fee_minor is not None and said.fee_currency:
            return Fee(minor=said.fee_minor, currency=said.fee_currency)
        entry = self.owner(card)
        return (entry.customer.fee if entry else None) or self.practice.fee


def key_of_name(name: str) -> str:
    """Return what tells one name from another."""
    return " ".join(name.split()).casefold()


# --- reading --------------------------------------------------------------------------------------


def book(conn: Connection, terms: Terms, vault: Vault, keeper: str) -> Book:
    """Return a keeper's customers and cards, in a fixed number of trips to the database."""
    found = tuple(listing.of_keepers(conn, terms, vault, [keeper]))
    return replace(names(conn, vault, keeper), cards=found)


def names(conn: Connection, vault: Vault, keeper: str) -> Book:
    """Return a keeper's customers, without their cards."""
    entries, practice, version = [], Practice(), 0
    for said in store.of_keeper(conn, keeper):
        plain = _opened(vault, keeper, said)
        if said.customer == _OWN:
            version = said.version
            practice = practice if plain is None else msgspec.json.decode(plain, type=Practice)
        elif plain is not None:
            customer = msgspec.json.decode(plain, type=Customer)
            entries.append(Entry(id=said.customer, version=said.version, customer=customer))
    entries.sort(key=lambda each: (key_of_name(each.customer.name), each.id))
    return Book(keeper=keeper, practice=practice, practice_version=version, entries=tuple(entries))


def _opened(vault: Vault, keeper: str, said: store.Said) -> bytes | None:
    """Return what is said; `None`: it was erased, or put where it does not belong."""
    if not said.key:
        return None
    try:
        plain = vault.unseal(said.key, said.sealed, context_of(keeper))
    except SealBroken:
        return None
    customer, rest = msgspec.json.decode(plain, type=tuple[str, msgspec.Raw])
    return bytes(rest) if customer == said.customer else None


# --- writing --------------------------------------------------------------------------------------


def write(conn: Connection, vault: Vault, keeper: str, entry: Entry) -> Entry:
    """
    Keep what is said of a customer in place of the version that was shown; return it as it stands.

    Who gets another name takes the cards along. Raises `NotesMoved` and `NamedTwice`.
    """
    key = key_of(conn, vault, keeper)
    # Two who write at once must not give one name twice.
    store.lock(conn, keeper)
    before = names(conn, vault, keeper)
    name = key_of_name(entry.customer.name)
    if any(key_of_name(e.customer.name) == name and e.id != entry.id for e in before.entries):
        raise NamedTwice()
    _put(conn, vault, keeper, key, entry.id, entry.version, entry.customer)
    known = before.by_id.get(entry.id)
    if known is not None and known.customer.name != entry.customer.name:
        _rename(conn, vault, keeper, known.customer.name, entry.customer.name)
    return replace(entry, version=entry.version + 1)


def write_practice(
    conn: Connection, vault: Vault, keeper: str, practice: Practice, version: int
) -> None:
    """Keep what a keeper says of themself; raises `NotesMoved`."""
    _put(conn, vault, keeper, key_of(conn, vault, keeper), _OWN, version, practice)


def _put(
    conn: Connection,
    vault: Vault,
    keeper: str,
    key: str,
    customer: str,
    version: int,
    said: Customer | Practice,
) -> None:
    # Sealed in with the text, so that a row that was moved says nothing of another customer.
    plain = msgspec.json.encode([customer, said]).decode()
    sealed = vault.seal(key, plain, context_of(keeper))
    if not store.write(conn, keeper, customer, sealed, version, clock.now(conn)):
        raise NotesMoved()


def _rename(conn: Connection, vault: Vault, keeper: str, old: str, new: str) -> None:
    """Have a customer's cards say the new name."""
    for each in kept.of_keepers(conn, [keeper]):
        noted = about.opened(vault, keeper, each)
        if key_of_name(noted.about.whose) == key_of_name(old):
            said = replace(noted, about=replace(noted.about, whose=new))
            about.write(conn, vault, keeper, each.state.number, said)


# --- what else is sealed for a keeper -------------------------------------------------------------


def seal(conn: Connection, vault: Vault, keeper: str, plain: str) -> str:
    """Seal a text under a keeper's own key."""
    return vault.seal(key_of(conn, vault, keeper), plain, context_of(keeper))


def unseal(conn: Connection, vault: Vault, keeper: str, sealed: Iterable[str]) -> list[str]:
    """Open texts of a keeper's; those that were erased are empty."""
    known, found = messages.key_of(conn, keeper), []
    for each in sealed:
        try:
            found.append(vault.unseal(known[0], each, context_of(keeper)) if known else "")
        except SealBroken:
            found.append("")
    return found


def _short(*texts: str, long: tuple[str, ...] = ()) -> None:
    if any(len(text) > TEXT_MAX for text in texts) or any(len(text) > LONG_MAX for text in long):
        raise TextTooLong(most=TEXT_MAX, longest=LONG_MAX)


def say_whose(conn: Connection, vault: Vault, keeper: str, subject: str, whose: str) -> None:
    """Say whose a card is, whatever else is said of it; raises `NotesMoved`."""
    try:
        about.write(conn, vault, keeper, subject, Noted(about=About(whose=whose)))
    except NotesMoved:
        known = {each.state.number: each for each in kept.of_keepers(conn, [keeper])}
        if subject not in known:
            raise
        said = about.opened(vault, keeper, known[subject])
        said = replace(said, about=replace(said.about, whose=whose))
        about.write(conn, vault, keeper, subject, said)
