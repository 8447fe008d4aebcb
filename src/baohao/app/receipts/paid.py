"""Where and by which means something was paid, as its receipt says it for ever."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from baohao.core.books.chart import AccountKind
from baohao.core.points import SERIES, WEEK, Point
from baohao.store import payments
from baohao.store.sql import Connection

Json = dict[str, Any]

#: Where nobody stands at a counter.
ONLINE = "online"
#: What belongs to a payment through a gateway.
_OF_PAYMENTS = (AccountKind.ADVANCE, AccountKind.REFUNDS)


def means(conn: Connection, paid_from: str) -> Json:
    """
    Return the means of payment that an account stands for.

    Of a payment through a gateway: the gateway, and what it says that was paid with.
    """
    kind, _, rest = paid_from.partition(":")
    found: Json = {"kind": kind}
    if kind in _OF_PAYMENTS:
        kept = payments.find(conn, UUID(rest.rpartition(":")[0]))
        if kept is not None:
            capture = kept.payment.capture
            found |= {"gateway": kept.payment.gateway, "means": capture.means if capture else ""}
    return found


def series(wanted: str, paid_from: str) -> str:
    """
    Return whose series numbers a receipt: where it was asked, else the till's that was paid at.

    What has neither was paid where nobody stands at a counter.
    """
    kind, _, rest = paid_from.partition(":")
    till = rest.rpartition(":")[0]
    at_till = till if kind == AccountKind.TILL and SERIES.fullmatch(till) else ONLINE
    return wanted or at_till


def particulars(point: Point | None) -> Json | None:
    """Return what a receipt says of its issuing point, as the register has it now."""
    return None if point is None else {"key": point.key, "name": point.name, **told(point)}


def told(point: Point) -> Json:
    """Return what people are told of an issuing point, as plain values."""
    what = point.told
    return {
        "names": dict(what.names),
        "addresses": dict(what.addresses),
        "phone": what.phone,
        "email": what.email,
        "hours": {day: list(what.hours[day]) for day in WEEK if day in what.hours},
        "company": what.company,
        "registration": what.registration,
        "tax_number": what.tax_number,
    }
