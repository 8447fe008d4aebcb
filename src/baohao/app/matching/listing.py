"""What was matched, and the account with a gateway rolled forward, as plain facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from baohao.core.books.chart import AccountKind, account
from baohao.core.books.entry import EntryKind
from baohao.core.matching import Sums
from baohao.store import bills
from baohao.store.bills import Bill
from baohao.store.sql import Connection, Row


def matched(conn: Connection, gateway: str | None, since: date) -> list[dict[str, Any]]:
    """Return the days whose bills were looked for, one row for each currency that they have."""
    return [each for bill in bills.listed(conn, gateway, since) for each in facts(bill)]


def facts(bill: Bill) -> Iterator[dict[str, Any]]:
    """Yield what is known of a day's bill, by currency; one row where it has none."""
    said = {
        "gateway": bill.gateway,
        "day": bill.day,
        "state": _state(bill),
        "readings": bill.readings,
        "digest": bill.digest.hex(),
        "matched_at": bill.matched_at,
        "code": bill.code,
        "next_at": bill.next_at,
    }
    for currency in sorted({*bill.theirs, *bill.ours}) or [""]:
        theirs, ours = bill.theirs.get(currency, Sums()), bill.ours.get(currency, Sums())
        yield {
            **said,
            "currency": currency,
            "payments": theirs.payments,
            "paid_minor": theirs.paid_minor,
            "refunds": theirs.refunds,
            "returned_minor": theirs.returned_minor,
            "fees_minor": theirs.fees_minor,
            "net_minor": theirs.net_minor,
            "our_payments": ours.payments,
            "our_paid_minor": ours.paid_minor,
            "our_refunds": ours.refunds,
            "our_returned_minor": ours.returned_minor,
            "booked_fees_minor": bill.fees.get(currency, 0),
        }


def _state(bill: Bill) -> str:
    if bill.matched_at is not None:
        return "matched" if bill.readings else "nothing"
    return "doubtful" if bill.readings else "missing"


# --- the account with a gateway -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """A day of an account with a gateway, by UTC; opening + what came - what went = closing."""

    day: date
    opening_minor: int
    captured_minor: int = 0
    refunded_minor: int = 0
    fees_minor: int = 0
    handed_over_minor: int = 0
    #: Whatever else: put right by hand.
    other_minor: int = 0

    @property
    def closing_minor(self) -> int:
        """What the gateway holds for us in the end."""
        went = self.refunded_minor + self.fees_minor + self.handed_over_minor
        return self.opening_minor + self.captured_minor - went + self.other_minor


_FIELDS = {
    EntryKind.FUNDING: ("captured_minor", 1),
    EntryKind.PAYOUT: ("refunded_minor", -1),
    EntryKind.GATEWAY_FEE: ("fees_minor", -1),
    EntryKind.SETTLEMENT: ("handed_over_minor", -1),
}


def rolled(conn: Connection, gateway: str, currency: str) -> list[Rolled]:
    """Roll the account with a gateway forward, day by day from its first."""
    name = str(account(AccountKind.BANK, gateway, currency))
    return list(_rolled(bills.rolled(conn, name)))


def _rolled(rows: Iterable[Row]) -> Iterator[Rolled]:
    opening, day, sums = 0, None, dict[str, int]()
    for at, kind, came, went in rows:
        if day is not None and at != day:
            done = Rolled(day=day, opening_minor=opening, **sums)
            yield done
            opening, sums = done.closing_minor, {}
        day = at
        field, sign = _FIELDS.get(kind, ("other_minor", 1))
        sums[field] = sums.get(field, 0) + sign * (came - went)
    if day is not None:
        yield Rolled(day=day, opening_minor=opening, **sums)
