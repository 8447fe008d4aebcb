"""Whose numbers are: an agent's customers', and those of the cards in its stock."""

from __future__ import annotations

from collections.abc import Collection

from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, rows


def owned(conn: Connection, agent: str, numbers: Collection[str]) -> list[tuple[str, bool]]:
    """Return those of the numbers that are an agent's, and whether it has sold them."""
    who, wanted = (bucket_of(agent), agent), sorted(set(numbers))
    buckets = list(map(bucket_of, wanted))
    found = rows(conn, "find_owned", buckets, wanted, *who, wanted, *who)
    return [(number, sold) for number, sold in found]
