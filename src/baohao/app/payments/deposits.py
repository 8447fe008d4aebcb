"""
Deposits: prepaid money for a holder's wallet or an agent's float, paid through a gateway.

    Refusal
    ├── NotAPurse, DepositTooSmall, DepositTooLarge        (core/payments)
    ├── OperatorNotHere                                    nobody of that key gives receipts
    ├── AgentUnknown, AgentInactive, AgentElsewhere        (core/agents)
    ├── GatewayUnknown                                     (begin)
    ├── NoRate                                             (core/exchange)
    └── KeyReused                                          the key was used for another deposit

The payment's id follows from who asks and the key, so that whoever taps twice, or asks again after
a time-out, gets the same order. What is paid goes the way of every payment (`carry`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from baohao.app.agents import registry
from baohao.app.door import KeyReused
from baohao.app.payments import listing
from baohao.app.payments.asking import Ports
from baohao.app.payments.begin import connected, may_change, put
from baohao.app.shell import Shell
from baohao.core.agents import AgentElsewhere, AgentInactive, AgentUnknown
from baohao.core.books.chart import Account, AccountKind
from baohao.core.exchange import RateSchedule, stated
from baohao.core.payments import PAUSE, Deposit, Payment, deposit_id, deposited
from baohao.core.refusals import Refusal
from baohao.store import clock, payments
from baohao.store.payments import Asked, Kept
from baohao.store.sql import Connection

#: For so long a payer may pay: to open a wallet and find the money.
OPEN_FOR = timedelta(minutes=30)


class OperatorNotHere(Refusal):
    """There is no operator {operator!r} that could give the receipt of a deposit."""

    code = "payment.deposit.operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Depositing:
    """Who puts how much into what, and how it is paid."""

    account: str
    #: Of the account's currency.
    amount_minor: int
    gateway: str
    #: How the gateway is asked (app/ports `Order`).
    description: str
    way: str
    payer: str = ""
    return_url: str = ""
    #: Who asks, and owns the key; and where.
    by: str
    channel: str
    key: str
    #: Whose receipt is given for it; empty: for a float, its agent's first.
    operator: str = ""
    #: What the payer pays in; empty: as the account is.
    currency: str = ""

    @property
    def id(self) -> UUID:
        """The payment's id."""
        return deposit_id(self.by, self.key)


def deposit(
    shell: Shell,
    ports: Ports,
    depositing: Depositing,
    operators: Collection[str],
    new_id: Callable[[], UUID],
) -> Kept:
    """
    Let a deposit be paid; return the payment with what the payer is given, once there is something.

    Asked again with the same key, it is the same order. Raises the refusals above.
    """
    connected(ports, depositing.gateway)
    if depositing.currency not in ("", Account.parse(depositing.account).currency):
        may_change(ports, depositing.gateway)
    work = partial(
        _begin,
        depositing=depositing,
        operators=operators,
        rates=ports.rates(),
        act=new_id(),
    )
    return put(shell, ports, shell.run(work), new_id)


def find(conn: Connection, id_: UUID) -> dict[str, Any] | None:
    """Return a deposit as plain facts; `None`: there is none of that id."""
    kept = payments.find(conn, id_)
    if kept is None or not isinstance(kept.payment.wanted, Deposit):
        return None
    return listing.deposit(kept)


def _begin(
    conn: Connection,
    depositing: Depositing,
    operators: Collection[str],
    rates: Mapping[str, RateSchedule],
    act: UUID,
) -> Kept:
    kept = payments.find(conn, depositing.id) or _new(conn, depositing, operators, rates, act)
    payment, wanted = kept.payment, kept.payment.wanted
    if not isinstance(wanted, Deposit):
        raise KeyReused()
    own = payment.amount_minor if wanted.exchange is None else wanted.exchange.own_minor
    asked = (depositing.account, depositing.amount_minor, depositing.gateway)
    other = depositing.currency not in ("", payment.currency)
    if asked != (wanted.account, own, payment.gateway) or other:
        raise KeyReused()
    return kept


def _new(
    conn: Connection,
    depositing: Depositing,
    operators: Collection[str],
    rates: Mapping[str, RateSchedule],
    act: UUID,
) -> Kept:
    into, minor = Account.parse(depositing.account), depositing.amount_minor
    deposited(into, minor)
    operator = _operator(conn, into, depositing.operator)
    if operator not in operators:
        raise OperatorNotHere(operator=operator)
    exchange = stated(rates, operator, minor, into.currency, depositing.currency)
    now = clock.now(conn)
    payment = Payment(
        id=depositing.id,
        gateway=depositing.gateway,
        amount_minor=minor if exchange is None else exchange.paid_minor,
        currency=into.currency if exchange is None else exchange.paid_currency,
        wanted=Deposit(account=into.text, operator=operator, exchange=exchange),
        act=act,
    )
    kept = Kept(
        payment=payment,
        asked=Asked(
            description=depositing.description,
            way=depositing.way,
            payer=depositing.payer,
            return_url=depositing.return_url,
            by=depositing.by,
            channel=depositing.channel,
        ),
        ends_at=now + OPEN_FOR,
        created_at=now,
        next_at=now + PAUSE,
    )
    payments.begin(conn, kept)
    # Whoever taps twice at once has made it meanwhile.
    return payments.find(conn, depositing.id) or kept


def _operator(conn: Connection, into: Account, operator: str) -> str:
    """Return who gives the receipt; for a float one that its agent sells for, and sells still."""
    if into.kind is not AccountKind.FLOAT:
        return operator
    agent = registry.known(conn).get(into.owner)
    if agent is None or agent.float_account != into.text:
        raise AgentUnknown(agent=into.owner)
    if not agent.is_active:
        raise AgentInactive(agent=agent.key)
    if operator and operator not in agent.operators:
        raise AgentElsewhere(agent=agent.key, operator=operator)
    return operator or min(agent.operators)
