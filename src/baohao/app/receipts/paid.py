"""Where and by which means something was paid, as its receipt says it for ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from baohao.core.books.chart import AccountKind
from baohao.core.points import SERIES, Point
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


def particulars(point: Point | None) -> Mapping[str, Any] | None:
    """Return what a receipt says of its issuing point, as the register has it now."""
    if point is None:
        return None
    told = point.told
    return {
        "key": point.key,
        "name": point.name,
        "names": dict(told.names),
        "addresses": dict(told.addresses),
        "phone": told.phone,
        "email": told.email,
        "hours": {day: list(spans) for day, spans in told.hours.items()},
        "company": told.company,
        "registration": told.registration,
        "tax_number": told.tax_number,
    }
