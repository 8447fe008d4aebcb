"""
Baskets: several lines in one payment, each by a quote of its own, with an outcome for each.

    Refusal
    ├── BasketEmpty, BasketTooLarge, BasketMixed   it holds nothing, too much, or two currencies
    ├── QuoteUnknown, QuoteOver                    one of its quotes is not there, or has ended
    ├── GatewayUnknown, GatewayOther, NotForGateways, NotForBaskets   (begin)
    └── TooManyTries, CardsRefused                 (core/velocity)

One order is put to the gateway, for the sum. Once it is paid, the janitor buys each line from the
payment's advance (`carry`): one that is refused, or whose quote was overtaken by something worse,
costs its neighbours nothing, and its money goes back by the way it came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from baohao.app.payments import velocity
from baohao.app.payments.asking import Ports
from baohao.app.payments.begin import GatewayOther, NotForGateways, connected, put
from baohao.app.shell import Shell
from baohao.core.bucket import bucket_of
from baohao.core.decide.selling import QuoteOver, QuoteUnknown
from baohao.core.payments import PAUSE, Basket, Part, Payment, promised
from baohao.core.refusals import Refusal
from baohao.store import clock, lines, payments
from baohao.store.payments import Asked, Kept
from baohao.store.sql import Connection, rows

#: A page of them: who has more sends a file (docs/how-to/renew-many.md).
MOST = 50


class BasketEmpty(Refusal):
    """Nothing is chosen: tick at least one number."""

    code = "basket.empty"


class BasketTooLarge(Refusal):
    """{count} numbers are too many for one payment; pay for at most {most} at a time."""

    code = "basket.too_large"


class BasketMixed(Refusal):
    """Prices in {currencies} cannot be paid in one payment; pay for one currency at a time."""

    code = "basket.mixed"


class NotForBaskets(Refusal):
    """The payment {payment} is of something else; begin again."""

    code = "basket.other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """A quote of a basket as it stands; one that was bought or forgotten is not there."""

    id: UUID
    number: str
    #: Of the line that it was made for.
    version: int
    until: datetime
    terms: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """Who pays which quotes together, and how."""

    #: The payment's id: asked again, it is the same order.
    id: UUID
    quotes: Sequence[tuple[str, UUID]]
    gateway: str
    asked: Asked


def quotes(conn: Connection, wanted: Sequence[tuple[str, UUID]]) -> list[Quoted]:
    """Return those of some quotes that are there, in their order."""
    places = [bucket_of(number) for number, _ in wanted], [quote for _, quote in wanted]
    numbers = {quote: number for number, quote in wanted}
    return [
        Quoted(id=id_, number=number, version=version, until=until, terms=terms)
        for id_, number, version, until, terms in rows(conn, "read_quotes", *places)
        if numbers[id_] == number
    ]


def fits(count: int, currencies: Sequence[str] = ()) -> None:
    """Hold a basket to its limits; raises `BasketEmpty`, `BasketTooLarge` and `BasketMixed`."""
    if not count:
        raise BasketEmpty()
    if count > MOST:
        raise BasketTooLarge(count=count, most=MOST)
    if len(set(currencies)) > 1:
        raise BasketMixed(currencies=", ".join(sorted(set(currencies))))


def begin(shell: Shell, ports: Ports, filling: Filling, new_id: Callable[[], UUID]) -> Kept:
    """
    Let several quotes be paid together; return the payment with what the payer is given.

    The same id again is the same order. Raises the refusals above.
    """
    connected(ports, filling.gateway)
    acts = [new_id() for _ in filling.quotes]
    work = partial(_begin, ports=ports, filling=filling, acts=acts)
    return put(shell, ports, shell.run(work), new_id)


def _begin(conn: Connection, ports: Ports, filling: Filling, acts: Sequence[UUID]) -> Kept:
    kept = payments.find(conn, filling.id) or _new(conn, ports, filling, acts)
    wanted = kept.payment.wanted
    if not isinstance(wanted, Basket) or [part.quote for part in wanted.parts] != [
        quote for _, quote in filling.quotes
    ]:
        raise NotForBaskets(payment=str(filling.id))
    if kept.payment.gateway != filling.gateway:
        raise GatewayOther(quote=str(filling.id), gateway=kept.payment.gateway)
    return kept


def _new(conn: Connection, ports: Ports, filling: Filling, acts: Sequence[UUID]) -> Kept:
    fits(len(filling.quotes))
    found, now = {each.id: each for each in quotes(conn, filling.quotes)}, clock.now(conn)
    numbers = [number for number, _ in filling.quotes]
    states = {state.number: state for state in lines.find_all(conn, numbers)}
    parts = []
    for act, (number, quote) in zip(acts, filling.quotes, strict=True):
        each, line = found.get(quote), states.get(number)
        if each is None or line is None:
            raise QuoteUnknown(quote=str(quote))
        if now >= each.until:
            raise QuoteOver(until=each.until.isoformat())
        if not each.terms["total"]:
            raise NotForGateways(quote=str(quote), why="it costs nothing")
        wanted = promised(number, line.epoch, each.version, each.terms, {})
        parts.append(
            Part(quote=quote, act=act, total_minor=each.terms["total"], wanted=wanted),
        )
    currencies = [each.terms["currency"] for each in found.values()]
    fits(len(parts), currencies)
    limits = ports.limits if filling.gateway in ports.cards else ()
    for number in numbers:
        velocity.admit(conn, filling.asked, number, filling.id, limits, now)
    payment = Payment(
        id=filling.id,
        gateway=filling.gateway,
        amount_minor=sum(part.total_minor for part in parts),
        currency=currencies[0],
        wanted=Basket(parts=tuple(parts)),
        act=parts[0].act,
    )
    patience = ports.patience.get(filling.gateway, timedelta())
    kept = Kept(
        payment=payment,
        asked=filling.asked,
        ends_at=min(each.until for each in found.values()) + patience,
        created_at=now,
        next_at=now + PAUSE,
    )
    payments.begin(conn, kept)
    # Whoever taps twice at once has made it meanwhile.
    return payments.find(conn, filling.id) or kept
