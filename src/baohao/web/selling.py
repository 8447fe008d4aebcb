"""What every shop window shares: which line is meant, what is promised, and how it is paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import segno
from django.http import Http404
from django.urls import register_converter
from django.utils.translation import get_language, gettext, ngettext

from baohao.app import glance, show
from baohao.app.glance import Glance
from baohao.app.payments import Asked, Kept, begin, listing, returning
from baohao.app.payments.begin import Beginning
from baohao.core.civil import Span, Unit
from baohao.core.decide.case import LineUnknown
from baohao.core.identifiers.number import MalformedNumber, parse_number
from baohao.core.payments import State
from baohao.outside.ids import new_id
from baohao.outside.terminal import CardTerminal
from baohao.web.desk import desk, made


class Tel:
    """A number in an address: its digits, without the plus."""

    regex = r"[1-9][0-9]{6,14}"

    def to_python(self, value: str) -> str:
        """Return the number; `ValueError`: no such address."""
        try:
            return parse_number(f"+{value}")
        except MalformedNumber as malformed:
            raise ValueError(malformed.message) from None

    def to_url(self, value: str) -> str:
        """Return its digits."""
        return value.removeprefix("+")


# Here, so that whichever room's addresses are read first find it.
register_converter(Tel, "tel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A quote as it is shown before anything is paid."""

    id: UUID
    number: str
    verb: str
    term: str
    list_minor: int
    price_minor: int
    fee_minor: int
    government_minor: int
    total_minor: int
    currency: str
    #: (promotion, its time) and (promotion, minor units).
    bonus: Sequence[tuple[str, str]]
    discounts: Sequence[tuple[str, int]]
    gifts: Sequence[tuple[str, int]]
    #: The last good days, in the operator's zone.
    before: datetime | None
    until: datetime | None
    lost_days: int
    shortened_days: int
    #: An agent's own fee, beside the total.
    service_fee_minor: int = 0


def look(number: str) -> Glance:
    """Return a line as it stands; raises `Http404` where there is none."""
    try:
        return desk().read(partial(glance.one, terms=desk().terms, number=number))
    except LineUnknown:
        raise Http404 from None


def promised(number: str, said: Mapping[str, Any], *, by: str, channel: str) -> UUID:
    """Have a quote made, and return its id; raises the refusal."""
    answer = desk().ask(made("quote", number, said, by=by, channel=channel))
    return UUID(str(answer.answer["quote"]))


def promise(line: Glance, quote: UUID) -> Promise | None:
    """Return what a quote promises; `None`: it has ended."""
    terms = desk().read(lambda conn: show.quote(conn, line.number, quote))
    if not terms:
        return None
    return Promise(
        id=quote,
        number=line.number,
        verb=terms["verb"],
        term=terms["term"],
        list_minor=terms["list"],
        price_minor=terms["price"],
        fee_minor=terms["fee"],
        government_minor=terms["government"],
        total_minor=terms["total"],
        currency=terms["currency"],
        bonus=[(name, time) for name, time in terms["bonus"]],
        discounts=[(name, minor) for name, minor in terms["discounts"]],
        gifts=[(name, minor) for name, minor in terms["gifts"]],
        before=_last_moment(line, terms["before"]),
        until=_last_moment(line, terms["until"]),
        lost_days=terms["lost_days"],
        shortened_days=terms["shortened_days"],
        service_fee_minor=terms.get("service_fee", 0),
    )


def _last_moment(line: Glance, text: str) -> datetime | None:
    """Return the last good moment before a deadline, by the zone of the operator."""
    if not text:
        return None
    zone = desk().house.library.operators[line.operator].zone
    return (datetime.fromisoformat(text) - timedelta(microseconds=1)).astimezone(zone)


def pay(
    line: Glance,
    promise: Promise,
    gateway: str,
    *,
    by: str,
    return_url: str = "",
    channel: str = "app",
    point: str = "",
    said: Mapping[str, Any] | None = None,
) -> Kept:
    """Let a quote be paid at a gateway; the same quote again is the same order."""
    what = gettext("{number}: {term}").format(number=line.number, term=promise.term or promise.verb)
    asked = Asked(
        description=what, way="qr", by=by, channel=channel, return_url=return_url, point=point
    )
    beginning = Beginning(
        number=line.number, quote=promise.id, gateway=gateway, asked=asked, said=said or {}
    )
    return begin.begin(desk().shell, desk().ports, beginning, new_id)


def gateways() -> Sequence[str]:
    """Return the gateways that payers may choose from by themselves."""
    return [name for name in connected() if name != CardTerminal.name]


def connected() -> Sequence[str]:
    """Return every gateway that is connected."""
    return sorted(desk().ports.gateways) if desk().house.takes_payments else []


def drawn(code: str) -> str:
    """Return a QR code as an image in an address."""
    return segno.make(code, micro=False, error="m").svg_data_uri(scale=5, border=3)


def wallet(holder: str, currency: str) -> int:
    """Return what is in a holder's wallet, in minor units."""
    account = f"wallet:{holder}:{currency}"
    return desk().read(partial(returning.balance, account=account))


def carried(payment: UUID) -> Kept:
    """Return a payment as it stands, taken as far as it goes now; raises `PaymentUnknown`."""
    kept = desk().read(partial(listing.payment, id_=payment))
    if kept.payment.state is State.CAPTURED and kept.next_at is not None:
        (kept,) = desk().carrier().carry([payment])
    return kept


def term(text: str) -> str:
    """Say a term, written as in "12 months", in the reader's words."""
    if not text:
        return ""
    span = Span.parse(text)
    units = {
        Unit.YEAR: ngettext("{n} year", "{n} years", span.count),
        Unit.MONTH: ngettext("{n} month", "{n} months", span.count),
        Unit.DAY: ngettext("{n} day", "{n} days", span.count),
    }
    said = units.get(span.unit)
    return said.format(n=span.count) if said else text


def title(titles: Mapping[str, str]) -> str:
    """Return a title in the reader's language, or the usual one."""
    language = (get_language() or "en").lower()
    found = {name.lower(): text for name, text in titles.items()}
    return found.get(language) or found.get(language[:2]) or found[""]
