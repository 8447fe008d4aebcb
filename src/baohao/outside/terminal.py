"""
Card terminals at counters: gateways that nobody asks, for a clerk types what the slip says.

An order is paid once its slip's approval code was typed (`app.payments.learn`). The terminal itself
gives money back, by the hand of whoever stands there, so a refund waits for a person; and its day's
total is held against the slips at the till, which is its bill.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from baohao.app.ports import (
    Absent,
    BillMissing,
    BillRow,
    Declined,
    NoticeRefused,
    Order,
    Payable,
    Refund,
    Told,
    Unpaid,
)


class CardTerminal:
    """Terminals as a gateway; the adapter of `Gateway`."""

    name = "terminal"

    def create(self, order: Order) -> Payable:
        """Let an order be paid; the amount is what the clerk keys in."""
        return Payable(given={"amount": str(order.amount_minor), "currency": order.currency})

    def query(self, order: str) -> Unpaid:
        """Say that no slip was typed; where one was, nobody asks."""
        return Unpaid(is_closed=False)

    def close(self, order: str) -> Unpaid:
        """Wait for no slip any more; one that is typed all the same is heard."""
        return Unpaid(is_closed=True)

    def refund(self, refund: Refund) -> Declined:
        """Leave it to a person, who gives it back at the terminal."""
        return Declined(code="by_hand", reason="give it back at the terminal, to the same card")

    def find_refund(self, refund: str, order: str) -> Absent:
        """Say that none is known: whoever gave it back says so."""
        return Absent()

    def notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:
        """Refuse it: a terminal sends none."""
        raise NoticeRefused(reason="terminals tell by their slips alone")

    def bill(self, day: date) -> Iterator[BillRow]:
        """Raise `BillMissing`: the day's total is held against the slips at the till."""
        reason = "its total is held against the slips at the till"
        raise BillMissing(gateway=self.name, day=day, reason=reason)

    def close_connections(self) -> None:
        """Close nothing."""
