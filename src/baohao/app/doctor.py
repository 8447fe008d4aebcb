"""
The doctor: every invariant, one query each, with what it looked at and what it found wrong.

What must never happen is wrong at any count; what may happen and must not stay (work that is late,
asks that were put aside) is told apart, for it says that somebody is to act, not that the data are
broken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from baohao.core.books.chart import CHART, Side
from baohao.store.sql import Connection, rows

#: Each statement `doctor_NAME`, and what it holds, with the number it has in docs/rules/door.md.
INVARIANTS = {
    "entries": "every entry balances, in one currency",
    "clearing": "every transfer between buckets nets to zero in clearing",
    "exchange": "every exchange has two legs, one in each of two currencies",
    "balances": "every guarded balance is the sum of its postings, and not below zero",
    "sales": "every paid act has its entry",
    "keys": "every answer that was kept points to an event",
    "journal": "every line and account is at its journal's last event",
    "tenures": "no number has two holders at one time",
    "holders": "every line says of its holder what its open tenure says",
    "holdings": "every holder has as many lines as are counted",
    "cards": "every card is in the directory for its line, and none for another",
    "allotments": "every card in an agent's stock is in the directory of that agent alone",
    "due": "every line is looked at when its row says",
    "boundaries": "every line has its way through the stages",
    "orders": "every standing order stands as its line says, and is its open tenure's",
    "promotions": "no promotion has given more than it may",
    "deferrals": "what is deferred in the books is what the schedules hold",
    "commissions": "what agents' sales say they earned is what the books say",
    "epochs": "no effect is owed to a tenure that the number has not had",
    "payments": "every captured payment has bought something, goes back, or waits for a person",
    "refunds": "what goes back of payments is the sum of their refunds, none forgotten",
    "chargebacks": "every charge-back is in the books, or waits for a person",
    "advances": "the advance of a payment that is used or goes back is empty",
    "suspense": "what is in suspense is the sum of the bank's rows that wait",
    "deposits": "every deposit that was paid is in its wallet or float, once",
    "baskets": "what a payment for several lines has spent is what they were sold for",
    "days": "every day that was closed is as it was closed, and follows the one before",
    "feed": "every feed is without gaps, up to its counter",
    "receipts": "every series of receipts is numbered from 1 without a gap",
    "paid": "a receipt was given, or is owed, for everything that money moved for",
}
#: What may happen, and must not stay.
WAITING = {
    "effects": "no effect is an hour late, or has failed ten times",
    "owed": "no receipt is an hour late, or has failed ten times",
    "messages": "no message to a holder has waited for a day",
    "late": "no line has been due for more than a day",
    "parked": "no ask waits for a person",
    "exceptions": "no exception waits beyond its time",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one query found."""

    name: str
    holds: str
    #: How many rows it looked at, and how many of them are wrong.
    looked: int
    wrong: int
    #: The data are broken if this is wrong; else somebody is to act.
    is_invariant: bool

    @property
    def is_well(self) -> bool:
        return self.wrong == 0


def examine(conn: Connection) -> Iterator[Finding]:
    """Yield what each query found, in one order."""
    for names, is_invariant in ((INVARIANTS, True), (WAITING, False)):
        for name, holds in names.items():
            parameters = _guarded() if name == "balances" else ()
            [(looked, wrong)] = rows(conn, f"doctor_{name}", *parameters)
            yield Finding(
                name=name, holds=holds, looked=looked, wrong=wrong, is_invariant=is_invariant
            )


def _guarded() -> tuple[list[str], list[int]]:
    """Return the guarded kinds of accounts, and the sign with which their owners read a posting."""
    kinds = [kind for kind, heading in CHART.items() if heading.guarded]
    signs = [1 if CHART[kind].normal is Side.DEBIT else -1 for kind in kinds]
    return [kind.value for kind in kinds], signs
