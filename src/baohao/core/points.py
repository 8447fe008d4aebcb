"""
Issuing points: where people pay, which tills stand there, and their days that are closed.

    Refusal
    └── PointRefusal
        ├── PointMalformed     a key, a name, a zone, a till or hours that cannot be used
        ├── PointUnknown       none by that key
        └── PointKnown         another has that key, or a till of it
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from baohao.core.books.chart import Account, AccountKind
from baohao.core.refusals import Refusal

#: What a series of receipts may be called: a point, a till, or where nobody stands at a counter.
SERIES = re.compile(r"[a-z0-9][a-z0-9.-]{0,31}", re.ASCII)
NAME_MAX, TEXT_MAX = 120, 300
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}", re.ASCII)


class PointRefusal(Refusal):
    """The issuing point {point} cannot do that."""

    code = "point"


class PointMalformed(PointRefusal):
    """The issuing point's {part} is not valid: {reason}."""

    code = "point.malformed"


class PointUnknown(PointRefusal):
    """There is no issuing point {point}: register it first (points add)."""

    code = "point.unknown"


class PointKnown(PointRefusal):
    """The issuing point {point} has the {part} {value} already."""

    code = "point.known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """
    How people find an issuing point, and what whoever sells there must tell; all of it may be
    empty.

    Law 9/2021 of Macau, article 11, asks for the shop's name and address and a way to reach it.
    Raises `PointMalformed`.
    """

    #: language -> what it is called there; the usual name is the point's own.
    names: Mapping[str, str] = field(default_factory=dict)
    #: language -> street and house; "" is the usual.
    addresses: Mapping[str, str] = field(default_factory=dict)
    phone: str = ""
    email: str = ""
    #: Day of the week -> when it is open, as in ("10:00-13:00", "14:30-19:00"), in its own zone.
    #: A day that is missing it is closed; none at all: nobody has said.
    hours: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Days on which it is closed though its week says otherwise, in order, as in "2026-02-17".
    closed: tuple[str, ...] = ()
    #: language -> part of the town; "" is the usual.
    districts: Mapping[str, str] = field(default_factory=dict)
    #: Verbs that are done there; none: all that its operator does at counters.
    does: tuple[str, ...] = ()
    #: Whether everybody may find it; one that is not is for staff alone.
    listed: bool = True
    #: Who sells there, where it is not the operator itself: its name, its number in the register of
    #: companies, its number as a taxpayer.
    company: str = ""
    registration: str = ""
    tax_number: str = ""

    def __post_init__(self) -> None:
        for part in ("names", "addresses", "districts"):
            texts: Mapping[str, str] = getattr(self, part)
            for language, text in texts.items():
                if language and _LANGUAGE.fullmatch(language) is None:
                    raise PointMalformed(part=part, reason=f"{language} is no language, as zh-Hant")
                _printable(part, text, need=True)
        for part in ("phone", "email", "company", "registration", "tax_number"):
            _printable(part, getattr(self, part))
        for day, spans in self.hours.items():
            _open_on(day, spans)
        for day in self.closed:
            _civil(day)


def _printable(part: str, text: str, *, need: bool = False) -> None:
    if (need and not text.strip()) or len(text) > TEXT_MAX or (text and not text.isprintable()):
        reason = f"write at most {TEXT_MAX} printable characters in one line"
        raise PointMalformed(part=part, reason=reason)


def _civil(day: str) -> None:
    try:
        date.fromisoformat(day)
    except ValueError:
        raise PointMalformed(part="closed", reason=f"{day} is no day, as 2026-02-17") from None


def _open_on(day: str, spans: Sequence[str]) -> None:
    if day not in WEEK:
        raise PointMalformed(part="hours", reason=f"{day} is none of {', '.join(WEEK)}")
    end = ""
    for span in spans:
        since, _, until = span.partition("-")
        if _HOURS.fullmatch(span) is None or not end <= since < until:
            reason = f"{span} is not after the one before; write 10:00-13:00,14:30-19:00"
            raise PointMalformed(part="hours", reason=reason)
        end = until


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """
    One issuing point.

    Raises `PointMalformed`, or what `Account.parse` raises of a till.
    """

    #: Never changes.
    key: str
    operator: str
    #: As on receipts.
    name: str
    #: An IANA name: where its days begin.
    zone: str
    #: Accounts of its tills, as in "till:hall-1:MOP", in order; each stands at one point alone.
    tills: tuple[str, ...]
    told: Particulars = field(default_factory=Particulars)

    def __post_init__(self) -> None:
        if SERIES.fullmatch(self.key) is None:
            reason = "write at most 32 of a-z, 0-9, . and -, as in hall"
            raise PointMalformed(part="key", reason=reason)
        if not 0 < len(self.name) <= NAME_MAX or not self.name.isprintable():
            raise PointMalformed(part="name", reason=f"it has 1 to {NAME_MAX} printable characters")
        if not self.tills or list(self.tills) != sorted(set(self.tills)):
            raise PointMalformed(
                part="tills", reason="it has one at least, and each once, in order"
            )
        for till in self.tills:
            if Account.parse(till).kind is not AccountKind.TILL:
                raise PointMalformed(part="tills", reason=f"{till} is none")

    @property
    def series(self) -> tuple[str, ...]:
        """The series of receipts that are given there: its own, and those of its tills."""
        return tuple(sorted({self.key, *(Account.parse(till).owner for till in self.tills)}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDay:
    """A day as it was closed."""

    point: str
    day: date
    #: Half-open.
    since: datetime
    until: datetime
    #: The tills that stood there then.
    tills: tuple[str, ...]
    totals: Sequence[Mapping[str, Any]]
    closed_at: datetime
    closed_by: str
    #: Over all of it, the day that was closed before, and each entry of the tills.
    digest: bytes
    #: Whether all that is still as it was.
    is_whole: bool
