"""
Stripe, pretended: pages, charges, refunds and disputes over HTTP on this machine, with own books.

It reads forms and writes JSON as the real one does, knows its client by a key, answers the same key
of idempotency with the same bytes for a day and refuses it with other words, and tells of what
happens by events, signed by HMAC, until they are taken or three days have passed. Payers and banks
do what they are told: `pay`, `dispute`, `end_dispute`. It can misbehave as real ones do; `draw`
says for each request, and each notice, how.

Requests, by the name of what is asked ("create", "query" ...):

    slow        done, and answered only when nobody listens any more
    lost        done, and the connection ends without an answer
    broken      an error of its own before anything was done, and the same for the same key again
    busy        somebody else has the same key at work (409)
    limited     too much is asked (429)
    cut         done, and half of the answer comes

Notices ("notice"):

    twice           it comes twice
    late            it is put off until its next try, and others overtake it
    unheard         it was taken, and our answer got lost: it comes again
    replayed        the one before comes again, as it was
    old             signed an hour ago
    forged          somebody else signed it
    unknown_key     signed under a secret that nobody told us of, beside one of another scheme
    tampered        changed after it was signed
    wrong_amount    it tells of one unit more than was paid, well signed
    other_currency  it tells of another currency, well signed
    other_mode      it tells of money of the other mode
    other_account   it is another account's
"""

from __future__ import annotations

import hmac
import json
import random
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from baohao.outside.pretend.listener import Listener
from baohao.outside.pretend.stripe_books import Books, Object, Said, missing, refused

ANSWER_FAULTS = ("slow", "lost", "broken", "busy", "limited", "cut")
NOTICE_FAULTS = (
    *("twice", "late", "unheard", "replayed", "old", "forged", "unknown_key", "tampered"),
    *("wrong_amount", "other_currency", "other_mode", "other_account"),
)
#: Under a good signature, what is not so about money.
LIES = ("wrong_amount", "other_currency")
#: They try for three days, with pauses that grow; how much each, they do not say.
FIRST_PAUSE, FOR_SO_LONG = timedelta(minutes=5), timedelta(days=3)
#: For how long a key of idempotency is kept.
KEY_LIVES = timedelta(hours=24)
#: How long it waits for the answer to a notice, and for a client that does not go away (seconds).
NOTICE_WAITS_S, _PATIENCE_S = 5.0, 60
#: How many of a list come at once, at most.
PAGE_MAX = 100

#: Says how something is to go wrong, by what it is; empty: not at all.
Draw = Callable[[str], str]


def by_seed(seed: int, share: float = 0.3, without: tuple[str, ...] = ()) -> Draw:
    """Return what lets a share of everything go wrong, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret, and the same again
    faults = {
        True: [each for each in NOTICE_FAULTS if each not in without],
        False: [each for each in ANSWER_FAULTS if each not in without],
    }
    return lambda what: chance.choice(faults[what == "notice"]) if chance.random() < share else ""


@dataclass(slots=True, kw_only=True)
class Owed:
    """An event that has to be told."""

    id: str
    what: str
    thing: Object
    at: datetime
    due: datetime
    tries: int = 0


class PretendStripe(Listener):
    """The server; it runs from `with` to its end, on a port of its own."""

    key = "sk_test_pretended"

    def __init__(self, clock: Callable[[], datetime], *, draw: Draw = lambda _: "") -> None:
        self.books = Books(clock=clock)
        self.draw = draw
        #: By what it signs; while secrets are rotated there are two.
        self.signing = ["whsec_pretended"]
        #: Where it tells; empty: nowhere, and what it would tell waits in `owed`.
        self.notify_url = ""
        self.owed: list[Owed] = []
        #: Each notice that was sent, and the status of the answer; 0: there was none.
        self.sent: list[tuple[Mapping[str, str], bytes, int]] = []
        #: Each request's method, address, key of idempotency and body.
        self.heard: list[tuple[str, str, str, str]] = []
        self._answers: dict[str, tuple[datetime, str, int, bytes]] = {}
        self._events = 0
        self._clock = clock
        self._lock = threading.RLock()
        super().__init__(_handler(self))

    # --- payers and banks -------------------------------------------------------------------------

    def pay(self, order: str, card: str = "good") -> bool:
        """Try to pay an order on its page; `False`: it did not come to that."""
        with self._lock:
            page = self.page(order)
            done = page is not None and self.books.pay(page, card)
            self._owe()
            return done

    def dispute(self, order: str, amount: int | None = None) -> str:
        """Let the payer's bank take money back; return the case."""
        with self._lock:
            case = self.books.dispute(self.intent(order), amount)["id"]
            self._owe()
            return str(case)

    def end_dispute(self, case: str, *, won: bool) -> None:
        """Let a dispute end."""
        with self._lock:
            self.books.end_dispute(self.books.disputes[case], won=won)
            self._owe()

    def arrive(self, refund: str, status: str = "succeeded") -> None:
        """Let a refund of ours, by its number, end."""
        with self._lock:
            found = [e for e in self.books.refunds.values() if e["metadata"]["refund"] == refund]
            self.books.arrive(found[0], status)
            self._owe()

    def page(self, order: str) -> Object | None:
        """Return the page of an order; were there two, the payer could pay twice."""
        pages = self.books.sessions.values()
        return next((e for e in pages if e["client_reference_id"] == order), None)

    def intent(self, order: str) -> Object:
        """Return the payment of an order that was paid."""
        paid = (e for e in self.books.intents.values() if e["status"] == "succeeded")
        return next(each for each in paid if each["metadata"].get("order") == order)

    # --- what it tells ----------------------------------------------------------------------------

    def deliver(self) -> int:
        """Send what is due by the clock; return how much was taken."""
        taken, now = 0, self._clock()
        for owed in sorted(self.owed, key=lambda each: each.due):
            if owed.due > now or not self.notify_url:
                continue
            fault = self.draw("notice")
            if fault != "late" and self._deliver(owed, fault):
                self.owed.remove(owed)
                taken += 1
                continue
            owed.due, owed.tries = now + FIRST_PAUSE * (1 << owed.tries), owed.tries + 1
            if owed.due - owed.at > FOR_SO_LONG:
                self.owed.remove(owed)
        return taken

    def notice(self, owed: Owed, fault: str = "") -> tuple[dict[str, str], bytes]:
        """Return an event as it goes over the wire."""
        thing = dict(owed.thing)
        amount = "amount_total" if "amount_total" in thing else "amount"
        if fault == "wrong_amount" and amount in thing:
            thing[amount] += 1
        if fault == "other_currency" and "currency" in thing:
            thing["currency"] = "hkd" if thing["currency"] != "hkd" else "mop"
        said = {
            "id": owed.id,
            "object": "event",
            "created": int(owed.at.timestamp()),
            "livemode": self.books.is_live != (fault == "other_mode"),
            "type": owed.what,
            "pending_webhooks": 1,
            "data": {"object": thing},
        }
        if fault == "other_account":
            said["account"] = "acct_other"
        body = json.dumps(said, indent=2).encode()
        at = int(self._clock().timestamp()) - (3600 if fault == "old" else 0)
        headers = {"Stripe-Signature": self.signature(body, at, fault)}
        return headers, body.replace(b"pi_", b"pi-") if fault == "tampered" else body

    def signature(self, body: bytes, at: int, fault: str = "") -> str:
        """Return the header that signs a body."""
        secrets = ["whsec_other"] if fault in ("forged", "unknown_key") else self.signing
        text = f"{at}.".encode() + body
        made = [hmac.new(each.encode(), text, sha256).hexdigest() for each in secrets]
        # Events of the test mode have one of a scheme that is none, too.
        zero = hmac.new(self.signing[0].encode(), text, sha256).hexdigest()[::-1]
        schemes = [f"v1={each}" for each in made] + [f"v0={zero}"]
        return ",".join((f"t={at}", *schemes))

    def _owe(self) -> None:
        now = self._clock()
        for what, thing in self.books.happened:
            self._events += 1
            id_ = f"evt_{self._events:024}"
            self.owed.append(Owed(id=id_, what=what, thing=thing, at=now, due=now))
        self.books.happened.clear()

    def _deliver(self, owed: Owed, fault: str) -> bool:
        headers, body = self.notice(owed, fault)
        if fault == "replayed" and self.sent:
            headers, body = dict(self.sent[-1][0]), self.sent[-1][1]
        status = self._posted(headers, body)
        if fault == "twice":
            status = self._posted(headers, body)
        return 200 <= status < 300 and fault not in ("unheard", "replayed")

    def _posted(self, headers: Mapping[str, str], body: bytes) -> int:
        parts = urlsplit(self.notify_url)
        status = 0
        with closing(HTTPConnection(parts.netloc, timeout=NOTICE_WAITS_S)) as there:
            try:
                given = {**headers, "Content-Type": "application/json; charset=utf-8"}
                there.request("POST", parts.path, body, given)
                status = there.getresponse().status
            except (OSError, HTTPException):
                status = 0
        self.sent.append((headers, body, status))
        return status

    # --- what it answers --------------------------------------------------------------------------

    def answered(
        self, method: str, path: str, key: str, text: str, fault: str
    ) -> tuple[int, bytes]:
        """Answer a request; the same key again is answered with the same."""
        with self._lock:
            known, now = self._answers.get(key) if key else None, self._clock()
            if known is not None and now - known[0] < KEY_LIVES:
                if known[1] != f"{path}?{text}":
                    error = {"type": "idempotency_error", "message": "pretended"}
                    return 400, json.dumps({"error": error}).encode()
                return known[2:]
            if fault == "broken":
                status, said = 500, {"error": {"type": "api_error", "message": "pretended"}}
            else:
                status, said = self._done(method, path, _read(text))
            self._owe()
            body = json.dumps(said, indent=2).encode()
            # Whatever began is kept, even what went wrong; what was refused as unfit is not.
            if key and (status == 200 or status in (402, 500)):
                self._answers[key] = now, f"{path}?{text}", status, body
            return status, body

    def _done(self, method: str, path: str, form: Mapping[str, Any]) -> Said:
        books, expand = self.books, tuple(form.get("expand", {}).values())
        name, _, rest = path.removeprefix("/v1/checkout/").removeprefix("/v1/").partition("/")
        id_, _, verb = rest.partition("/")
        made: Said | None = None
        if method == "POST" and (name, verb) == ("sessions", "expire"):
            made = books.expire(id_)
        elif method == "POST" and not id_ and name in _MAKES:
            made = _MAKES[name](books, form)
        if made is not None:
            return (200, books.shown(made[1], expand)) if made[0] == 200 else made
        kept: dict[str, Object] | None = {
            "sessions": books.sessions,
            "payment_intents": books.intents,
            "refunds": books.refunds,
            "balance_transactions": books.movements,
        }.get(name)
        if method != "GET" or kept is None:
            return refused("", "url", 404)
        if id_:
            return (200, books.shown(kept[id_], expand)) if id_ in kept else missing(id_)
        return 200, self._list(path, list(kept.values())[::-1], form, expand)

    def _list(
        self, path: str, things: list[Object], form: Mapping[str, Any], expand: tuple[str, ...]
    ) -> Object:
        """Return a part of a list, the newest first."""
        created = form.get("created", {})
        least, below = int(created.get("gte", 0)), int(created.get("lt", 1 << 62))
        found = [
            each
            for each in things
            if least <= each["created"] < below
            and form.get("payment_intent") in (None, each.get("payment_intent"))
        ]
        if after := form.get("starting_after"):
            at = next((n for n, each in enumerate(found) if each["id"] == after), len(found))
            found = found[at + 1 :]
        some = min(int(form.get("limit", 10)), PAGE_MAX)
        inside = tuple(each.removeprefix("data.") for each in expand)
        data = [self.books.shown(each, inside) for each in found[:some]]
        return {"object": "list", "url": path, "data": data, "has_more": len(found) > some}


_MAKES: Mapping[str, Callable[[Books, Mapping[str, Any]], Said]] = {
    "sessions": Books.create_session,
    "payment_intents": Books.create_intent,
    "refunds": Books.create_refund,
}
#: What is asked, by how: as the adapter's methods are called.
_NAMES = {
    ("POST", "sessions"): "create",
    ("POST", "payment_intents"): "charge",
    ("POST", "refunds"): "refund",
    ("GET", "refunds"): "find_refund",
    ("GET", "balance_transactions"): "bill",
}


def _read(text: str) -> dict[str, Any]:
    """Read a form: `a[b][c]=1` is a table in a table."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text)):
        first, *inner = re.findall(r"[^\[\]]+", name)
        table = found
        for each, after in zip([first, *inner], [*inner, ""], strict=True):
            if after:
                table = table.setdefault(each, {})
            else:
                table[each] = value
    return found


def _handler(twin: PretendStripe) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _PATIENCE_S
        # Head and body in one piece: in two, the second waits for the first to be acknowledged.
        wbufsize = -1

        def do_POST(self) -> None:
            self._serve()

        def do_GET(self) -> None:
            self._serve()

        def log_message(self, *_: Any) -> None:
            """Say nothing: what was heard is kept."""

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            text, key = body or parts.query, self.headers.get("Idempotency-Key", "")
            twin.heard.append((self.command, parts.path, key, text))
            if self.headers.get("Authorization") != f"Bearer {twin.key}":
                error = {"type": "invalid_request_error", "message": "Invalid API Key provided"}
                self._say(401, json.dumps({"error": error}).encode())
                return
            name = parts.path.removeprefix("/v1/checkout/").removeprefix("/v1/").split("/")[0]
            is_end = parts.path.endswith("/expire")
            fault = twin.draw("close" if is_end else _NAMES.get((self.command, name), "query"))
            if fault in ("busy", "limited"):
                kind = "idempotency_key_in_use" if fault == "busy" else "rate_limit"
                error = {"type": "invalid_request_error", "code": kind}
                self._say(409 if fault == "busy" else 429, json.dumps({"error": error}).encode())
                return
            status, said = twin.answered(self.command, parts.path, key, text, fault)
            if fault in ("slow", "lost"):
                self._fall_silent(waits=fault == "slow")
                return
            self._say(status, said, is_cut=fault == "cut")

        def _say(self, status: int, body: bytes, *, is_cut: bool = False) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if is_cut else body)
            self.close_connection = self.close_connection or is_cut

        def _fall_silent(self, *, waits: bool) -> None:
            self.close_connection = True
            if waits:
                with suppress(OSError):
                    self.connection.recv(1)

    return Handler
