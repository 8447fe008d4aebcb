"""
Payments' figures: signed notices, verified, opened and applied, by renewals through the same door.

What is applied is all that follows from money that has come: it is captured, put into the payment's
advance, and buys what was quoted. Quotes, orders and notices are made before anything is measured.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from baohao.app import shell
from baohao.app.door import Answered, Door
from baohao.app.payments.asking import Ports
from baohao.app.payments.carry import Carrier
from baohao.app.payments.notices import Sent, take
from baohao.app.ports import Gateway
from baohao.app.shell import Shell
from baohao.core.asks import Ask
from baohao.core.payments import Payment, State, promised
from baohao.outside.acquirer import Acquirer, Contract
from baohao.outside.ids import new_id
from baohao.outside.pretend.acquirer import Keys, PretendAcquirer
from baohao.outside.pretend.wechat_signing import Ring
from baohao.outside.wechat_pay.gateway import Way, WechatPay
from baohao.store import payments
from baohao.store.payments import Asked, Kept
from bench.figures import Figure, compared
from bench.machine import interleaved
from bench.models import number_of, terms_of
from bench.renewals import BATCH, Renewals
from bench.server import Server

#: Nobody is asked: whatever is needed has been told.
NOWHERE = "http://127.0.0.1:9"
#: Of four lines one is the payments': see bench/renewals.py.
STRIDE, FIRST = 4, 2
ASKED = Asked(description="12 months", way="qr", by="bench", channel="agent")
UNIT = "payments/s"


def paying(
    server: Server, database: str, lines: int, *, rounds: int, count: int
) -> Iterator[Figure]:
    """Measure payments through each gateway against renewals, on filled tables."""
    shell.steady()
    conninfo = server.running.conninfo(database)
    door = Renewals(conninfo, terms_of(conninfo), lines)
    counter = Payments(conninfo, lines)
    # After a checkpoint the first touch of each page logs the whole page, on both sides alike.
    counter.applied(WECHAT, 2 * BATCH)()
    _renewed(door, 4 * BATCH)
    for told in (WECHAT, ACQUIRER):
        herds = iter([counter.applied(told, count) for _ in range(rounds)])
        slices = interleaved(
            {
                "payments": lambda herds=herds: next(herds)(),  # type: ignore[misc]
                "door": lambda: _renewed(door, count),
            },
            rounds,
        )
        yield compared(
            f"notices through {told.gateway.name}, applied, by the door's renewals",
            slices["payments"],
            slices["door"],
            goal="at least 0.5",
            unit=UNIT,
        )


def _renewed(door: Renewals, count: int) -> int:
    """Renew so many lines, in batches of the same size, each paid by an agent of its own."""
    return sum(len(door.batch(BATCH, is_hot=False)) for _ in range(count // BATCH))


@dataclass(frozen=True, slots=True)
class Told:
    """A gateway, and what its twin tells of a payment: its order, its id there, and when."""

    gateway: Gateway
    notice: Callable[[Payment, str, datetime], tuple[Mapping[str, str], bytes]]


def _wechat() -> Told:
    ring = Ring.new()
    merchant = ring.merchant()
    way = Way(url=NOWHERE, is_global=True, currencies=frozenset({"MOP"}))

    def notice(payment: Payment, theirs: str, now: datetime) -> tuple[Mapping[str, str], bytes]:
        told: dict[str, Any] = {
            "mchid": merchant.mchid,
            "appid": merchant.appid,
            "out_trade_no": payment.order,
            "transaction_id": theirs,
            "trade_type": "NATIVE",
            "trade_state": "SUCCESS",
            "trade_state_desc": "支付成功",
            "bank_type": "OTHERS",
            "success_time": now.isoformat(timespec="seconds"),
            "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
            "amount": {
                "total": payment.amount_minor,
                "payer_total": payment.amount_minor,
                "currency": payment.currency,
                "payer_currency": "CNY",
            },
        }
        return ring.notice("TRANSACTION.SUCCESS", told, now)

    return Told(WechatPay(merchant, way), notice)


def _acquirer() -> Told:
    keys = Keys.made()
    twin = PretendAcquirer(keys, lambda: datetime.now(UTC))
    contract = Contract(
        url=NOWHERE,
        client=twin.client,
        merchant=twin.merchant,
        key=keys.ours,
        serial="mer-1",
        their_keys={"acq-1": keys.theirs.public_key()},
        notify_path=twin.notify_path,
    )

    def notice(payment: Payment, theirs: str, now: datetime) -> tuple[Mapping[str, str], bytes]:
        told = {
            "event": "payment.paid",
            "merchant": twin.merchant,
            "orderRef": payment.order,
            "status": "PAID",
            "txn": theirs,
            "amount": {"value": str(payment.amount_minor), "currency": payment.currency},
            "wallet": "mpay",
            "paidAt": now.astimezone(UTC).isoformat(timespec="seconds"),
        }
        return twin.signed(f"POST {twin.notify_path}", told)

    return Told(Acquirer(contract, lambda: datetime.now(UTC)), notice)


WECHAT, ACQUIRER = _wechat(), _acquirer()


class Payments:
    """Makes payments that wait for their money, and applies what is told of them."""

    def __init__(self, conninfo: str, lines: int) -> None:
        self._shell = Shell(Door(terms_of(conninfo)), lambda: shell.connect(conninfo))
        self._left = Random().sample(range(FIRST, lines, STRIDE), lines // STRIDE - 1)
        ports = {told.gateway.name: told.gateway for told in (WECHAT, ACQUIRER)}
        self._ports = Ports(gateways=ports, notify_url=NOWHERE)

    def applied(self, told: Told, count: int) -> Callable[[], int]:
        """Make payments and their notices; return what takes these and applies them."""
        numbers = [number_of(self._left.pop()) for _ in range(count)]
        found: list[Kept] = []
        for start in range(0, count, BATCH):
            found += self._begun(numbers[start : start + BATCH], told.gateway.name)
        now = datetime.now(UTC)
        notices = [
            Sent(gateway=told.gateway, headers=headers, body=body)
            for headers, body in (
                told.notice(kept.payment, secrets.token_hex(14), now) for kept in found
            )
        ]

        def work() -> int:
            for start in range(0, count, BATCH):
                refused = take(self._shell, notices[start : start + BATCH], new_id)
                assert set(refused) == {None}, refused
            ran = Carrier(self._shell, self._ports, new_id).run()
            assert ran == {"used": count}, ran
            return count

        return work

    def _begun(self, numbers: list[str], gateway: str) -> list[Kept]:
        """Have renewals quoted, and begin their payments as if the gateway had taken the orders."""
        asks = [
            Ask(
                id=new_id(),
                verb="quote",
                subject=number,
                principal="bench",
                channel="agent",
                payload={"what": "renew", "term": "12 months"},
                key=secrets.token_hex(8),
            )
            for number in numbers
        ]
        quoted = self._shell.answer(asks)
        return self._shell.run(partial(_begin, numbers=numbers, quoted=quoted, gateway=gateway))


def _begin(conn: Any, numbers: list[str], quoted: list[Any], gateway: str) -> list[Kept]:
    now, found = datetime.now(UTC), []
    for number, answer in zip(numbers, quoted, strict=True):
        assert isinstance(answer, Answered), answer
        [(version, terms)] = conn.execute(
            "SELECT version, terms FROM quotes WHERE bucket = baohao_bucket(%s) AND id = %s",
            [number, answer.answer["quote"]],
        ).fetchall()
        payment = Payment(
            id=UUID(str(answer.answer["quote"])),
            gateway=gateway,
            state=State.PAYABLE,
            amount_minor=terms["total"],
            currency=terms["currency"],
            wanted=promised(number, 1, version, terms, {}),
            act=new_id(),
        )
        later = now + timedelta(minutes=15)
        kept = Kept(payment=payment, asked=ASKED, ends_at=later, created_at=now, next_at=later)
        payments.begin(conn, kept)
        found.append(kept)
    payments.move_all(conn, found)
    return found
