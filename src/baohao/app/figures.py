"""
Figures of a month for those who keep the accounts: read from the books, and from nothing else.

    revenue        what became revenue, by account; and what was sold, by plan, channel, agent and
                   means of payment
    roll_forward   deferred revenue: opening, added, reversed, released, closing
    ageing         how long agents' prepaid money has been lying, the oldest spent first

A month is UTC's, as the export of the books has it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from baohao.app.ledger import month_window
from baohao.core.books.chart import Account
from baohao.core.books.entry import EntryKind
from baohao.store import reports
from baohao.store.sql import Connection, rows

#: Money that has been lying for fewer days than this; the last is all that is older.
AGES_DAYS = (30, 60, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldThrough:
    """What was sold of one plan, in one channel, by one means; minor units."""

    #: Empty where only a fee was paid.
    plan: str
    channel: str
    #: Empty: not for an agent's money.
    agent: str
    #: "till", "float", "wallet", or the gateway that money came through; empty: nothing was paid.
    means: str
    currency: str
    count: int
    sold_minor: int
    #: Given back; above zero.
    reversed_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RollForward:
    """Deferred revenue of one plan over a month; what is owed is above zero."""

    plan: str
    currency: str
    opening_minor: int
    added_minor: int
    reversed_minor: int
    released_minor: int
    #: Whatever else moved it: put right by hand, or forgone.
    other_minor: int

    @property
    def closing_minor(self) -> int:
        """What is owed of it at the end."""
        moved = self.added_minor + self.reversed_minor + self.released_minor + self.other_minor
        return self.opening_minor + moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """An agent's prepaid money by its age."""

    account: str
    balance_minor: int
    #: As `AGES_DAYS` has them, and what is older.
    by_age_minor: tuple[int, ...]


def revenue(conn: Connection, month: date) -> Mapping[str, int]:
    """Return what became income in a month, by account, in minor units."""
    return dict(rows(conn, "sum_income", *month_window(month)))


def sold(conn: Connection, month: date) -> tuple[SoldThrough, ...]:
    """Return what was sold in a month, by plan, channel, agent and means of payment."""
    return tuple(
        SoldThrough(
            plan=plan,
            channel=channel,
            agent=agent,
            means=means,
            currency=currency,
            count=count,
            sold_minor=sold_minor,
            reversed_minor=reversed_minor,
        )
        for plan, channel, agent, means, currency, count, sold_minor, reversed_minor in rows(
            conn, "sum_sales", *month_window(month)
        )
    )


def roll_forward(conn: Connection, month: date) -> tuple[RollForward, ...]:
    """Return how deferred revenue moved in a month, by plan."""
    since, until = month_window(month)
    sums: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for text, kind, is_before, minor in rows(conn, "sum_deferred", since, until):
        sums[text]["before" if is_before else kind] += minor
    found = []
    for text, by_kind in sorted(sums.items()):
        deferred = Account.parse(text)
        found.append(
            RollForward(
                plan=deferred.owner,
                currency=deferred.currency,
                opening_minor=by_kind.pop("before", 0),
                added_minor=by_kind.pop(EntryKind.SALE, 0),
                reversed_minor=by_kind.pop(EntryKind.REVERSAL, 0),
                released_minor=by_kind.pop(EntryKind.RELEASE, 0),
                other_minor=sum(by_kind.values()),
            )
        )
    return tuple(found)


def ageing(conn: Connection, now: datetime) -> tuple[Aged, ...]:
    """Return the age of every float that is not empty: what came last is still there."""
    left: dict[str, int] = dict(rows(conn, "read_floats"))
    by_age: dict[str, list[int]] = {text: [0] * (len(AGES_DAYS) + 1) for text in left}
    balances = dict(left)
    for text, at, minor in reports.stream(conn, "list_float_credits"):
        part = min(minor, left.get(text, 0))
        if part:
            days = (now - at).days
            by_age[text][sum(days >= most for most in AGES_DAYS)] += part
            left[text] -= part
    return tuple(
        Aged(account=text, balance_minor=balances[text], by_age_minor=tuple(by_age[text]))
        for text in sorted(balances)
    )
