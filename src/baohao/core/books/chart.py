"""
The chart of accounts: which kinds there are, on which side they grow, and which may never be
overspent.

An account belongs to one bucket; the same text in two buckets is two accounts, added up in reports.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from baohao.core.money import exponent_of
from baohao.core.refusals import Malformed


class AccountMalformed(Malformed):
    """{value!r} is not an account: {reason}."""

    code = "malformed.account"


class Side(StrEnum):
    """Where an account grows."""

    DEBIT = "debit"
    CREDIT = "credit"


class AccountKind(StrEnum):
    """A heading of the chart; its text is the first word of an account's."""

    FLOAT = "float"
    WALLET = "wallet"
    TILL = "till"
    ADVANCE = "advance"
    BANK = "bank"
    CLEARING = "clearing"
    EXCHANGE = "exchange"
    DEFERRED = "deferred"
    CREDIT = "credit"
    REFUNDS = "refunds"
    CHARGEBACKS = "chargebacks"
    GOVERNMENT = "government"
    COMMISSION_OWED = "commission_owed"
    SUSPENSE = "suspense"
    REVENUE = "revenue"
    FEES = "fees"
    BREAKAGE = "breakage"
    LIST_PRICE = "list_price"
    DISCOUNTS = "discounts"
    PROMOTION = "promotion"
    COMMISSION = "commission"
    GATEWAY_FEES = "gateway_fees"
    ADJUSTMENTS = "adjustments"
    ROUNDING = "rounding"


@dataclass(frozen=True, slots=True)
class Heading:
    """What the chart says of one kind of account."""

    #: "asset", "liability", "income", "expense" or "clearing": where a report shows it.
    section: str
    #: Whose it is: what the owner part of the text form names; empty when there is but one.
    owner: str
    about: str
    #: Keeps a running balance that is never under zero on its normal side.
    guarded: bool = False

    @property
    def normal(self) -> Side:
        """The side on which it grows."""
        return Side.CREDIT if self.section in {"liability", "income"} else Side.DEBIT


#: Every kind of account.
CHART: Mapping[AccountKind, Heading] = {
    AccountKind.FLOAT: Heading("liability", "agent", "An agent's prepaid money.", True),
    AccountKind.WALLET: Heading("liability", "wallet", "A holder's prepaid money.", True),
    AccountKind.TILL: Heading("asset", "till", "Cash in a drawer; cash paid in debits it.", True),
    AccountKind.ADVANCE: Heading(
        "liability", "payment", "A captured payment not yet used up.", True
    ),
    AccountKind.BANK: Heading("asset", "bank account", "Money at a bank or a payment gateway."),
    AccountKind.CLEARING: Heading(
        "clearing", "", "The way between two buckets; nets to zero by transfer over all of them."
    ),
    AccountKind.EXCHANGE: Heading(
        "clearing", "", "What was changed from one currency into another; each takes a leg."
    ),
    AccountKind.DEFERRED: Heading(
        "liability", "plan", "Paid for, not yet served; released month by month."
    ),
    AccountKind.CREDIT: Heading(
        "liability", "plan", "Holders' credit on issued lines: the sum of their balances."
    ),
    AccountKind.REFUNDS: Heading(
        "liability", "payment", "Owed back by the way it was paid, not yet gone."
    ),
    AccountKind.CHARGEBACKS: Heading(
        "asset", "payment", "Taken back by a payer's bank: disputed, or claimed of the payer."
    ),
    AccountKind.GOVERNMENT: Heading(
        "liability", "operator", "Government fees taken, to be passed on."
    ),
    AccountKind.COMMISSION_OWED: Heading(
        "liability", "agent", "Commission earned, not yet paid out."
    ),
    AccountKind.SUSPENSE: Heading(
        "liability", "row or reason", "Money whose owner or cause is not known yet.", True
    ),
    AccountKind.REVENUE: Heading("income", "plan", "Time that was served; charges for service."),
    AccountKind.FEES: Heading("income", "operator", "Fees for acts, such as a replaced card."),
    AccountKind.BREAKAGE: Heading(
        "income", "plan", "Paid for and never used: expired credit, time forgone."
    ),
    # With DISCOUNTS it nets to zero: revenue stays what was paid, and reports still show both.
    AccountKind.LIST_PRICE: Heading(
        "income", "plan", "By how much list prices were above what was paid."
    ),
    AccountKind.DISCOUNTS: Heading(
        "expense", "promotion", "What a promotion took off list prices."
    ),
    AccountKind.PROMOTION: Heading("expense", "promotion", "Credit that a promotion gave."),
    AccountKind.COMMISSION: Heading("expense", "agent", "What selling through an agent costs."),
    AccountKind.GATEWAY_FEES: Heading("expense", "gateway", "What a gateway keeps of payments."),
    AccountKind.ADJUSTMENTS: Heading("expense", "reason", "Put right by hand; goodwill too."),
    AccountKind.ROUNDING: Heading("expense", "", "Minor units lost where somebody else rounds."),
}

# No colon: it parts the text form. No spaces or quotes: exports to other programs need none.
_OWNER = re.compile(r"[A-Za-z0-9_.@+-]{0,80}")


@dataclass(frozen=True, slots=True)
class Account:
    """
    One account: a heading, whose it is, and a currency. Its text form is stable:
    "float:agent-7:MOP".

    Raises `AccountMalformed`, or `CurrencyUnknown`.
    """

    kind: AccountKind
    #: A key, never a name or a document; empty exactly when the heading has no owner.
    owner: str
    currency: str
    #: The text form, kept: every posting is written down by it, several times.
    text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", f"{self.kind}:{self.owner}:{self.currency}")
        if _OWNER.fullmatch(self.owner) is None:
            reason = "an owner is at most 80 letters, digits and _ . @ + -"
            raise AccountMalformed(value=str(self), reason=reason)
        if bool(self.owner) != bool(CHART[self.kind].owner):
            owner = CHART[self.kind].owner or "nobody"
            raise AccountMalformed(value=str(self), reason=f"its owner must be: {owner}")
        exponent_of(self.currency)

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: str) -> Account:
        """Read the text form; raises `AccountMalformed` or `CurrencyUnknown`."""
        return _parsed(text)

    @property
    def guarded(self) -> bool:
        """Whether it keeps a running balance that is never under zero."""
        return CHART[self.kind].guarded

    def balance(self, total_minor: int) -> int:
        """
        Return a sum of postings (debit positive) as its owner reads it: positive on the normal
        side.
        """
        return total_minor if CHART[self.kind].normal is Side.DEBIT else -total_minor


_KINDS = frozenset(AccountKind)


@lru_cache(maxsize=16384)
def _parsed(text: str) -> Account:
    parts = text.split(":")
    if len(parts) != 3 or parts[0] not in _KINDS:
        raise AccountMalformed(value=text, reason="write kind:owner:currency")
    return account(AccountKind(parts[0]), parts[1], parts[2])


@lru_cache(maxsize=16384)
def account(kind: AccountKind, owner: str, currency: str) -> Account:
    """Return the account, checked once: a batch posts to the same few again and again."""
    return Account(kind, owner, currency)


def exchange(currency: str) -> Account:
    """Return where a currency is changed from and into others."""
    return account(AccountKind.EXCHANGE, "", currency)


def clearing(currency: str) -> Account:
    """Return the bucket's way to other buckets in that currency."""
    return account(AccountKind.CLEARING, "", currency)
