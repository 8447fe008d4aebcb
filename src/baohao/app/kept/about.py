"""
About: what a keeper says of a card. It is theirs alone to read, sealed under a key of their own.

Who writes says which version they were shown; whoever comes second is told, and loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from baohao.app.messages.preferences import context_of, key_of
from baohao.app.ports import SealBroken, Vault
from baohao.core.refusals import Refusal
from baohao.store import clock
from baohao.store import kept as store
from baohao.store.kept import Kept
from baohao.store.sql import Connection

TEXT_MAX, NOTE_MAX, THINGS_MAX = 200, 2000, 60


class NotesMoved(Refusal):
    """Somebody else has changed this card meanwhile; look at what it says now, and save again."""

    code = "kept.notes_moved"


class NoteTooLong(Refusal):
    """That is too long: at most {most} letters, and {things} things that hang on a number."""

    code = "kept.note_too_long"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a keeper says of one card."""

    #: What they call it; empty: by its product.
    name: str = ""
    #: Whose it is, where it is not the keeper's own: a parent's, a customer's.
    whose: str = ""
    #: What hangs on the number: a bank, an account; one that begins with "✓" was moved elsewhere.
    hangs: tuple[str, ...] = ()
    #: Whether the household sees it.
    shared: bool = False
    #: Where the card is, or anything else.
    note: str = ""
    #: What the keeper takes for keeping it, in minor units of `fee_currency`.
    fee_minor: int | None = None
    fee_currency: str = ""

    def __post_init__(self) -> None:
        is_long = any(len(text) > TEXT_MAX for text in (self.name, self.whose, *self.hangs))
        if is_long or len(self.note) > NOTE_MAX or len(self.hangs) > THINGS_MAX:
            raise NoteTooLong(most=TEXT_MAX, things=THINGS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What is said of a card, and in which version; 0: nothing yet."""

    about: About = About()
    version: int = 0


def opened(vault: Vault, keeper: str, kept: Kept) -> Noted:
    """Return what is said of a card; what cannot be read any more was erased."""
    if not kept.version or not kept.key:
        return Noted()
    try:
        plain = vault.unseal(kept.key, kept.sealed, context_of(keeper))
    except SealBroken:
        return Noted(version=kept.version)
    card, about = msgspec.json.decode(plain, type=tuple[str, About])
    # Sealed in with the text, so that a row that was moved says nothing of another card.
    return Noted(about=about if card == kept.state.number else About(), version=kept.version)


def write(conn: Connection, vault: Vault, keeper: str, card: str, noted: Noted) -> Noted:
    """
    Keep what is said of a card in place of the version that was shown; return it as it stands now.

    Raises `NotesMoved`.
    """
    sealed = _sealed(vault, key_of(conn, vault, keeper), keeper, card, noted.about)
    if not store.note(conn, keeper, card, sealed, noted.version, clock.now(conn)):
        raise NotesMoved()
    return replace(noted, version=noted.version + 1)


def write_new(conn: Connection, vault: Vault, keeper: str, said: Mapping[str, About]) -> None:
    """Keep what is said of cards; of those of which something was said before, nothing changes."""
    if said:
        key = key_of(conn, vault, keeper)
        sealed = [(card, _sealed(vault, key, keeper, card, about)) for card, about in said.items()]
        store.note_new(conn, keeper, sealed, clock.now(conn))


def _sealed(vault: Vault, key: str, keeper: str, card: str, about: About) -> str:
    plain = msgspec.json.encode([card, about]).decode()
    return vault.seal(key, plain, context_of(keeper))
