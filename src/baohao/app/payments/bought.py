"""
Bought: what a quote was bought for, found by the keys that follow from it.

A quote is gone once it was bought, and its answer is kept for ever: whoever comes back to it, after
a lost connection or by the back button, is told what happened, and pays nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from baohao.app.payments.learn import PRINCIPAL
from baohao.core.bucket import bucket_of
from baohao.core.payments import Basket
from baohao.store.payments import Kept
from baohao.store.sql import Connection, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """What a quote has become."""

    number: str
    #: The ask that bought it: its receipt is by this id.
    act: UUID
    until: datetime | None
    total_minor: int
    currency: str


def key_of(quote: UUID) -> str:
    """Return the key under which a quote is bought from a wallet: it is bought once."""
    return f"quote:{quote}"


def of_quotes(
    conn: Connection, wanted: Iterable[tuple[str, UUID]], holder: str
) -> Mapping[UUID, Bought]:
    """Return those of some quotes that were bought, from a holder's wallet or at a gateway."""
    places = {}
    for number, quote in wanted:
        places[bucket_of(number), holder, key_of(quote)] = quote
        places[bucket_of(number), PRINCIPAL, f"payment:{quote}:buy"] = quote
    return _found(conn, places)


def of_payment(conn: Connection, kept: Kept) -> Mapping[UUID, Bought]:
    """Return those quotes of a basket that were bought, by the quote as it was shown."""
    basket = kept.payment.wanted
    if not isinstance(basket, Basket):
        return {}
    places = {
        (
            bucket_of(part.wanted.number),
            PRINCIPAL,
            f"payment:{kept.payment.id}:buy:{part.quote}",
        ): part.quote
        for part in basket.parts
    }
    return _found(conn, places)


def _found(conn: Connection, places: Mapping[tuple[int, str, str], UUID]) -> Mapping[UUID, Bought]:
    if not places:
        return {}
    found = {}
    for bucket, principal, key, _, text, number, _ in rows(
        conn, "find_keys", *map(list, zip(*places, strict=True))
    ):
        answer = msgspec.json.decode(text)
        until = answer.get("until")
        found[places[bucket, principal, key]] = Bought(
            number=number,
            act=UUID(answer["id"]),
            until=datetime.fromisoformat(until) if until else None,
            total_minor=answer.get("total", 0),
            currency=answer.get("currency", ""),
        )
    return found
