"""Tries to pay by card, by whom or what they are of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from baohao.core.bucket import bucket_of
from baohao.core.velocity import Try
from baohao.store.sql import Connection, rows, run


def lock(conn: Connection, subjects: Iterable[str], now: datetime) -> None:
    """Keep others from counting these meanwhile; all take them in one order."""
    for subject in sorted(subjects, key=lambda each: (bucket_of(each), each)):
        run(conn, "lock_card_tries", bucket_of(subject), subject, now)


def read(conn: Connection, subject: str, since: datetime) -> Sequence[Try]:
    """Return what was tried since."""
    found = rows(conn, "read_card_tries", bucket_of(subject), subject, since)
    return [Try(kind=kind, at=at, card=card) for kind, at, card in found]


def add(
    conn: Connection, subjects: Iterable[str], event: str, kind: str, card: str, at: datetime
) -> None:
    """Keep a try, once for each of these."""
    for subject in sorted(subjects, key=lambda each: (bucket_of(each), each)):
        run(conn, "insert_card_try", bucket_of(subject), subject, event, kind, card, at)


def remove(conn: Connection, subjects: Iterable[str], event: str) -> None:
    """Forget a try of these."""
    for subject in sorted(subjects, key=lambda each: (bucket_of(each), each)):
        run(conn, "delete_card_try", bucket_of(subject), subject, event)


def card_of(conn: Connection, subject: str, event: str) -> str:
    """Return the card of a try; empty: it is not known."""
    found = rows(conn, "read_card_of_try", bucket_of(subject), subject, event)
    return str(found[0][0]) if found else ""


def forget(conn: Connection, before: datetime, limit: int) -> None:
    """Forget some of what is older than any window."""
    run(conn, "forget_card_tries", before, limit)
