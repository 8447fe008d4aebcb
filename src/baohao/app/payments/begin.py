"""
Begin a payment: a quote becomes an order at a gateway.

    Refusal
    ├── QuoteUnknown, QuoteOver   the quote is not there, or has ended (core/decide/selling)
    ├── GatewayUnknown            nobody connects to it
    ├── GatewayOther              the quote is being paid through another
    ├── CurrencyChosen            the quote is being paid in another currency
    ├── NotChanged                the gateway is one of cards, or of transfers
    ├── NoRate                    no rate is stated for the payer's currency (core/exchange)
    ├── NotForGateways            it costs nothing, or an agent takes a fee of its own
    └── TooManyTries, CardsRefused   by card, too often, or by whose bank took money back
                                  (core/velocity)

What is paid, in which currency, and what is bought come from the quote, never from the asker. The
payment's id is the quote's, and its order number follows from it: asked again, it is the same
order, and nobody can pay two for one intent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from baohao.app.payments import velocity
from baohao.app.payments.asking import Ports, create
from baohao.app.payments.learn import note
from baohao.app.shell import Shell
from baohao.core.bucket import bucket_of
from baohao.core.decide.selling import QuoteOver, QuoteUnknown
from baohao.core.exchange import RateSchedule, stated
from baohao.core.payments import PAUSE, Payment, State, Wanted, promised
from baohao.core.refusals import Refusal
from baohao.store import clock, lines, payments
from baohao.store.payments import Asked, Kept
from baohao.store.sql import Connection, rows

__all__ = ["Asked", "Beginning", "GatewayOther", "GatewayUnknown", "NotForGateways", "begin"]


class GatewayUnknown(Refusal):
    """No gateway {gateway} is connected; there are: {known}."""

    code = "payment.gateway_unknown"


class GatewayOther(Refusal):
    """The quote {quote} is being paid through {gateway}; ask for a new quote to pay otherwise."""

    code = "payment.gateway_other"


class CurrencyChosen(Refusal):
    """The quote {quote} is being paid in {currency}; ask for a new quote to pay otherwise."""

    code = "payment.currency_chosen"


class NotChanged(Refusal):
    """Money that comes through {gateway} is not changed by us; pay in the currency of the price."""

    code = "exchange.gateway"


class NotForGateways(Refusal):
    """The quote {quote} cannot be paid through a gateway: {why}."""

    code = "payment.not_for_gateways"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """Who pays which quote, and how."""

    number: str
    quote: UUID
    gateway: str
    asked: Asked
    #: What the ask will say beside the quote's own words: codes, the holder of a new number.
    said: Mapping[str, Any]
    #: What the payer pays in; empty: as the price is.
    currency: str = ""


def begin(shell: Shell, ports: Ports, beginning: Beginning, new_id: Callable[[], UUID]) -> Kept:
    """
    Let a quote be paid; return the payment with what the payer is given, once there is something.

    The gateway is asked outside any transaction. Where it gives no answer the payment is unknown,
    and asking again asks for the same order. Raises the refusals above.
    """
    connected(ports, beginning.gateway)
    rates, act = ports.rates(), new_id()
    work = partial(_begin, ports=ports, beginning=beginning, rates=rates, act=act)
    return put(shell, ports, shell.run(work), new_id)


def connected(ports: Ports, gateway: str) -> None:
    """Raise `GatewayUnknown` where nobody connects to a gateway."""
    if gateway not in ports.gateways:
        known = ", ".join(sorted(ports.gateways)) or "none"
        raise GatewayUnknown(gateway=gateway, known=known)


def may_change(ports: Ports, gateway: str) -> None:
    """Raise `NotChanged` where money comes as it is: a card's bank changes it, a transfer waits."""
    if gateway in ports.cards or gateway in ports.patience:
        raise NotChanged(gateway=gateway)


def put(shell: Shell, ports: Ports, kept: Kept, new_id: Callable[[], UUID]) -> Kept:
    """Put a payment to its gateway that it has not answered for, and note what it says."""
    if kept.payment.state in (State.CREATED, State.UNKNOWN):
        outcome = create(ports, kept)
        kept = shell.run(partial(note, id_=kept.payment.id, outcome=outcome, new_id=new_id))
    return kept


def _begin(
    conn: Connection,
    ports: Ports,
    beginning: Beginning,
    rates: Mapping[str, RateSchedule],
    act: UUID,
) -> Kept:
    kept = payments.find(conn, beginning.quote) or _new(conn, ports, beginning, rates, act)
    if kept.payment.gateway != beginning.gateway:
        raise GatewayOther(quote=str(beginning.quote), gateway=kept.payment.gateway)
    wanted, currency = kept.payment.wanted, kept.payment.currency
    if not isinstance(wanted, Wanted) or wanted.number != beginning.number:
        raise QuoteUnknown(quote=str(beginning.quote))
    if beginning.currency not in ("", currency):
        raise CurrencyChosen(quote=str(beginning.quote), currency=currency)
    return kept


def _new(
    conn: Connection,
    ports: Ports,
    beginning: Beginning,
    rates: Mapping[str, RateSchedule],
    act: UUID,
) -> Kept:
    patience = ports.patience.get(beginning.gateway, timedelta())
    limits = ports.limits if beginning.gateway in ports.cards else ()
    number, quote = beginning.number, beginning.quote
    found = rows(conn, "read_quote_whole", bucket_of(number), quote)
    if not found or found[0][0] != number:
        raise QuoteUnknown(quote=str(quote))
    ((_, version, _, until, terms),) = found
    now, line = clock.now(conn), lines.find(conn, number)
    if now >= until or line is None:
        raise QuoteOver(until=until.isoformat())
    if not terms["total"]:
        raise NotForGateways(quote=str(quote), why="it costs nothing")
    if terms["service_fee"]:
        raise NotForGateways(quote=str(quote), why="its service fee is paid to the agent")
    velocity.admit(conn, beginning.asked, number, quote, limits, now)
    total, currency = terms["total"], terms["currency"]
    exchange = stated(rates, line.state.operator, total, currency, beginning.currency)
    if exchange is not None:
        may_change(ports, beginning.gateway)
    wanted = promised(number, line.state.epoch, version, terms, beginning.said)
    payment = Payment(
        id=quote,
        gateway=beginning.gateway,
        amount_minor=total if exchange is None else exchange.paid_minor,
        currency=currency if exchange is None else exchange.paid_currency,
        wanted=replace(wanted, exchange=exchange),
        act=act,
    )
    kept = Kept(
        payment=payment,
        asked=beginning.asked,
        ends_at=until + patience,
        created_at=now,
        next_at=now + PAUSE,
    )
    payments.begin(conn, kept)
    return payments.find(conn, quote) or kept
