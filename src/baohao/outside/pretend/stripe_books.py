"""
The books of a pretended Stripe: pages, payments, tries, refunds, disputes and what moved.

It knows the truth: after whatever went wrong on the wire, ours must say the same. Objects are kept
as they go over the wire; of each, what an integration like ours reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

#: The limits of pages: how soon and how late one may end; and how many letters of metadata.
ENDS_FIRST, ENDS_LAST, METADATA_MAX = timedelta(minutes=30), timedelta(hours=24), 500
#: What it keeps of each payment: 3.4 % and a fixed part; and what a dispute costs.
FEE_PER_MILLE, FEE_FIXED, DISPUTE_FEE = 34, 235, 8_500
#: What needs no digits, and what needs zeros at its end, as their page of currencies has it.
TOO_FINE = {"isk": 100, "bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10}
#: Cards by what becomes of them, and what they are called when they are declined.
DECLINES = {"declined": "generic_decline", "poor": "insufficient_funds"}

Object = dict[str, Any]
#: A status and what is said with it.
Said = tuple[int, Object]


@dataclass(slots=True, kw_only=True)
class Books:
    """All that it knows."""

    clock: Callable[[], datetime]
    is_live: bool = False
    sessions: dict[str, Object] = field(default_factory=dict)
    intents: dict[str, Object] = field(default_factory=dict)
    charges: dict[str, Object] = field(default_factory=dict)
    refunds: dict[str, Object] = field(default_factory=dict)
    disputes: dict[str, Object] = field(default_factory=dict)
    movements: dict[str, Object] = field(default_factory=dict)
    #: Means of payment that were kept: the customer, and the card.
    kept: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: Refunds are on their way first, until `arrive`.
    takes_time: bool = False
    #: What happened, to be told: the kind of event, and the object as it was then.
    happened: list[tuple[str, Object]] = field(default_factory=list)

    # --- what is asked ----------------------------------------------------------------------------

    def create_session(self, form: Mapping[str, Any]) -> Said:
        """Make a page."""
        ends = int(form["expires_at"]) - self.now()
        if not ENDS_FIRST.total_seconds() <= ends <= ENDS_LAST.total_seconds():
            return refused("parameter_invalid_integer", "expires_at")
        if form.get("mode") != "payment" or not form.get("success_url"):
            return refused("parameter_missing", "success_url")
        item = form["line_items"]["0"]
        price = item["price_data"]
        amount, currency = int(price["unit_amount"]), price["currency"]
        if bad := self._bad_amount(amount, currency):
            return bad
        session = self._object("cs", "checkout.session", self.sessions) | {
            "client_reference_id": form.get("client_reference_id"),
            "amount_total": amount * int(item["quantity"]),
            "currency": currency,
            "expires_at": int(form["expires_at"]),
            "mode": "payment",
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "customer": None,
            "metadata": dict(form.get("metadata", {})),
        }
        session["url"] = f"https://checkout.stripe.com/c/pay/{session['id']}"
        session["_beside"] = form.get("payment_intent_data", {})
        self.sessions[session["id"]] = session
        return 200, session

    def expire(self, id_: str) -> Said:
        """End a page."""
        session = self.sessions.get(id_)
        if session is None:
            return missing(id_)
        if self._status(session) != "open":
            return refused("", "session")
        session |= {"status": "expired", "url": None}
        self._tell("checkout.session.expired", session)
        return 200, session

    def create_intent(self, form: Mapping[str, Any]) -> Said:
        """Charge kept means, without the payer."""
        amount, currency = int(form["amount"]), form["currency"]
        if bad := self._bad_amount(amount, currency):
            return bad
        customer, card = self.kept.get(form["payment_method"], ("", ""))
        if not customer or customer != form["customer"]:
            return refused("resource_missing", "payment_method")
        intent = self._intent(amount, currency, form.get("metadata", {}))
        intent |= {"customer": customer, "payment_method": form["payment_method"]}
        if not self._try(intent, card):
            charge = self.charges[intent["latest_charge"]]
            error = {"type": "card_error", "code": "card_declined", "charge": charge["id"]}
            error |= {"decline_code": charge["failure_code"], "payment_intent": intent}
            return 402, {"error": error}
        return 200, intent

    def create_refund(self, form: Mapping[str, Any]) -> Said:
        """Send money back."""
        intent = self.intents.get(form["payment_intent"])
        if intent is None or intent["status"] != "succeeded":
            return missing(form["payment_intent"])
        charge, amount = self.charges[intent["latest_charge"]], int(form["amount"])
        if charge["disputed"]:
            return refused("charge_disputed", "charge")
        if charge["amount_refunded"] == charge["amount"]:
            return refused("charge_already_refunded", "charge")
        if not 0 < amount <= charge["amount"] - charge["amount_refunded"]:
            return refused("", "amount")
        charge["amount_refunded"] += amount
        refund = self._object("re", "refund", self.refunds) | {
            "amount": amount,
            "currency": charge["currency"],
            "charge": charge["id"],
            "payment_intent": intent["id"],
            "status": "pending" if self.takes_time else "succeeded",
            "metadata": dict(form.get("metadata", {})),
        }
        self.refunds[refund["id"]] = refund
        self._move("refund", -amount, 0, charge["currency"], refund)
        self._tell("refund.created", refund)
        self._tell("charge.refunded", charge)
        return 200, refund

    # --- what payers and banks do -----------------------------------------------------------------

    def pay(self, session: Object, card: str = "good") -> bool:
        """Try to pay a page with a card; what is declined leaves it open."""
        if self._status(session) != "open":
            return False
        beside = session["_beside"]
        known = self.intents.get(session["payment_intent"] or "")
        intent = known or self._intent(
            session["amount_total"], session["currency"], beside.get("metadata", {})
        )
        session["payment_intent"] = intent["id"]
        if beside.get("setup_future_usage") and not intent["customer"]:
            customer, method = f"cus_{len(self.kept):014}", f"pm_{len(self.kept):024}"
            self.kept[method] = (customer, card)
            intent |= {"customer": customer, "payment_method": method}
            session["customer"] = customer
        if not self._try(intent, card):
            return False
        session |= {"status": "complete", "payment_status": "paid", "url": None}
        self._tell("checkout.session.completed", session)
        return True

    def arrive(self, refund: Object, status: str = "succeeded") -> None:
        """Let a refund end; what failed is on the balance again."""
        refund["status"] = status
        if status == "failed":
            charge = self.charges[refund["charge"]]
            charge["amount_refunded"] -= refund["amount"]
            self._move("refund_failure", refund["amount"], 0, refund["currency"], refund)
            self._tell("refund.failed", refund)
        self._tell("refund.updated", refund)

    def dispute(self, intent: Object, amount: int | None = None) -> Object:
        """Let the payer's bank take money back."""
        charge = self.charges[intent["latest_charge"]]
        charge["disputed"] = True
        taken = charge["amount"] if amount is None else amount
        dispute = self._object("dp", "dispute", self.disputes) | {
            "amount": taken,
            "currency": charge["currency"],
            "charge": charge["id"],
            "payment_intent": intent["id"],
            "status": "needs_response",
            "reason": "fraudulent",
            "metadata": {},
        }
        self.disputes[dispute["id"]] = dispute
        self._move("dispute", -taken, DISPUTE_FEE, charge["currency"], dispute)
        self._tell("charge.dispute.created", dispute)
        self._tell("charge.dispute.funds_withdrawn", dispute)
        return dispute

    def end_dispute(self, dispute: Object, *, won: bool) -> None:
        """Let a dispute end; what is won comes back."""
        dispute["status"] = "won" if won else "lost"
        if won:
            self._move("dispute_reversal", dispute["amount"], 0, dispute["currency"], dispute)
            self._tell("charge.dispute.funds_reinstated", dispute)
        self._tell("charge.dispute.closed", dispute)

    # --- how objects are shown --------------------------------------------------------------------

    def shown(self, thing: Object, expand: tuple[str, ...] = ()) -> Object:
        """Return an object as it goes over the wire, with what was asked for inside it."""
        shown = {name: value for name, value in thing.items() if not name.startswith("_")}
        if thing["object"] == "checkout.session":
            shown["status"] = self._status(thing)
            shown["url"] = None if shown["status"] == "expired" else thing["url"]
        places = (self.intents, self.charges, self.refunds, self.disputes)
        for path in expand:
            name, _, rest = path.partition(".")
            inner = next((each[shown[name]] for each in places if shown.get(name) in each), None)
            if inner is not None:
                shown[name] = self.shown(inner, (rest,) if rest else ())
        return shown

    def now(self) -> int:
        """Tell the time in whole seconds."""
        return int(self.clock().timestamp())

    def _status(self, session: Object) -> str:
        status = str(session["status"])
        ended = status == "open" and self.now() >= session["expires_at"]
        return "expired" if ended else status

    def _intent(self, amount: int, currency: str, metadata: Mapping[str, str]) -> Object:
        intent = self._object("pi", "payment_intent", self.intents) | {
            "amount": amount,
            "amount_received": 0,
            "currency": currency,
            "customer": None,
            "payment_method": None,
            "latest_charge": None,
            "status": "requires_payment_method",
            "metadata": dict(metadata),
        }
        self.intents[intent["id"]] = intent
        return intent

    def _try(self, intent: Object, card: str) -> bool:
        """Try to take the money; say whether it came."""
        why, amount = DECLINES.get(card), intent["amount"]
        details = {"brand": "visa", "fingerprint": f"fp{card}", "last4": "4242"}
        charge = self._object("ch", "charge", self.charges) | {
            "amount": amount,
            "amount_refunded": 0,
            "currency": intent["currency"],
            "captured": why is None,
            "status": "succeeded" if why is None else "failed",
            "failure_code": why,
            "disputed": False,
            "payment_intent": intent["id"],
            "customer": intent["customer"],
            "payment_method": intent["payment_method"] or f"pm_{len(self.charges):024}",
            "payment_method_details": {"type": "card", "card": details},
            "metadata": dict(intent["metadata"]),
        }
        self.charges[charge["id"]] = charge
        intent["latest_charge"] = charge["id"]
        if why is not None:
            self._tell("charge.failed", charge)
            return False
        intent |= {"status": "succeeded", "amount_received": amount}
        self._move("charge", amount, amount * FEE_PER_MILLE // 1000 + FEE_FIXED, None, charge)
        self._tell("payment_intent.succeeded", intent)
        self._tell("charge.succeeded", charge)
        return True

    def _move(self, what: str, amount: int, fee: int, currency: str | None, source: Object) -> None:
        moved = self._object("txn", "balance_transaction", self.movements) | {
            "amount": amount,
            "fee": fee,
            "net": amount - fee,
            "currency": currency or source["currency"],
            "reporting_category": what,
            "source": source["id"],
        }
        self.movements[moved["id"]] = moved

    def _object(self, prefix: str, kind: str, of: Mapping[str, Object]) -> Object:
        mode = "_live" if self.is_live else "_test"
        id_ = f"{prefix}{mode if prefix == 'cs' else ''}_{len(of) + 1:024}"
        return {"id": id_, "object": kind, "created": self.now(), "livemode": self.is_live}

    def _tell(self, event: str, thing: Object) -> None:
        self.happened.append((event, self.shown(thing)))

    def _bad_amount(self, amount: int, currency: str) -> Said | None:
        if amount % TOO_FINE.get(currency, 1):
            return refused("invalid_charge_amount_no_decimal_compatible", "amount")
        if not 0 < amount <= 99_999_999:
            return refused("amount_too_large" if amount > 0 else "amount_too_small", "amount")
        return None


def refused(code: str, param: str, status: int = 400) -> Said:
    """Refuse a request, as they write it."""
    error = {"type": "invalid_request_error", "param": param, "message": "pretended"}
    return status, {"error": error | ({"code": code} if code else {})}


def missing(id_: str) -> Said:
    """Say that there is no such object."""
    return refused("resource_missing", id_, 404)
