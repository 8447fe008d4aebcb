"""Kept cards: which lines keepers watch over, and what they say of each, sealed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from baohao.core.bucket import bucket_of
from baohao.core.line import codec
from baohao.core.line.state import LineState
from baohao.store.sql import Connection, rows, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One card that somebody watches over."""

    state: LineState
    #: Of what is said of it; 0: nothing was said yet.
    version: int
    sealed: str
    #: The keeper's, sealed; empty: nothing was ever sealed for them.
    key: str


def of_keepers(conn: Connection, keepers: Sequence[str]) -> list[Kept]:
    """Return the cards of keepers, in the order of their numbers."""
    return [
        Kept(state=codec.decode(state), version=version or 0, sealed=sealed or "", key=key or "")
        for state, version, sealed, key in rows(conn, "list_kept", list(keepers))
    ]


def lives(conn: Connection, keeper: str) -> dict[str, int]:
    """Return how many lives each card of a keeper has had, those they had erased, too."""
    return {str(card): int(epoch) for card, epoch in rows(conn, "list_kept_lives", keeper)}


def under(
    conn: Connection, pins: Collection[str], after: LineState | None, limit: int
) -> list[LineState]:
    """Return kept cards that are under some policies, all behind one, by bucket and number."""
    place = (-1, "") if after is None else (bucket_of(after.number), after.number)
    found = rows(conn, "page_kept_under", list(pins), *place, limit)
    return [codec.decode(state) for (state,) in found]


def note(
    conn: Connection, keeper: str, card: str, sealed: str, version: int, now: datetime
) -> bool:
    """Keep what is said of a card, in place of a version; False: another wrote meanwhile."""
    bucket = bucket_of(keeper)
    if not version:
        return run(conn, "insert_card_note", bucket, keeper, card, sealed, now) == 1
    return run(conn, "update_card_note", sealed, now, bucket, keeper, card, version) == 1


def note_new(
    conn: Connection, keeper: str, sealed: Sequence[tuple[str, str]], now: datetime
) -> None:
    """Keep what is said of cards (card, sealed text) of which nothing was said yet."""
    cards, texts = [card for card, _ in sealed], [text for _, text in sealed]
    run(conn, "insert_card_notes", bucket_of(keeper), keeper, now, cards, texts)


def forget(conn: Connection, keeper: str, cards: Sequence[tuple[str, int]]) -> None:
    """Forget what a keeper said, and of customers; show their cards (card, lives) no more."""
    bucket = bucket_of(keeper)
    names, epochs = [card for card, _ in cards], [lives for _, lives in cards]
    run(conn, "put_forgotten_cards", bucket, keeper, names, epochs)
    run(conn, "delete_card_notes", bucket, keeper)
    run(conn, "delete_kept_customers", bucket, keeper)
