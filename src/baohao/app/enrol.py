"""
Enrol: thousands of new lines in one ask, equal to putting each in stock (or taking it over) alone.

Lines of one kind share everything but their number and card: the first of them is decided, as the
door decides it, and the others are stamped from what it writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import ascii_letters
from uuid import UUID

import polars as pl

from baohao.app.inventory_cards import IDENTIFIERS
from baohao.app.inventory_kinds import Kind
from baohao.app.known import Known
from baohao.app.written import Written
from baohao.core.asks import Ask, Terms
from baohao.core.decide import decide
from baohao.core.promotions.model import PromotionFacts
from baohao.core.refusals import Refusal
from baohao.store.enrol import Card, Cards, Enrolled
from baohao.store.promotions import Given
from baohao.store.sql import Connection
from baohao.store.stamps import rows_of


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who puts lines in, and where."""

    principal: str
    channel: str


def asks_of(
    lines: pl.DataFrame, kinds: Sequence[Kind], by: By, parent: UUID
) -> Iterator[tuple[int, Ask]]:
    """Yield the asks that `enrol` is equal to, each with its line in the file."""
    ids = _ids(parent, len(lines))
    columns = lines.select("line", "kind", *IDENTIFIERS).iter_rows()
    for ask, (line, place, number, *card) in zip(ids, columns, strict=True):
        yield line, _ask(kinds[place], number, card, by, ask)


def enrol(
    conn: Connection,
    lines: pl.DataFrame,
    kinds: Sequence[Kind],
    *,
    by: By,
    parent: UUID,
    terms: Terms,
    now: datetime,
) -> list[tuple[int, Refusal]]:
    """
    Put new lines in; return those that were refused, by their line in the file.

    `lines` is an inventory's (`app.inventory`); every ask has an id that follows from `parent`.
    Raises `UniqueViolation` when a number or a card is here already: nothing of it remains once the
    transaction is rolled back.
    """
    enrolled = Enrolled(now)
    refused: list[tuple[int, Refusal]] = []
    for place, file_lines, cards in _alike(lines, parent):
        refusal = _stamp(enrolled, kinds[place], cards, by, terms, now)
        if refusal is not None:
            refused += [(line, refusal) for line in file_lines]
    enrolled.send(conn)
    return refused


def in_order(lines: pl.DataFrame) -> pl.DataFrame:
    """Return lines with those together that are stamped together."""
    return lines.sort("kind", *_LENGTHS, "number")


_LENGTHS = [pl.col(name).str.len_bytes() for name in IDENTIFIERS]


def _alike(lines: pl.DataFrame, parent: UUID) -> Iterator[tuple[int, list[int], Cards]]:
    """Yield neighbours of one kind whose texts are of equal length."""
    ids = b"".join([ask.bytes for ask in _ids(parent, len(lines))])
    asks = rows_of(ids, len(lines))
    columns = lines.select("line", *IDENTIFIERS).to_dict(as_series=False)
    runs = lines.select(pl.struct("kind", *_LENGTHS).rle().struct.unnest())
    start = 0
    for length, alike in runs.iter_rows():
        of = slice(start, start + length)
        named = {name: columns[name][of] for name in IDENTIFIERS}
        yield alike["kind"], columns["line"][of], Cards(**named, asks=asks[of])
        start += length


def _stamp(
    enrolled: Enrolled, kind: Kind, cards: Cards, by: By, terms: Terms, now: datetime
) -> Refusal | None:
    """Add the lines of one kind, their texts of equal length; or say why none of them can be."""
    first, id_ = _stand_in(kind, cards)
    card = [first.iccid, first.imsi, first.eid]
    ask = _ask(kind, first.number, card, by, id_)
    known = _nothing_known(now)
    decision = decide(None, known.facts(ask), ask, terms, now)
    if isinstance(decision, Refusal):
        return decision
    written = Written(known, terms)
    written.add(ask, b"", decision, known.changes(decision))
    enrolled.add(written.writes, first, ask.id, cards)
    return None


def _ask(kind: Kind, number: str, card: Sequence[str], by: By, id_: UUID) -> Ask:
    named = dict(zip(IDENTIFIERS[1:], card, strict=True))
    return Ask(
        id=id_,
        verb=kind.verb,
        subject=number,
        # The part has a key, and each number can be put in but once.
        key="",
        principal=by.principal,
        channel=by.channel,
        payload={**kind.payload, **{name: text for name, text in named.items() if text}},
    )


def _ids(parent: UUID, count: int) -> list[UUID]:
    # The low bits are there to count in.
    first = parent.int - parent.int % (1 << 40)
    return [UUID(int=first + n) for n in range(count)]


def _stand_in(kind: Kind, cards: Cards) -> tuple[Card, UUID]:
    """Return a card and an ask that are as long as the others, and stand nowhere in the kind."""
    said = " ".join(map(str, kind.payload.values()))
    lengths = [len(getattr(cards, name)[0]) for name in IDENTIFIERS]
    for n in range(0, len(ascii_letters), len(lengths)):
        letters = ascii_letters[n : n + len(lengths)]
        texts = [letter * length for letter, length in zip(letters, lengths, strict=True)]
        # Ids are hexadecimal and card numbers are digits, so these are nobody's.
        id_ = UUID(bytes=bytes([0xA0 + n % 0x5F]) * 15 + b"\0")
        if not any(text and text in said for text in (*texts, str(id_))):
            return Card(**dict(zip(IDENTIFIERS, texts, strict=True))), id_
    raise ValueError("every stand-in is in the name of a lot")


def _nothing_known(now: datetime) -> Known:
    """Return what is known of a line that is not here yet."""
    return Known(
        now=now,
        is_open=True,
        used={},
        lines={},
        quotes={},
        held={},
        holdings={},
        cards={},
        given=Given(promotions={}, totals={}, had={}),
        promotions=PromotionFacts(),
        available={},
    )
