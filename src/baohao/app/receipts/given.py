"""Given: whether the receipt of an ask is a holder's to see, without reading all of theirs."""

from __future__ import annotations

from uuid import UUID

from baohao.core.books.chart import Account, AccountKind
from baohao.store import receipts, tenures
from baohao.store.sql import Connection


def of_ask(conn: Connection, ask: UUID, holder: str) -> str | None:
    """
    Return what a receipt is of, a number or a wallet; `None`: there is none, or it is not theirs.

    One that was not given yet is of whoever holds the number now.
    """
    place = receipts.place(conn, str(ask))
    if place is None or not holder:
        return None
    if place.point:
        kept = receipts.of_ask(conn, str(ask))
        return place.line if kept is not None and kept.holder == holder else None
    if ":" in place.line:
        purse = Account.parse(place.line)
        is_theirs = purse.kind is AccountKind.WALLET and purse.owner == holder
        return place.line if is_theirs else None
    held = tenures.open_one(conn, place.line)
    return place.line if held is not None and held.holder == holder else None
