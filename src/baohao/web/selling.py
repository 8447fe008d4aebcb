"""What every shop window shares: which line is meant, what is promised, and how it is paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import register_converter
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from baohao import wiring
from baohao.app import glance
from baohao.app import ways as app_ways
from baohao.app.glance import Glance
from baohao.app.payments import Asked, Kept, baskets, begin, bought, listing, returning
from baohao.app.payments.baskets import Filling, Quoted
from baohao.app.payments.begin import Beginning
from baohao.app.payments.bought import Bought
from baohao.core.asks import Ask
from baohao.core.decide.case import LineUnknown
from baohao.core.identifiers.number import MalformedNumber, parse_number
from baohao.core.payments import State
from baohao.outside.ids import new_id
from baohao.outside.terminal import CardTerminal
from baohao.web import formats
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
    #: Of the line that it was made for.
    version: int
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one line."""

    number: str
    #: `None`: it was not bought.
    done: Bought | None
    until: datetime | None = None


def look(number: str) -> Glance:
    """
    Return a line as it stands; raises `Http404` where there is none.

    What is refused of it from now on is said by the clock of its operator.
    """
    try:
        found = desk().read(partial(glance.one, terms=desk().terms, number=number))
    except LineUnknown:
        raise Http404 from None
    timezone.activate(desk().house.library.operators[found.operator].zone)
    return found


def ways(request: HttpRequest, number: str) -> dict[str, Any]:
    """Return what a page of the ways to renew a line shows; raises `LineUnknown`."""
    found = desk().read(partial(app_ways.ways, terms=desk().terms, number=number))
    is_away = "away" in request.GET
    if is_away:
        # What is not known is told last, and what cannot be used not at all.
        found = [each for each in found if each.is_abroad is not False]
        found.sort(key=lambda each: each.is_abroad is None)
    return {"ways": found, "is_away": is_away}


def glances(numbers: Sequence[str]) -> Mapping[str, Glance]:
    """Return lines as they stand, by number; those that are not there are not."""
    found = desk().read(partial(glance.many, terms=desk().terms, numbers=numbers))
    return {each.number: each for each in found}


def promised(number: str, said: Mapping[str, Any], *, by: str, channel: str) -> UUID:
    """Have a quote made, and return its id; raises the refusal."""
    answer = desk().ask(made("quote", number, said, by=by, channel=channel))
    return UUID(str(answer.answer["quote"]))


def promise(line: Glance, quote: UUID) -> Promise | None:
    """Return what a quote promises; `None`: it was bought, or has ended long since."""
    return next(iter(promises({line.number: line}, [(line.number, quote)])), None)


def promises(
    lines: Mapping[str, Glance], quotes: Sequence[tuple[str, UUID]], *, live: bool = False
) -> list[Promise]:
    """Return what those of some quotes promise that are there; where `live`, that bind still."""

    def read(conn: Any) -> list[Quoted]:
        found = baskets.quotes(conn, quotes)
        now = wiring.now(conn) if live else None
        return [each for each in found if now is None or now < each.until]

    return [_promise(lines[each.number], each) for each in desk().read(read)]


def _promise(line: Glance, quoted: Quoted) -> Promise:
    terms = quoted.terms
    return Promise(
        id=quoted.id,
        number=line.number,
        version=quoted.version,
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
    return last_moment(line, datetime.fromisoformat(text))


def last_moment(line: Glance, until: datetime) -> datetime:
    """Return the last good moment before a deadline, by the zone of the line's operator."""
    zone = desk().house.library.operators[line.operator].zone
    return (until - timedelta(microseconds=1)).astimezone(zone)


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


def pay_together(
    basket: UUID,
    quotes: Sequence[tuple[str, UUID]],
    gateway: str,
    *,
    by: str,
    return_url: str,
) -> Kept:
    """Let several quotes be paid at a gateway by one order; the same basket again is the same."""
    what = ngettext("{n} number", "{n} numbers", len(quotes)).format(n=len(quotes))
    asked = Asked(description=what, way="qr", by=by, channel="app", return_url=return_url)
    filling = Filling(id=basket, quotes=quotes, gateway=gateway, asked=asked)
    return baskets.begin(desk().shell, desk().ports, filling, new_id)


def spend(promise: Promise, holder: str) -> Ask:
    """Return the ask that buys a quote from a holder's wallet: the quote is its key."""
    said = {
        "term": promise.term,
        "quote": str(promise.id),
        "paid": f"wallet:{holder}:{promise.currency}",
    }
    return made(
        promise.verb,
        promise.number,
        said,
        by=holder,
        channel="app",
        key=bought.key_of(promise.id),
        expect_version=promise.version,
    )


def paid(
    request: HttpRequest, line: Glance, promise: Promise, holder: str, then: str
) -> HttpResponse:
    """
    Pay from a holder's wallet at once, and go on to `then`; or begin at the gateway that was
    chosen. Raises the refusal.
    """
    gateway = request.POST.get("gateway", "")
    if gateway == "wallet":
        desk().ask(spend(promise, holder))
        return redirect(then)
    address = request.build_absolute_uri(f"/pay/{promise.id}/")
    pay(line, promise, gateway, by=holder, return_url=address)
    return redirect("pay", payment=promise.id)


def already(quotes: Sequence[tuple[str, UUID]], holder: str) -> Mapping[UUID, Bought]:
    """Return those of some quotes that were bought already, whoever paid and however."""
    return desk().read(partial(bought.of_quotes, wanted=quotes, holder=holder))


def outcomes(
    lines: Mapping[str, Glance], quotes: Sequence[tuple[str, UUID]], done: Mapping[UUID, Bought]
) -> list[Outcome]:
    """Return what became of each line, in the order in which they were chosen."""
    told = []
    for number, quote in quotes:
        each = done.get(quote)
        line = lines.get(number)
        until = None
        if each is not None and each.until is not None and line is not None:
            until = last_moment(line, each.until)
        told.append(Outcome(number=number, done=each, until=until))
    return told


def begun(quote: UUID) -> bool:
    """Say whether a quote is being paid at a gateway, or was: its page knows what became of it."""
    kept = desk().read(partial(listing.found, id_=quote))
    return kept is not None and kept.payment.state not in (State.FAILED, State.CLOSED)


def gateways(*, cards: bool = True) -> Sequence[str]:
    """Return those that payers may choose from by themselves, with those of cards or without."""
    names = [name for name in connected() if name != CardTerminal.name]
    return [name for name in names if cards or name not in desk().ports.cards]


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
    return formats.term(text)


def title(titles: Mapping[str, str]) -> str:
    """Return a title in the reader's language, or the usual one."""
    return formats.in_language(titles) or ""
