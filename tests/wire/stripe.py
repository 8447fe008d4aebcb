"""
A shop with an account at Stripe, pretended, under a clock that is put on; and somebody who is told.

    shop.gateway    the adapter
    shop.twin       the gateway's twin
    shop.told       what came in notices, and `shop.refused`, why others were refused
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import UUID

from baohao.app.ports import NoticeRefused, Order, Refund, Told
from baohao.outside.pretend.listener import Listener
from baohao.outside.pretend.stripe import Draw, PretendStripe
from baohao.outside.stripe.gateway import Account, Stripe
from baohao.outside.tmf654 import Patience

#: Whoever is answered by nobody is to notice soon; who is answered has all the time there is.
HASTY, CALM = Patience(read_s=0.2), Patience()
NOON = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)


def number(n: int, at: datetime = NOON) -> str:
    """An order's number, as those of the house: it begins with when it was made."""
    millis = int(at.timestamp() * 1000)
    return UUID(int=millis << 80 | 7 << 76 | 2 << 62 | n).hex


ONE = number(1)


def account(url: str, **more: Any) -> Account:
    given = {"key": PretendStripe.key, "signing": ["whsec_pretended"], **more}
    return Account(url=url, return_url="https://keep.example/back", **given)


@dataclass(kw_only=True)
class Merchant:
    """A merchant that is told of what was paid."""

    now: datetime = NOON
    twin: PretendStripe = field(init=False)
    gateway: Stripe = field(init=False)
    told: list[Told] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def heard(self, headers: dict[str, str], body: bytes) -> int:
        """What the API's door is to do with a notice: a status, and nothing if it is refused."""
        try:
            self.told.append(self.gateway.notice(headers, body, self.now))
        except NoticeRefused as refused:
            self.refused.append(str(refused.facts["reason"]))
            return 400
        return 200

    def order(self, number: str = ONE, **more: Any) -> Order:
        given: dict[str, Any] = {
            "order": number,
            "amount_minor": 12_000,
            "currency": "MOP",
            "description": "保號 12 個月",
            "way": "page",
            "ends_at": self.now + timedelta(minutes=15),
            "notify_url": "",
            **more,
        }
        return Order(**given)

    def paid(self, number: str = ONE, **more: Any) -> Order:
        """Create an order, and let it be paid."""
        order = self.order(number, **more)
        self.gateway.create(order)
        assert self.twin.pay(number)
        return order

    def refund(self, number: str = "R1", order: str = ONE, **more: Any) -> Refund:
        given: dict[str, Any] = {
            "refund": number,
            "order": order,
            "paid_minor": 12_000,
            "amount_minor": 5_000,
            "currency": "MOP",
            "reason": "too late",
            **more,
        }
        return Refund(**given)

    def anew(self, patience: Patience = CALM) -> Stripe:
        """The adapter after a restart: it remembers nothing."""
        self.gateway.close_connections()
        self.gateway = Stripe(account(self.twin.url), lambda: self.now, patience)
        return self.gateway


@contextmanager
def trading(draw: Draw = lambda _: "", patience: Patience = CALM) -> Iterator[Merchant]:
    """A merchant, and the gateway that it is connected to."""
    merchant = Merchant()
    with Listener(_handler(merchant)) as ear:
        merchant.twin = PretendStripe(lambda: merchant.now, draw=draw)
        merchant.twin.notify_url = f"{ear.url}/told"
        with merchant.twin as twin:
            merchant.gateway = Stripe(account(twin.url), lambda: merchant.now, patience)
            try:
                yield merchant
            finally:
                merchant.gateway.close_connections()


def _handler(merchant: Merchant) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(merchant.heard(dict(self.headers.items()), body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
