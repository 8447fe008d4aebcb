"""
Acts: what happened to a line, each at its own instant.

Acts are the only input of the rules. They may arrive in any order; `order` is the order in which
they are folded, and it depends on nothing but the acts themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from baohao.core.civil import Span, civil_day

#: Acts that start a life, before anything else that happened at the same instant.
STARTS = frozenset({"purchase", "activate", "first_use", "identity", "port_in", "repin"})
#: Acts that make a card in stock somebody's line.
BEGINNINGS = frozenset({"activate", "port_in"})
#: Acts that may count under a policy's events.
COUNTING = frozenset(
    {
        "topup",
        "pack",
        "validity_pack",
        "renewal",
        "voucher",
        "gift",
        "call_out",
        "sms_out",
        "mms_out",
        "data",
        "call_in",
        "sms_in",
        "read",
        "login",
        "charge",
        "port_in",
        "usage",
        "other",
    }
)
#: Acts that use the line, for clocks that start with the first use.
USES = frozenset({"call_out", "sms_out", "mms_out", "data", "usage", "first_use"})
#: Acts that steer the line itself.
#: refund: credit was given back · restore: a former holder has the number again.
STEERING = frozenset({"park", "resume", "hold", "lift", "adjust", "repin", "refund", "restore"})
#: Acts that end a life.
ENDINGS = frozenset({"port_out", "terminate", "return", "recycle"})

KINDS = STARTS | COUNTING | STEERING | ENDINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that happened. Amounts are minor units of the policy's currency."""

    #: Unique on its line; made by the client, so that a repeated act is recognised.
    id: str
    kind: str
    #: When the operator posted it; other times below, where they are known and differ.
    at: datetime
    #: The face value; `None` where the act has no price.
    amount_minor: int | None = None
    paid_minor: int | None = None
    net_minor: int | None = None
    #: What reached the balance; by default the face value.
    credited_minor: int | None = None
    #: What the act took from the main balance.
    spend_minor: int = 0
    #: What was bought, for terms that are "bought".
    term: Span | None = None
    #: Free time on top, in the order in which it is granted.
    bonus: tuple[Span, ...] = ()
    #: The first day that it no longer gives, once it was reversed half-way.
    cut: date | None = None
    #: Allowances that begin anew with the act, and what it used of them: (name, whole units).
    gives: tuple[tuple[str, int], ...] = ()
    used: tuple[tuple[str, int], ...] = ()
    sku: str = ""
    channel: str = ""
    actor: str = ""
    tags: frozenset[str] = frozenset()
    requested_at: datetime | None = None
    paid_at: datetime | None = None
    used_at: datetime | None = None
    #: adjust: the clock or balance that is set, and to what; repin: the new policy's pin.
    clock: str = ""
    until: datetime | None = None
    balance: str = ""
    pin: str = ""
    why: str = ""

    def measured(self, measure: str) -> int | None:
        """Return the amount that a threshold is held against: face, paid, net or credited."""
        if measure == "paid":
            return self.amount_minor if self.paid_minor is None else self.paid_minor
        if measure == "net":
            return self.amount_minor if self.net_minor is None else self.net_minor
        if measure == "credited":
            return self.credit_minor
        return self.amount_minor

    @property
    def credit_minor(self) -> int:
        """What reached the balance."""
        if self.credited_minor is not None:
            return self.credited_minor
        return self.amount_minor or 0

    def is_void(self, zone: tzinfo) -> bool:
        """Say whether it was undone before it gave a day."""
        return self.cut is not None and self.cut <= civil_day(self.at, zone)

    def effective(self, which: str) -> datetime:
        """Return the time that a rule counts from: posted, requested, paid or used."""
        if which == "requested":
            return self.requested_at or self.at
        if which == "paid":
            return self.paid_at or self.at
        return (self.used_at or self.at) if which == "used" else self.at


def order(act: Act) -> tuple[datetime, int, str]:
    """Return the place of an act in its line's life: by instant, starts first, then by id."""
    return (act.at, 0 if act.kind in STARTS else 1, act.id)


def given(acts: Iterable[Act], at: datetime) -> dict[str, int]:
    """Return what the last act to give any allowances gave."""
    last = max((a for a in acts if a.at <= at and a.gives), key=order, default=None)
    return {} if last is None else dict(last.gives)


def allowances(acts: Iterable[Act], at: datetime) -> dict[str, int]:
    """Return what is left at an instant of what the last act to give any gave; never below zero."""
    left: dict[str, int] = {}
    for act in sorted((a for a in acts if a.at <= at), key=order):
        if act.gives:
            left = dict(act.gives)
        for name, units in act.used:
            left[name] = max(0, left.get(name, 0) - units)
    return left
