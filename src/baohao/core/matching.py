"""
Matching: a gateway's daily bill, our books, and what was bought, held against each other.

What a bill says of one payment or refund is *judged* against what is known of it. Money that nobody
has told us of is none of these differences: it is learned, as a notice would have it.

A gateway's days are of its own zone, and what happens at midnight may stand in the next day's bill.
So nothing is missed in a bill before those of the day before and the day after are here, too.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

#: A bill's row is of money that we have not heard of.
NEW = "new"

#: The bill has not what we captured, or gave back.
BILL_LACKS, BILL_LACKS_REFUND = "bill_lacks", "bill_lacks_refund"
#: The bill alone told of a payment · it has another amount, or another currency.
BILL_ONLY = "bill_only"
BILL_AMOUNT_DIFFERS, BILL_CURRENCY_DIFFERS = "bill_amount_differs", "bill_currency_differs"
#: It has another refund than we know · it has one that was declined, or paid by hand.
BILL_REFUND_DIFFERS, BILL_REFUND_AFTER_ALL = "bill_refund_differs", "bill_refund_after_all"
#: It has something twice · takes an unheard-of fee.
BILL_TWICE, BILL_FEE_UNEXPECTED = "bill_twice", "bill_fee_unexpected"
#: Of a whole day: there is no bill · it is half of one, or somebody else's · it was another before.
BILL_MISSING, BILL_DOUBTFUL, BILL_CHANGED = "bill_missing", "bill_doubtful", "bill_changed"
#: What was paid for is not in the line's journal · not done in the operator's own system · done
#: there otherwise.
BOUGHT_NOTHING = "bought_nothing"
NETWORK_LACKS, NETWORK_DIFFERS = "network_lacks", "network_differs"

#: What is found in the rows of one bill.
OF_ROWS = frozenset(
    (
        *(BILL_ONLY, BILL_AMOUNT_DIFFERS, BILL_CURRENCY_DIFFERS, BILL_REFUND_DIFFERS),
        *(BILL_REFUND_AFTER_ALL, BILL_TWICE, BILL_FEE_UNEXPECTED),
    )
)
OF_DAYS = frozenset({BILL_MISSING, BILL_DOUBTFUL, BILL_CHANGED})
OF_LINES = frozenset({BOUGHT_NOTHING, NETWORK_LACKS, NETWORK_DIFFERS})
KINDS = OF_ROWS | OF_DAYS | OF_LINES | {BILL_LACKS, BILL_LACKS_REFUND}

#: A gateway takes a few hundredths; a small payment's fixed fee may be a third of it.
FEE_AT_MOST = 2
#: So many differences, and one in so many: then it is the bill that is to be doubted.
DOUBTFUL_FROM, DOUBTFUL_SHARE = 20, 10
#: When a day is over everywhere, from its beginning in UTC · when its bill must be there.
OVER, LATE = timedelta(hours=36), timedelta(hours=72)


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """What a bill says of one payment, or one refund."""

    gateway: str
    #: The gateway's own id of the payment.
    their_id: str
    #: The refund's number; empty: a payment.
    refund: str
    amount_minor: int
    fee_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known here of what a bill's row names."""

    gateway: str
    #: Empty: nothing has come.
    their_id: str
    captured_minor: int
    currency: str
    #: Of the refund that the row names; empty: there is none.
    refund_state: str = ""
    refund_minor: int = 0
    #: From which account of ours it went; empty while it has not.
    refund_bank: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What one side has of a day in one currency."""

    payments: int = 0
    paid_minor: int = 0
    refunds: int = 0
    returned_minor: int = 0
    #: What the gateway keeps; below zero where it gives back more than it takes.
    fees_minor: int = 0

    def and_(self, is_refund: bool, amount_minor: int, fee_minor: int, count: int = 1) -> Sums:
        """Return the sums with more in them."""
        fees = self.fees_minor + fee_minor
        if is_refund:
            returned = self.returned_minor + amount_minor
            return replace(
                self, refunds=self.refunds + count, returned_minor=returned, fees_minor=fees
            )
        paid = self.paid_minor + amount_minor
        return replace(self, payments=self.payments + count, paid_minor=paid, fees_minor=fees)

    @property
    def net_minor(self) -> int:
        """What the gateway owes us of the day."""
        return self.paid_minor - self.returned_minor - self.fees_minor


def judge(billed: Billed, known: Known | None) -> tuple[str, ...]:
    """Return what is wrong with a bill's row, `NEW` where it tells us something; empty: nothing."""
    if billed.refund:
        found = _refund(billed, known)
    elif (
        known is None
        or not known.their_id
        or (known.gateway, known.their_id) != (billed.gateway, billed.their_id)
    ):
        return (NEW,)
    elif known.currency != billed.currency:
        found = BILL_CURRENCY_DIFFERS
    else:
        found = BILL_AMOUNT_DIFFERS if known.captured_minor != billed.amount_minor else ""
    fee = BILL_FEE_UNEXPECTED if is_unexpected(billed) else ""
    return tuple(filter(None, (found, fee)))


def _refund(billed: Billed, known: Known | None) -> str:
    if known is None or known.refund_state in ("", "owed", "pending"):
        return NEW
    if known.refund_state == "declined" or known.refund_bank not in ("", billed.gateway):
        return BILL_REFUND_AFTER_ALL
    ours = (known.refund_minor, known.currency)
    return BILL_REFUND_DIFFERS if ours != (billed.amount_minor, billed.currency) else ""


def is_unexpected(billed: Billed) -> bool:
    """Say whether a fee is one that no contract has: a payment's below nothing, or half of it."""
    fee = abs(billed.fee_minor) if billed.refund else billed.fee_minor
    return fee < 0 or fee * FEE_AT_MOST > billed.amount_minor


def is_doubtful(differences: int, rows: int) -> bool:
    """Say whether so much differs that the bill is to be doubted, and not each row."""
    return differences > DOUBTFUL_FROM and differences * DOUBTFUL_SHARE > rows


# --- days -----------------------------------------------------------------------------------------


def begins(day: date) -> datetime:
    """Return when a day begins, by UTC."""
    return datetime.combine(day, time(), UTC)


def around(day: date) -> tuple[date, date, date]:
    """Return the days whose bills may have what is of a day by UTC."""
    one = timedelta(days=1)
    return day - one, day, day + one


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield the days from the first to the last, both."""
    for n in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(n)


def last_over(now: datetime) -> date:
    """Return the last day that is over everywhere on Earth."""
    return (now - OVER).astimezone(UTC).date()


def to_be_matched(first: date, now: datetime, done: Container[date]) -> Iterator[date]:
    """Yield the days from the first on that are over and not done, the earliest first."""
    for day in days_between(first, last_over(now)):
        if day not in done:
            yield day
