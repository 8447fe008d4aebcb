"""
A pretended wallet: the page that a payer's phone opens by the code of a pretended acquirer.

It pays with a tap, and has the acquirer's notices posted, again until they are taken.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from xml.sax.saxutils import escape

import httpx

from baohao.core.money import format_minor
from baohao.outside.pretend.acquirer import Keys, Placed, PretendAcquirer
from baohao.outside.pretend.listener import Listener

#: Between two tellings of what was not taken (seconds).
_PAUSE_S = 2.0

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Pretended wallet</title>
<style>body{{font:18px/1.5 system-ui,sans-serif;max-width:24rem;margin:3rem auto;padding:0 1rem}}
button{{font:inherit;width:100%;padding:1rem;border:0;border-radius:10px;background:#1d4ed8;color:#fff}}
</style><h1>Pretended wallet</h1><p>Nothing here is real money.</p>{body}</html>"""


class PretendWallet(Listener):
    """Serves the page of each order, and posts what the acquirer has to tell."""

    def __init__(self, keys: Keys, clock: Callable[[], datetime], notify_url: str) -> None:
        super().__init__(_handler(self))
        path = httpx.URL(notify_url).path
        self.acquirer = PretendAcquirer(keys, clock, notify_path=path, codes=f"{self.url}/q")
        self._notify_url = notify_url
        self._ended = threading.Event()
        self._teller = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> PretendWallet:
        self.acquirer.__enter__()
        super().__enter__()
        self._teller.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._ended.set()
        super().__exit__(*reason)
        self.acquirer.__exit__(*reason)

    def page(self, order: str) -> str | None:
        """Return the page of an order; `None`: there is none."""
        placed = self.acquirer.orders.get(order)
        return None if placed is None else _PAGE.format(body=_body(placed))

    def _tell(self) -> None:
        while not self._ended.wait(0.2):
            while self.acquirer.notices:
                headers, body = self.acquirer.notices[0]
                try:
                    answer = httpx.post(self._notify_url, headers=headers, content=body, timeout=5)
                    answer.raise_for_status()
                except httpx.HTTPError:
                    if self._ended.wait(_PAUSE_S):
                        return
                    continue
                self.acquirer.notices.pop(0)


def _body(placed: Placed) -> str:
    amount = f"{placed.currency} {format_minor(placed.amount_minor, placed.currency)}"
    if placed.status != "WAITING":
        return f"<h2>{escape(placed.status.title())}</h2><p>{escape(amount)}</p>"
    return f'<h2>{escape(amount)}</h2><form method="post"><button>Pay</button></form>'


def _handler(wallet: PretendWallet) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._show()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            wallet.acquirer.pay(self._order)
            self._show()

        @property
        def _order(self) -> str:
            return self.path.rpartition("/")[2]

        def _show(self) -> None:
            page = wallet.page(self._order)
            body = (page or "There is no such order.").encode()
            self.send_response(404 if page is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
