"""
WeChat Pay, pretended: APIv3 over HTTP on this machine, signed with keys of its own.

It holds our signature against what came over the wire, signs its answers, tells of payments and
refunds by WeChat's own schedule under a given clock, and has its own books. It can misbehave as
real ones do; `draw` says for each request, and each notice, how.

Requests, by the name of what is asked ("create", "query" ...):

    slow         done, and answered only when nobody listens any more
    lost         done, and the connection ends without an answer
    broken       an error of its own, before anything was done
    unsigned     done, and the answer has no signature
    tampered     done, and the answer was changed on its way
    forged       done, and somebody else signed the answer
    unknown_key  done, and the answer is signed by a key that nobody told us of
    old          done, and the answer is one of an hour ago

Notices ("notice") know the last four, and:

    twice           it comes twice
    late            it is put off until its next try, and others overtake it
    unheard         it was taken, and our answer got lost: it comes again
    probe           a signature that is none, to see who looks
    replayed        the one before comes again, as it was
    wrong_amount    it tells of one unit more than was paid
    other_currency  it tells of another currency

Bills ("bill"): missing, damaged, cut, double, miscounted, other_day, gb18030, bom.
"""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha1
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from baohao.outside.pretend.listener import Listener
from baohao.outside.pretend.wechat_books import REFUND_TAKES, Books, Returned, Said
from baohao.outside.pretend.wechat_signing import Ring
from baohao.outside.wechat_pay.gateway import Way

ANSWER_FAULTS = ("slow", "lost", "broken", "unsigned", "tampered", "forged", "unknown_key", "old")
NOTICE_FAULTS = (
    *("twice", "late", "unheard", "probe", "replayed", "wrong_amount", "other_currency"),
    *("tampered", "forged", "unknown_key", "old"),
)
BILL_FAULTS = (
    *("missing", "damaged", "cut", "double", "miscounted", "other_day", "gb18030", "bom"),
)
#: How long after each try of a notice the next one comes; after 24 hours and 4 minutes, none.
RETRIES = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        *(15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600),
        *(10_800, 10_800, 10_800, 21_600, 21_600),
    )
)
#: How long it waits for the answer to a notice, and for a client that does not go away (seconds).
NOTICE_WAITS_S, _PATIENCE_S = 5.0, 60

#: Says how something is to go wrong, by what it is; empty: not at all.
Draw = Callable[[str], str]


def by_seed(seed: int, share: float = 0.3) -> Draw:
    """Return what lets a share of everything go wrong, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret, and the same again
    faults = {"notice": NOTICE_FAULTS, "bill": BILL_FAULTS}
    return lambda what: (
        chance.choice(faults.get(what, ANSWER_FAULTS)) if chance.random() < share else ""
    )


@dataclass(slots=True, kw_only=True)
class Owed:
    """A notice that has to come."""

    url: str
    event: str
    #: What it tells, when it is sent.
    tell: Callable[[], dict[str, Any]]
    due: datetime
    tries: int = 0


class PretendWechatPay(Listener):
    """The server; it runs from `with` to its end, on a port of its own."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        ring: Ring | None = None,
        is_global: bool = False,
        sub_mchid: str = "",
        draw: Draw = lambda _: "",
    ) -> None:
        self.ring = ring or Ring.new()
        self.merchant = self.ring.merchant(sub_mchid)
        self.draw = draw
        self.books = Books(clock=clock, is_global=is_global)
        #: Each request's method, address and body, as they came over the wire.
        self.heard: list[tuple[str, str, bytes]] = []
        self.owed: list[Owed] = []
        #: Each notice that was sent, and the status of the answer; 0: there was none.
        self.sent: list[tuple[Mapping[str, str], bytes, int]] = []
        self._clock = clock
        self._lock = threading.Lock()
        super().__init__(_handler(self))

    def way(self, *currencies: str, refund_notify_url: str = "") -> Way:
        """Return how a merchant reaches it."""
        return Way(
            url=self.url,
            is_global=self.books.is_global,
            currencies=frozenset(currencies),
            refund_notify_url=refund_notify_url,
        )

    # --- what it tells ----------------------------------------------------------------------------

    def pay(self, order: str) -> bool:
        """Let the payer pay an order, and tell of it; `False`: it can be paid no more."""
        with self._lock:
            if not self.books.pay(order):
                return False
            ordered = self.books.orders[order]
            # What was so then, whatever came back later.
            told = {**self.books.told(ordered), "trade_state": "SUCCESS"}
            url = ordered.wanted["notify_url"]
            self._owe(url, "TRANSACTION.SUCCESS", lambda: told, self._clock())
            return True

    def deliver(self) -> int:
        """Send what is due by the clock, in order; return how much was taken."""
        taken, now = 0, self._clock()
        for owed in sorted(self.owed, key=lambda each: each.due):
            if owed.due > now:
                continue
            fault = self.draw("notice")
            if fault != "late" and self._deliver(owed, fault):
                self.owed.remove(owed)
                taken += 1
            elif owed.tries < len(RETRIES):
                owed.due, owed.tries = now + RETRIES[owed.tries], owed.tries + 1
            else:
                self.owed.remove(owed)
        return taken

    def _owe(self, url: str, event: str, tell: Callable[[], dict[str, Any]], due: datetime) -> None:
        if urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost"):
            self.owed.append(Owed(url=url, event=event, tell=tell, due=due))

    def _owe_refund(self, returned: Returned) -> None:
        """Tell how a refund ended, where somebody wants to know."""

        def tell() -> dict[str, Any]:
            told = self.books.told_refund(returned)
            told["refund_status"] = told.pop("status")
            ordered = self.books.orders[told["out_trade_no"]].wanted
            return told | {name: ordered[name] for name in ordered if name.endswith("mchid")}

        url = returned.wanted.get("notify_url", "")
        self._owe(url, f"REFUND.{returned.end}", tell, returned.at + REFUND_TAKES)

    def _deliver(self, owed: Owed, fault: str) -> bool:
        headers, body = self.ring.notice(owed.event, owed.tell(), self._clock(), fault)
        if fault == "replayed" and self.sent:
            headers, body = dict(self.sent[-1][0]), self.sent[-1][1]
        status = self._posted(owed.url, headers, body)
        if fault == "twice":
            status = self._posted(owed.url, headers, body)
        return status in (200, 204) and fault not in ("unheard", "replayed")

    def _posted(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        parts = urlsplit(url)
        with closing(HTTPConnection(parts.netloc, timeout=NOTICE_WAITS_S)) as there:
            try:
                given = {**headers, "Content-Type": "application/json"}
                there.request("POST", parts.path, body, given)
                status = there.getresponse().status
            except (OSError, HTTPException):
                status = 0
        self.sent.append((headers, body, status))
        return status

    # --- what it is asked -------------------------------------------------------------------------

    def answered(self, what: str, name: str, said: Any) -> Said:
        """Do what is asked."""
        with self._lock:
            if what == "create":
                return self.books.create(said, name)
            if what == "refund":
                is_new = said["out_refund_no"] not in self.books.refunds
                answer = self.books.refund(said)
                if is_new and answer[0] == 200:
                    self._owe_refund(self.books.refunds[said["out_refund_no"]])
                return answer
            asked: dict[str, Callable[[str], Said]] = {
                "query": self.books.query,
                "close": self.books.close,
                "find_refund": self.books.find_refund,
            }
            return asked[what](name)

    def bill(self, day: date, fault: str = "") -> bytes | None:
        """Return a day's bill, or what becomes of it; `None`: there is none."""
        lines = self.books.bill(day)
        if lines is None or fault == "missing":
            return None
        # The row before the sums, where there are any.
        last = len(lines) - (1 if self.books.is_global else 3)
        if fault == "cut":
            lines = lines[:last]
        if fault == "double":
            lines.insert(last, lines[last])
        if fault == "miscounted":
            lines[-1] = "`99" + lines[-1][lines[-1].index(",") :]
        if fault == "other_day":
            lines[last] = lines[last].replace(f"`{day}", f"`{day - timedelta(days=1)}", 1)
        encoding = {"gb18030": "gb18030", "bom": "utf-8-sig"}.get(fault, "utf-8")
        return ("\r\n".join(lines) + "\r\n").encode(encoding)


_PATHS = (
    ("create", "POST", r"/v3/(?:pay|global)/transactions/(jsapi|native|h5|mweb)"),
    ("query", "GET", r"/v3/(?:pay|global)/transactions/out-trade-no/(\w+)"),
    ("close", "POST", r"/v3/(?:pay|global)/transactions/out-trade-no/(\w+)/close"),
    ("refund", "POST", r"/v3/(?:refund/domestic|global)/(refunds)"),
    ("find_refund", "GET", r"/v3/(?:refund/domestic/refunds|global/refunds/out-refund-no)/(\w+)"),
    ("bill", "GET", r"/v3/(bill/tradebill|billdownload/file|global/statements)"),
)


def _handler(twin: PretendWechatPay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _PATIENCE_S

        def do_POST(self) -> None:
            self._serve()

        def do_GET(self) -> None:
            self._serve()

        def log_message(self, *_: Any) -> None:
            """Say nothing: what was heard is kept."""

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            twin.heard.append((self.command, self.path, body))
            header = self.headers.get("Authorization", "")
            at = twin.ring.authorized(self.command, self.path, body, header)
            parts = urlsplit(self.path)
            found = [
                (what, match[1])
                for what, method, path in _PATHS
                if method == self.command and (match := re.fullmatch(path, parts.path))
            ]
            if not at or not found:
                code = "RESOURCE_NOT_EXISTS" if at else "SIGN_ERROR"
                self._say(404 if at else 401, json.dumps({"code": code}).encode(), {})
                return
            what, name = found[0]
            if what == "bill":
                self._bill(parts.path, parse_qs(parts.query), at)
                return
            fault = twin.draw(what)
            broken: Said = (500, {"code": "SYSTEM_ERROR"})
            status, said = (
                broken
                if fault == "broken"
                else (twin.answered(what, name, json.loads(body) if body else None))
            )
            if fault in ("slow", "lost"):
                self._fall_silent(waits=fault == "slow")
                return
            text = b"" if said is None else json.dumps(said, ensure_ascii=False).encode()
            headers, text = twin.ring.signed(text, at, fault)
            self._say(status, text, headers)

        def _bill(self, path: str, asked: Mapping[str, Sequence[str]], at: int) -> None:
            day = (asked.get("bill_date") or asked.get("date") or asked["token"])[0]
            fault = twin.draw("bill")
            bill = twin.bill(date.fromisoformat(day[:10]), fault)
            if bill is None:
                headers, text = twin.ring.signed(b'{"code":"NO_STATEMENT_EXIST"}', at)
                self._say(400, text, headers)
                return
            damage = b"?" if fault == "damaged" else b""
            digest = sha1(bill + damage, usedforsecurity=False).hexdigest()
            if path.endswith("/tradebill"):
                # Not an address of this machine: the adapter asks where it knows us.
                where = f"https://api.mch.weixin.qq.com/v3/billdownload/file?token={day}"
                place = {"hash_type": "SHA1", "hash_value": digest, "download_url": where}
                headers, text = twin.ring.signed(json.dumps(place).encode(), at)
                self._say(200, text, headers)
                return
            self._say(200, bill, {"Wechatpay-Statement-Sha1": digest})

        def _say(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            if body:
                self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _fall_silent(self, *, waits: bool) -> None:
            self.close_connection = True
            if waits:
                with suppress(OSError):
                    self.connection.recv(1)

    return Handler
