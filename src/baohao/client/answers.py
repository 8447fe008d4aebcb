"""
What comes back, as values: whole minor units, aware instants, UUIDs.

Fields that a newer API tells are left out, so that a client of today reads the answers of tomorrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from functools import lru_cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

from baohao.client.failures import Refused

T = TypeVar("T")

#: What reading raises where something else was told.
UNREADABLE = (KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    """Until when one number is safe. Of what is not yours, or is no line, only the number."""

    number: str
    is_known: bool = False
    operator: str | None = None
    plan: str | None = None
    stage: str | None = None
    #: When the number is lost if nothing happens; `None`: no end in sight.
    safe_until: datetime | None = None
    #: To be given back as `expect_version`.
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The numbers that were looked up, in their order."""

    lines: tuple[Safety, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """An instant with the last good day before it, at the operator's."""

    at: datetime
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """A deadline; two where it lies between them, `None` where there is no end in sight."""

    earliest: Deadline | None
    latest: Deadline | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A named deadline of a line."""

    name: str
    ends: Between


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """The time that a line spends in a stage."""

    stage: str
    kind: str
    begins: datetime = field(metadata={"wire": "from"})
    ends: datetime | None = field(metadata={"wire": "to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What may be bought for a line now."""

    verb: str
    title: str
    term: str | None
    price_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line at an instant."""

    number: str
    operator: str
    plan: str
    #: With the version that the line is pinned to.
    policy: str
    custody: str
    iccid: str | None
    #: To be given back as `expect_version`.
    version: int
    at: datetime
    #: One; several where the policy has unknowns.
    stages: tuple[str, ...]
    #: When the number is lost if nothing happens.
    safe_until: Between
    service_until: Between
    #: To be given back as `expect_until`.
    renewal_deadline: datetime | None
    clocks: tuple[Clock, ...]
    #: Place -> what works there.
    services: Mapping[str, tuple[str, ...]]
    balances_minor: Mapping[str, int]
    currency: str
    allowances: Mapping[str, int]
    stays: tuple[Stay, ...]
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one promotion gives: money or time."""

    promotion: str
    minor: int | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A promise. It binds until `good_until`."""

    id: UUID
    number: str
    good_until: datetime
    what: str
    term: str | None
    list_minor: int
    price_minor: int
    fee_minor: int
    government_minor: int
    #: Your own, which your customer pays to you: no part of the total.
    service_fee_minor: int
    #: What your float is to pay.
    total_minor: int
    currency: str
    discounts: tuple[Share, ...]
    bonus: tuple[Share, ...]
    gifts: tuple[Share, ...]
    #: The renewal deadline as it is, and as it will be.
    before: datetime | None
    until: datetime | None
    #: Days that the product's cap takes.
    lost_days: int
    shortened_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A paid act that was done: the same, however often it is asked for."""

    #: Of the receipt.
    id: UUID
    number: str
    #: The renewal deadline since; `None`: the act moved none.
    until: datetime | None
    version: int
    total_minor: int
    #: `None`: nothing was paid.
    currency: str | None
    lost_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversed:
    """A paid act that was undone."""

    id: UUID
    #: The receipt of what was undone.
    of: UUID
    number: str
    #: In your float again.
    back_minor: int
    currency: str
    #: The renewal deadline as it is now.
    until: datetime | None = None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An amount that is paid in another currency, at a rate that was stated."""

    #: What is put in, and what the payer pays.
    own_minor: int
    own_currency: str
    paid_minor: int
    paid_currency: str
    #: What one unit of theirs is worth, as "1.03".
    rate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Money for your float, and what the payer is given."""

    id: UUID
    account: str
    gateway: str
    #: "payable" · "unknown": not answered yet, ask again · "used": it is in the float · "closed",
    #: "failed", "captured", "refunding", "refunded", "chargeback".
    state: str
    #: What is to be paid.
    amount_minor: int
    currency: str
    #: `None`: it is paid in the float's currency.
    exchange: Exchange | None
    #: What the payer needs, as "code_url" or "page_url".
    given: Mapping[str, str]
    #: From then on nobody can pay it.
    ends_at: datetime
    paid_minor: int
    #: What the float has got.
    put_in_minor: int
    #: What went back to the payer, in what was paid.
    returned_minor: int
    #: Why it stands so; empty: nothing is wrong.
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was sold by a paid act, as it was then."""

    id: UUID
    number: str
    operator: str
    plan: str
    policy: str
    #: "renew", "top_up", "activate" or "restore".
    what: str
    term: str | None
    bonus: tuple[Share, ...]
    discounts: tuple[Share, ...]
    gifts: tuple[Share, ...]
    price_minor: int
    fee_minor: int
    government_minor: int
    #: Your own: no part of the total.
    service_fee_minor: int
    total_minor: int
    currency: str
    paid_from: str
    sold_at: datetime
    channel: str
    #: The renewal deadline as it was, and as the act made it.
    before: datetime | None
    until: datetime | None
    #: `None`: it stands.
    reversed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one row of many: it was sold, or refused."""

    number: str
    status: int
    sold: Sold | None
    refused: Refused | None


def read(kind: type[T], told: Any) -> T:
    """
    Read a value of a kind; raises `TypeError` or `ValueError` where it is told otherwise.

    A field may be missing where the kind has a default for it.
    """
    if not isinstance(told, dict):
        raise TypeError(f"{kind.__name__} is an object")
    given = {}
    # A class can be hashed, whatever mypy says of this one.
    for name, wire, hint in _fields(kind):  # type: ignore[arg-type]
        if wire in told:
            given[name] = _value(hint, told[wire])
    return kind(**given)


@lru_cache
def _fields(kind: Any) -> list[tuple[str, str, Any]]:
    """Return the fields of a kind: their name, how they are called on the wire, their type."""
    hints = get_type_hints(kind)
    return [(f.name, f.metadata.get("wire", f.name), hints[f.name]) for f in fields(kind)]


def _value(hint: Any, told: Any) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return None if told is None else _value(inner[0], told)
    if origin is tuple and isinstance(told, list):
        return tuple(_value(inner[0], each) for each in told)
    if origin is not None and isinstance(told, dict):
        return {name: _value(inner[1], each) for name, each in told.items()}
    if is_dataclass(hint):
        return read(hint, told)  # type: ignore[arg-type]
    if hint is datetime:
        return _instant(told)
    if hint in (date, UUID):
        return date.fromisoformat(told) if hint is date else UUID(told)
    if type(told) is not hint:
        raise TypeError(f"{told!r} is no {hint}")
    return told


def _instant(told: str) -> datetime:
    found = datetime.fromisoformat(told)
    if found.tzinfo is None:
        raise ValueError("an instant has its offset")
    return found
