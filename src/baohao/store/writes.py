"""
What one batch writes: rows for each statement of trip 2, sent in one order.

Lines first, accounts once an account, keys last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from baohao.store.sql import Call, Connection, Row, call, trip

ORDER = (
    "insert_lines",
    "update_lines",
    "end_tenures",
    "hold_tenures",
    "insert_tenures",
    "delete_cards",
    "insert_cards",
    "delete_chips",
    "insert_chips",
    "delete_allotments",
    "insert_allotments",
    "put_customers",
    "move_due",
    "put_due",
    "delete_due",
    "delete_standing_orders",
    "put_standing_orders",
    "insert_ladders",
    "insert_boundaries",
    "update_boundaries",
    "end_benefits",
    "insert_benefits",
    "delete_quotes",
    "release_quotes",
    "insert_quotes",
    "insert_journal",
    "insert_entries",
    "insert_agent_sales",
    "insert_deferrals",
    "update_shifts",
    "insert_shifts",
    "update_accounts",
    "insert_accounts",
    "update_holdings",
    "insert_holdings",
    "add_holdings",
    "give_back_totals",
    "update_promotion_totals",
    "insert_promotion_totals",
    "give_back_uses",
    "update_promotion_uses",
    "insert_promotion_uses",
    "insert_effects",
    "insert_charges",
    "insert_receipts_owed",
    "park_asks",
    "insert_keys",
)
#: Their first parameter is the batch's `now`.
DATED = frozenset(
    {
        "insert_journal",
        "insert_entries",
        "insert_agent_sales",
        "insert_receipts_owed",
        "insert_keys",
    }
)
#: Each of their rows was read under a lock, so each must be met.
_LOCKED = ("update_", "delete_", "end_", "hold_", "move_")
SURE = frozenset(name for name in ORDER if name.startswith(_LOCKED))


class Writes:
    """The rows of one batch, by statement."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._rows: defaultdict[str, list[Row]] = defaultdict(list)

    def add(self, statement: str, *values: object) -> None:
        """Add a row, in the order of the statement's columns."""
        self._rows[statement].append(values)

    def take(self, others: Writes) -> None:
        """Take over the rows of one decision, once all of them are there."""
        for name, rows in others._rows.items():
            self._rows[name] += rows

    @property
    def rows(self) -> Mapping[str, Sequence[Row]]:
        """The rows so far, by statement."""
        return self._rows

    def send(self, conn: Connection) -> None:
        """Send trip 2; raises `RowsMissed` and what psycopg raises."""
        trip(conn, self._calls())

    def _calls(self) -> Iterator[Call]:
        for name in ORDER:
            if name not in self._rows:
                continue
            rows = self._rows[name]
            if name == "insert_ladders":
                rows = sorted(set(rows))
            first = (self.now,) if name in DATED else ()
            yield call(name, rows, *first, meets=len(rows) if name in SURE else None)
