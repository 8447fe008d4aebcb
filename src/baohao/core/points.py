"""
Issuing points: where people pay, which tills stand there, and their days that are closed.

    Refusal
    └── PointRefusal
        ├── PointMalformed     a key, a name, a zone or a till that cannot be used
        ├── PointUnknown       none by that key
        └── PointKnown         another has that key, or a till of it
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from baohao.core.books.chart import Account, AccountKind
from baohao.core.refusals import Refusal

_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}", re.ASCII)
NAME_MAX = 120


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

    def __post_init__(self) -> None:
        if _KEY.fullmatch(self.key) is None:
            reason = "write at most 40 of a-z, 0-9, _ . and -, as in hall"
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
