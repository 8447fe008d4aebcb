"""
A merchant and a WeChat Pay, pretended, under a clock that is put on; and somebody who is told.

    shop.gateway    the adapter
    shop.twin       the gateway's twin
    shop.told       what came in notices, and `shop.refused`, why others were refused
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from baohao.app.ports import NoticeRefused, Order, Paid, Refund, Refunded
from baohao.outside.pretend.wechat_pay import Draw, PretendWechatPay
from baohao.outside.pretend.wechat_signing import Ring
from baohao.outside.tmf654 import Patience
from baohao.outside.wechat_pay.gateway import WechatPay

#: Whoever is answered by nobody is to notice soon; who is answered has all the time there is.
HASTY, CALM = Patience(read_s=0.2), Patience()
NOON = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)


@cache
def ring() -> Ring:
    """Keys take long to make."""
    return Ring.new()


@dataclass(kw_only=True)
class Merchant:
    """A merchant that is told of what was paid."""

    now: datetime = NOON
    twin: PretendWechatPay = field(init=False)
    gateway: WechatPay = field(init=False)
    told: list[Paid | Refunded] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    notify_url: str = ""

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def heard(self, headers: dict[str, str], body: bytes) -> int:
        """What the API's door is to do with a notice: a status, and nothing if it is refused."""
        try:
            self.told.append(self.gateway.notice(headers, body, self.now))
        except NoticeRefused as refused:
            self.refused.append(str(refused))
            return 401
        return 204

    def order(self, number: str = "A1b2C3d4", **more: Any) -> Order:
        given: dict[str, Any] = {
            "order": number,
            "amount_minor": 12_000,
            "currency": "CNY",
            "description": "保號 12 months",
            "way": "qr",
            "ends_at": self.now + timedelta(minutes=30),
            "notify_url": self.notify_url,
            **more,
        }
        return Order(**given)

    def paid(self, number: str = "A1b2C3d4", **more: Any) -> Order:
        """Create an order, and let it be paid."""
        order = self.order(number, **more)
        self.gateway.create(order)
        assert self.twin.pay(number)
        return order

    def refund(self, number: str = "R1", order: str = "A1b2C3d4", **more: Any) -> Refund:
        given: dict[str, Any] = {
            "refund": number,
            "order": order,
            "paid_minor": 12_000,
            "amount_minor": 5_000,
            "currency": "CNY",
            "reason": "too late",
            **more,
        }
        return Refund(**given)


@contextmanager
def trading(
    draw: Draw = lambda _: "",
    patience: Patience = CALM,
    *,
    is_global: bool = False,
    sub_mchid: str = "",
    currencies: tuple[str, ...] = ("CNY",),
) -> Iterator[Merchant]:
    """A merchant, and the gateway that it is connected to."""
    merchant = Merchant()
    with _listening(merchant) as url:
        merchant.notify_url = url
        merchant.twin = PretendWechatPay(
            lambda: merchant.now, ring=ring(), is_global=is_global, sub_mchid=sub_mchid, draw=draw
        )
        with merchant.twin as twin:
            way = twin.way(*currencies, refund_notify_url=url)
            merchant.gateway = WechatPay(twin.merchant, way, patience)
            try:
                yield merchant
            finally:
                merchant.gateway.close_connections()


@contextmanager
def _listening(merchant: Merchant) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(merchant.heard(dict(self.headers.items()), body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/told"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
