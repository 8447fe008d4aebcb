"""How a receipt stands by the database, whatever its paper says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from baohao.app.receipts import sold
from baohao.core.bucket import bucket_of
from baohao.store import journal, receipts
from baohao.store.receipts import Receipt
from baohao.store.sql import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a receipt stands."""

    #: When what it is of was undone; `None`: it stands.
    reversed_at: datetime | None
    #: Its original is out.
    is_printed: bool
    #: SHA-256 of the original.
    digest: bytes | None


def standing(conn: Connection, receipt: Receipt) -> Standing:
    """Return how a receipt stands now."""
    chain = journal.of_subject(conn, bucket_of(receipt.line), receipt.line)
    kept = receipts.of_ask(conn, receipt.ask)
    digest = None if kept is None else kept.digest
    return Standing(
        reversed_at=sold.reversed_at(conn, chain, receipt.ask),
        is_printed=digest is not None,
        digest=digest,
    )
