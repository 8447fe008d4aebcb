"""What gateways are asked, outside any transaction: each question may be asked again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from baohao.app.ports import (
    Absent,
    Declined,
    Gateway,
    Order,
    Paid,
    Payable,
    Refunded,
    Unknown,
    Unpaid,
)
from baohao.app.ports import Refund as ToRefund
from baohao.core.exchange import RateSchedule
from baohao.core.payments import State
from baohao.core.refusals import Refusal
from baohao.core.velocity import Limit
from baohao.store.payments import PENDING, Kept, Refund

T = TypeVar("T")

#: Codes of our own: nothing connects to that gateway; it says nothing just now.
NOT_CONNECTED, NOT_ASKED = "not_connected", "not_asked"

#: A gateway that gave so many no answer in a row is silent: see `Silence`.
SILENT_MAX = 2

#: How an order is paid that nobody pays by themselves: by a mandate, which stands for the payer.
CHARGED = "mandate"

Outcome = Payable | Paid | Unpaid | Absent | Declined | Unknown


class NoGateway(Refusal):
    """
    No payment gateway is connected: set BAOHAO_ACQUIRER to the file of a contract, BAOHAO_WECHAT_*
    to an account at WeChat Pay or BAOHAO_STRIPE_* to one at Stripe, and BAOHAO_NOTIFY_URL to where
    they reach us; or BAOHAO_BANK to the file of the bank accounts that people pay into.
    """

    code = "payment.no_gateway"


class NoBank(Refusal):
    """No bank account is known: set BAOHAO_BANK to the file of those that people pay into."""

    code = "bank.no_account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The gateways that are connected, by name."""

    gateways: Mapping[str, Gateway]
    #: Where they tell us; each at an address of its own below, by its name.
    notify_url: str
    #: How long after a quote's end its money may still be on its way, by the gateway.
    patience: Mapping[str, timedelta] = field(default_factory=dict)
    #: Those where people pay by card, and how often they may try.
    cards: frozenset[str] = frozenset()
    limits: tuple[Limit, ...] = ()
    #: What payers' currencies are worth now, by operator.
    rates: Callable[[], Mapping[str, RateSchedule]] = dict


class Silence:
    """Which gateways are silent in one run: they are asked no more in it, for a call may hang."""

    def __init__(self) -> None:
        self._unanswered: Counter[str] = Counter()

    def ask(self, gateway: str, question: Callable[[], T]) -> T | Unknown:
        """Ask a gateway something, unless it is silent."""
        if self._unanswered[gateway] >= SILENT_MAX:
            return Unknown(code=NOT_ASKED)
        outcome = question()
        is_silent = isinstance(outcome, Unknown) and outcome.code.startswith("http.")
        self._unanswered[gateway] = self._unanswered[gateway] + 1 if is_silent else 0
        return outcome


def create(ports: Ports, kept: Kept) -> Payable | Paid | Unpaid | Declined | Unknown:
    """Put the order to its gateway; the same as ever."""
    gateway = ports.gateways.get(kept.payment.gateway)
    if gateway is None:
        return Unknown(code=NOT_CONNECTED)
    asked = kept.asked
    order = Order(
        order=kept.payment.order,
        amount_minor=kept.payment.amount_minor,
        currency=kept.payment.currency,
        description=asked.description,
        way=asked.way,
        payer=asked.payer,
        ends_at=kept.ends_at,
        notify_url=f"{ports.notify_url}/{gateway.name}",
        return_url=asked.return_url,
        keeps=asked.keeps,
    )
    if asked.way != CHARGED:
        return gateway.create(order)
    charge = getattr(gateway, "charge", None)
    if charge is None:
        return Declined(code="way.not_offered")
    # The payer is not there: by what they have agreed to, the same order is charged once.
    found: Paid | Unpaid | Declined | Unknown = charge(order, asked.payer)
    return found


def look(ports: Ports, kept: Kept, now: datetime) -> Outcome:
    """
    Ask what became of an order, before anything else is done about it.

    One that nobody answered for is put to the gateway again where it is not there; one whose time
    is over is closed, so that nobody pays it while it is forgotten.
    """
    gateway = ports.gateways.get(kept.payment.gateway)
    if gateway is None:
        return Unknown(code=NOT_CONNECTED)
    order = kept.payment.order
    if now >= kept.ends_at:
        found = gateway.close(order)
        return Unpaid(is_closed=True) if isinstance(found, Absent) else found
    found = gateway.query(order)
    is_there = isinstance(found, Unpaid) and not found.is_closed
    is_new = kept.payment.state in (State.CREATED, State.UNKNOWN)
    if is_new and (is_there or isinstance(found, Absent)):
        return create(ports, kept)
    return found


def give_back(ports: Ports, kept: Kept, refund: Refund) -> Refunded | Declined | Absent | Unknown:
    """Have a refund sent, or ask what became of one that was taken up before."""
    gateway, come = ports.gateways.get(kept.payment.gateway), kept.payment.capture
    if gateway is None or come is None:
        return Unknown(code=NOT_CONNECTED)
    if refund.state == PENDING or refund.tries > 1:
        found = gateway.find_refund(refund.number, kept.payment.order)
        if not isinstance(found, Absent):
            return found
    wanted = ToRefund(
        refund=refund.number,
        order=kept.payment.order,
        paid_minor=come.amount_minor,
        amount_minor=refund.amount_minor,
        currency=come.currency,
        reason=refund.reason,
    )
    return gateway.refund(wanted)
