"""What was paid in another currency, as its receipt says: the rate, and both amounts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from baohao.core.books.chart import AccountKind
from baohao.store import payments
from baohao.store.sql import Connection

Json = dict[str, Any]


def changed(conn: Connection, paid_from: str, total_minor: int, *, is_back: bool) -> Json | None:
    """
    Return the exchange by which an account's money came in, or goes back; `None`: there was none.

    `total_minor` is of ours: of what goes back the payer's amount is at the same rate.
    """
    kind, _, rest = paid_from.partition(":")
    if kind not in (AccountKind.ADVANCE, AccountKind.REFUNDS):
        return None
    try:
        kept = payments.find(conn, UUID(rest.partition(":")[0]))
    except ValueError:
        # An advance that was funded by hand.
        return None
    each = None if kept is None else kept.payment.changed
    if each is None or not total_minor:
        return None
    whole = not is_back and total_minor == each.own_minor
    return {
        "rate": each.rate,
        "since": each.since.isoformat(),
        "source": each.source,
        "currency": each.paid_currency,
        "minor": each.paid_minor if whole else max(1, each.back(total_minor)),
    }
