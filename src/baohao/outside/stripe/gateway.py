"""
Stripe Checkout: a page of theirs on which an order is paid by card, and charges without the payer.

Nothing of the page is ours, and no card passes through here (SAQ A). Their library is not used: it
tries again by itself, has one time-out for all, and turns what came into errors of its own, where
we have to know whether a request may have been done. What is left of it is a form to encode.

No page can be found by our order number, so what `create` learned is remembered, and after a
restart pages and payments are looked through, the newest first, back to when the order was made.
Keys of idempotency are kept for a day: an order that is older is looked for, never sent anew.
https://docs.stripe.com/api/checkout/sessions, .../payment_intents, .../refunds
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from urllib.parse import quote, urlencode
from uuid import UUID

import httpx

from baohao.app.ports import (
    Absent,
    BillMissing,
    BillRow,
    Declined,
    Order,
    Paid,
    Payable,
    Refund,
    Refunded,
    Told,
    Unknown,
    Unpaid,
)
from baohao.outside.stripe import amounts, answers, forms, notices
from baohao.outside.stripe.answers import Intent, Page, RefundSaid, Session, read
from baohao.outside.stripe.bill import Movement, rows
from baohao.outside.stripe.forms import Form, seconds
from baohao.outside.tmf654 import Patience

NAME = "stripe"
#: In its words everything here is said; what an event is told in, the endpoint's settings say.
API_VERSION = "2025-03-31.basil"
ANSWER_MAX_BYTES, PATIENCE = 4_000_000, Patience()
#: For how long the same key is the same request; they say a day at least.
KEY_LIVES = timedelta(hours=23)
#: Most of a list that is looked through, by pages of a hundred; and how clocks may differ.
PAGES_MAX, SKEW = 200, timedelta(minutes=5)
#: As many orders are remembered.
KNOWN_MAX = 10_000
_SESSIONS, _INTENTS, _REFUNDS = "/v1/checkout/sessions", "/v1/payment_intents", "/v1/refunds"

# It writes every address into the log.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account at Stripe."""

    url: str
    #: "sk_live_..." or restricted, "rk_live_..."; with "_test_" no money moves.
    key: str = field(repr=False)
    #: Of our endpoint for notices; while they are rotated, the old one too.
    signing: Sequence[str] = field(repr=False)
    #: The account that we act for as a platform ("acct_..."); empty: our own.
    account: str = ""
    #: Where the payer's browser goes back to where the order does not say.
    return_url: str = ""

    @property
    def is_live(self) -> bool:
        """Whether it is about real money."""
        return "_live_" in self.key[:8]


class Stripe:
    """An account at Stripe; an `app.ports.Gateway` and a `Charger`."""

    name = NAME

    def __init__(
        self, account: Account, clock: Callable[[], datetime], patience: Patience = PATIENCE
    ) -> None:
        self._account, self._clock, self._whole_s = account, clock, patience.whole_s
        self._secrets = notices.Secrets(
            signing=account.signing, is_live=account.is_live, account=account.account
        )
        self._known: dict[str, str] = {}
        self._lock = Lock()
        headers = {
            "Authorization": f"Bearer {account.key}",
            "Stripe-Version": API_VERSION,
            "User-Agent": "baohao",
        }
        self._client = httpx.Client(
            base_url=account.url.rstrip("/"),
            headers=headers | ({"Stripe-Account": account.account} if account.account else {}),
            timeout=httpx.Timeout(patience.read_s, connect=patience.connect_s),
            # Settings come from the wiring alone: no proxies and no .netrc.
            trust_env=False,
        )

    def close_connections(self) -> None:
        """Close its connections."""
        self._client.close()

    # --- orders -----------------------------------------------------------------------------------

    def create(self, order: Order) -> Payable | Declined | Unknown:
        """Have a page made for an order; the same order again is the same page, for a day."""
        back, amount = (
            order.return_url or self._account.return_url,
            amounts.written(order.amount_minor, order.currency),
        )
        if order.way != "page":
            return Declined(code="way.not_offered")
        if not back:
            return Declined(code="return_url.missing")
        if amount is None:
            return Declined(code="amount.not_taken")
        answer = self._post(_SESSIONS, forms.page(order, amount, back), order.order)
        if isinstance(answer, Unknown):
            return answer
        said = read(answer[1], Session) if answer[0] == 200 else None
        if said is None:
            return _refused(*answer)
        if said.client_reference_id != order.order or said.livemode != self._account.is_live:
            return Unknown(code="answer.not_of_this")
        self._remember(order.order, said.id)
        # It is asked again after it was paid, too, and a page that is left has no address.
        return Payable(given={"page_url": said.url}) if said.url else Unknown(code="page.gone")

    def query(self, order: str) -> Paid | Unpaid | Absent | Unknown:
        """Ask what became of an order, on a page or charged without one."""
        found = self._find(order)
        if isinstance(found, Session):
            return answers.state(found, order)
        return answers.of_intent(found, order) if isinstance(found, Intent) else found

    def close(self, order: str) -> Unpaid | Paid | Absent | Unknown:
        """Let a page be paid no more; what cannot be closed was paid, or has ended."""
        found = self._find(order)
        if not isinstance(found, Session):
            return answers.of_intent(found, order) if isinstance(found, Intent) else found
        if found.status != "open":
            return answers.state(found, order)
        answer = self._post(f"{_SESSIONS}/{_in_path(found.id)}/expire", [])
        if isinstance(answer, Unknown):
            return answer
        said = read(answer[1], Session) if answer[0] == 200 else None
        return Unpaid(is_closed=True) if said and said.status == "expired" else self.query(order)

    def charge(self, order: Order, mandate: str) -> Paid | Unpaid | Declined | Unknown:
        """Charge an order by a mandate; one that is old is looked for first."""
        customer, _, method = mandate.partition(answers.BETWEEN)
        amount = amounts.written(order.amount_minor, order.currency)
        if amount is None or not customer or not method:
            return Declined(code="amount.not_taken" if amount is None else "mandate.unread")
        if self._clock() - _made_at(order.order, self._clock()) > KEY_LIVES:
            known = self.query(order.order)
            if not isinstance(known, Absent):
                return known
        answer = self._post(_INTENTS, forms.charge(order, amount, customer, method), order.order)
        if isinstance(answer, Unknown):
            return answer
        said = read(answer[1], Intent) if answer[0] == 200 else None
        if said is None:
            return _refused(*answer)
        if not self._is_of(said, order.order):
            return Unknown(code="answer.not_of_this")
        self._remember(order.order, said.id)
        return answers.of_intent(said, order.order)

    # --- refunds ----------------------------------------------------------------------------------

    def refund(self, refund: Refund) -> Refunded | Declined | Unknown:
        """Send money back; what they took may fail later, and is told."""
        paid = self.query(refund.order)
        if not isinstance(paid, Paid):
            return paid if isinstance(paid, Unknown) else Unknown(code="order.not_paid")
        amount = amounts.written(refund.amount_minor, refund.currency)
        if amount is None:
            return Declined(code="amount.not_taken")
        answer = self._post(_REFUNDS, forms.refund(refund, amount, paid.payment), refund.refund)
        if isinstance(answer, Unknown):
            return answer
        if answer[0] == 200:
            return answers.refunded(read(answer[1], RefundSaid), refund.refund)
        refused = _refused(*answer)
        if isinstance(refused, Unknown):
            return refused
        # Sent before, it may be there already, and what is refused is its second coming.
        there = self._refund_of(paid.payment, refund.refund)
        return refused if isinstance(there, Absent) else there

    def find_refund(self, refund: str, order: str) -> Refunded | Declined | Absent | Unknown:
        """Ask what became of a refund."""
        paid = self.query(order)
        if isinstance(paid, Paid):
            return self._refund_of(paid.payment, refund)
        return paid if isinstance(paid, Absent | Unknown) else Unknown(code="order.not_paid")

    def _refund_of(self, payment: str, refund: str) -> Refunded | Declined | Absent | Unknown:
        for each in self._listed(_REFUNDS, [("payment_intent", payment)], RefundSaid):
            if isinstance(each, Unknown):
                return each
            if answers.refund_number(each) == refund:
                return answers.refunded(each, refund)
        return Absent()

    # --- what they tell ---------------------------------------------------------------------------

    def notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:
        """Read a notice; asks nobody, and raises `NoticeRefused`."""
        return notices.told(self._secrets, headers, body, now)

    def bill(self, day: date) -> Iterator[BillRow]:
        """Yield the lines of a day's bill, in UTC; raises `BillMissing`, before its day is over."""
        begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
        ends = begins + timedelta(days=1)
        if self._clock() < ends:
            raise BillMissing(gateway=NAME, day=day, reason="its day is not over")
        asked = [("created[gte]", seconds(begins)), ("created[lt]", seconds(ends))]
        asked.append(("expand[0]", "data.source"))
        try:
            # All of it or nothing: who takes half a bill would look for the rest in vain.
            yield from list(rows(self._movements(asked)))
        except ValueError as wrong:
            raise BillMissing(gateway=NAME, day=day, reason=str(wrong)) from None

    def _movements(self, asked: Form) -> Iterator[Movement]:
        for each in self._listed("/v1/balance_transactions", asked, Movement):
            if isinstance(each, Unknown):
                raise ValueError(each.code)
            yield each

    # --- looking for an order ---------------------------------------------------------------------

    def _find(self, order: str) -> Session | Intent | Absent | Unknown:
        """Return the page, or the payment without one, of an order."""
        known = self._known.get(order)
        found = self._search(order) if known is None else self._get(known)
        if isinstance(found, Session | Intent):
            if not self._is_of(found, order):
                return Unknown(code="answer.not_of_this")
            self._remember(order, found.id)
        return found

    def _get(self, id_: str) -> Session | Intent | Absent | Unknown:
        is_page = id_.startswith("cs_")
        path, kind = (_SESSIONS, Session) if is_page else (_INTENTS, Intent)
        wanted = "payment_intent.latest_charge" if is_page else "latest_charge"
        answer = self._asked(f"{path}/{_in_path(id_)}", [("expand[0]", wanted)])
        if isinstance(answer, Unknown):
            return answer
        if answer[0] != 200:
            # It was there: who looks in the wrong account must not find that it is not.
            return Unknown(code=answers.code(*answer))
        return read(answer[1], kind) or Unknown(code="answer.unread")

    def _search(self, order: str) -> Session | Intent | Absent | Unknown:
        since = ("created[gte]", seconds(_made_at(order, self._clock()) - SKEW))
        wanted = ("expand[0]", "data.payment_intent.latest_charge")
        for page in self._listed(_SESSIONS, [since, wanted], Session):
            if isinstance(page, Unknown) or page.client_reference_id == order:
                return page
        wanted = ("expand[0]", "data.latest_charge")
        for intent in self._listed(_INTENTS, [since, wanted], Intent):
            if isinstance(intent, Unknown) or intent.metadata.get(answers.ORDER) == order:
                return intent
        return Absent()

    def _is_of(self, said: Session | Intent, order: str) -> bool:
        theirs = (
            said.client_reference_id
            if isinstance(said, Session)
            else said.metadata.get(answers.ORDER)
        )
        return (theirs, said.livemode) == (order, self._account.is_live)

    def _remember(self, order: str, id_: str) -> None:
        with self._lock:
            self._known[order] = id_
            if len(self._known) > KNOWN_MAX:
                del self._known[next(iter(self._known))]

    # --- over the wire ----------------------------------------------------------------------------

    def _listed(
        self, path: str, asked: Form, kind: type[answers.T]
    ) -> Iterator[answers.T | Unknown]:
        """Yield all of a list; an `Unknown` is the last, and says that it is not all."""
        after: Form = []
        for _ in range(PAGES_MAX):
            answer = self._asked(path, [*asked, ("limit", "100"), *after])
            page = read(answer[1], Page) if not isinstance(answer, Unknown) else None
            if isinstance(answer, Unknown) or answer[0] != 200 or page is None:
                unread = Unknown(code="answer.unread")
                if not isinstance(answer, Unknown) and answer[0] != 200:
                    unread = Unknown(code=answers.code(*answer))
                yield answer if isinstance(answer, Unknown) else unread
                return
            for raw in page.data:
                yield read(raw, kind) or Unknown(code="answer.unread")
            last = read(page.data[-1], answers.Named) if page.data else None
            if not page.has_more or last is None:
                return
            after = [("starting_after", last.id)]
        yield Unknown(code="list.too_long")

    def _asked(self, path: str, query: Form) -> tuple[int, bytes] | Unknown:
        return self._sent(self._client.build_request("GET", path, params=urlencode(query)))

    def _post(self, path: str, form: Form, key: str = "") -> tuple[int, bytes] | Unknown:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if key:
            headers["Idempotency-Key"] = key
        content = urlencode(form).encode()
        return self._sent(
            self._client.build_request("POST", path, content=content, headers=headers)
        )

    def _sent(self, request: httpx.Request) -> tuple[int, bytes] | Unknown:
        """Send once; who sends again is the janitor, with the same key."""
        end, said = time.monotonic() + self._whole_s, bytearray()
        try:
            answer = self._client.send(request, stream=True)
            with closing(answer):
                for part in answer.iter_bytes():
                    said += part
                    if len(said) > ANSWER_MAX_BYTES or time.monotonic() > end:
                        return Unknown(code="answer.endless")
        except httpx.HTTPError as error:
            return Unknown(code=f"http.{type(error).__name__}")
        return answer.status_code, bytes(said)


def _refused(status: int, body: bytes) -> Declined | Unknown:
    why = answers.code(status, body)
    if status == 200:
        return Unknown(code="answer.unread")
    return Declined(code=why) if answers.is_declined(status, body) else Unknown(code=why)


def _in_path(id_: str) -> str:
    return quote(id_, safe="")


def _made_at(order: str, now: datetime) -> datetime:
    """Return when an order was made, which is the beginning of its number (RFC 9562, 5.7)."""
    try:
        id_ = UUID(hex=order)
    except ValueError:
        id_ = UUID(int=0)
    if id_.version != 7:
        return now - timedelta(days=2)
    return min(now, datetime.fromtimestamp((id_.int >> 80) / 1000, UTC))
