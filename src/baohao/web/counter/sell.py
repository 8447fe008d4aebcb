"""
Selling a promise: for cash with its change, by card at the terminal, by a code on the screen.

The quote is in the address and is the key: a second tap, a reload and the way back end in the same
sale. The version that the clerk was shown goes with it, so that of two clerks on one line the
second is told to look again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language

from baohao.app.glance import Glance
from baohao.app.payments import Kept, learn, returning
from baohao.app.ports import Paid
from baohao.app.receipts.facts import NothingPaid
from baohao.core.money import parse_minor
from baohao.core.payments import State, Wanted
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.outside.terminal import CardTerminal
from baohao.web import selling
from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.counter.models import Slip
from baohao.web.counter.room import (
    CHANNEL,
    done_before,
    own,
    page,
    remember,
    stamp,
    today,
    told,
    version,
)
from baohao.web.desk import desk, made
from baohao.web.formats import PAPER
from baohao.web.selling import Promise

#: An approval code as it stands on a slip, and the last digits of the card.
_CODE, _CARD = re.compile(r"[0-9A-Z]{4,12}"), re.compile(r"[0-9]{4}")
TERMINAL = CardTerminal.name


class CashShort(Refusal):
    """That is less than is to be paid; nothing was sold."""

    code = "cash.short"


class SlipMalformed(Refusal):
    """An approval code has 4 to 12 letters and digits; a card's last digits are four."""

    code = "slip.malformed"


class SlipUsed(Refusal):
    """The slip {code} has paid for something else today; look at the code again."""

    code = "slip.used"


@workers(Act.COUNTER)
def promise(request: HttpRequest, number: str, quote: UUID) -> HttpResponse:
    """Show what is promised, and sell it by the means that the clerk chooses."""
    found = own(request, number)
    shown = selling.promise(found, quote)
    if shown is None:
        # It was sold, or its time is over.
        return done_before(request, str(quote)) or redirect("counter_line", number=number)
    refused = None
    if request.method == "POST":
        try:
            return _sold(request, found, shown)
        except Refusal as refusal:
            refused = told(refusal)
    what = {
        "line": found,
        "promise": shown,
        "term": selling.term(shown.term),
        "till": signed_in(request).till,
        "means": [name for name in selling.connected() if name != "bank"],
        "version": request.POST.get("version") or found.version,
    }
    return page(request, "counter/promise.html", what, refused)


def _sold(request: HttpRequest, line: Glance, shown: Promise) -> HttpResponse:
    """Sell a promise for cash, or let it be paid at a gateway; raises the refusal."""
    me, gateway = signed_in(request), request.POST.get("gateway", "")
    if gateway:
        selling.pay(line, shown, gateway, by=me.principal, channel=CHANNEL, point=me.point)
        return redirect("counter_pay", number=line.number, quote=shown.id)
    given = given_minor(request, shown.total_minor, shown.currency)
    asked = {
        **bought(shown),
        "quote": str(shown.id),
        "paid": f"till:{me.till}:{shown.currency}",
    }
    ask = made(
        shown.verb,
        line.number,
        asked,
        by=me.principal,
        channel=CHANNEL,
        key=f"quote:{shown.id}",
        expect_version=version(request),
    )
    answer = desk().ask(ask)
    sold_ = to_sold(line.number, UUID(str(answer.answer["id"])), given)
    remember(request, str(shown.id), sold_["Location"])
    return sold_


def bought(shown: Promise) -> dict[str, object]:
    """Return by what a promise is asked for: its term, or its amount."""
    if shown.verb == "top_up":
        return {"amount_minor": shown.list_minor}
    return {"term": shown.term}


def given_minor(request: HttpRequest, total_minor: int, currency: str) -> int | None:
    """Return what was handed over, at least the price; `None`: exactly that, for none was typed."""
    text = request.POST.get("given", "").strip()
    if not text:
        return None
    given = parse_minor(text, currency)
    if given < total_minor:
        raise CashShort()
    return given


def to_sold(number: str, ask: UUID, given: int | None = None) -> HttpResponse:
    """Go to the page of what was just done."""
    address = reverse("counter_sold", kwargs={"number": number, "ask": ask})
    return redirect(f"{address}?given={given}" if given is not None else address)


@workers(Act.COUNTER)
def sold(request: HttpRequest, number: str, ask: UUID) -> HttpResponse:
    """Say what was done, what change goes back, and give the receipt; loaded again, the same."""
    found = own(request, number)
    try:
        receipt = issued(number, ask)
    except NothingPaid:
        receipt = None
    given, total = request.GET.get("given", ""), 0
    if receipt is not None:
        total = int(receipt.facts["total_minor"])
    is_counted = receipt is not None and given.isdecimal() and len(given) < 16
    what = {
        "line": found,
        "ask": ask,
        "receipt": receipt,
        "total": total,
        "currency": "" if receipt is None else receipt.facts["currency"],
        "given": int(given) if is_counted else None,
        "change": int(given) - total if is_counted else None,
    }
    return render(request, "counter/sold.html", what)


@workers(Act.COUNTER)
def receipt(request: HttpRequest, number: str, ask: UUID) -> HttpResponse:
    """Give a receipt, on A5 or the roll of a counter's printer."""
    own(request, number)
    paper = "80mm" if request.GET.get("paper") == "80mm" else "a5"
    giving = desk().house.desk(desk().shell)
    language = PAPER[get_language() or "en"]
    pdf, _ = giving.pdf(issued(number, ask), language=language, paper=paper)
    return HttpResponse(pdf, content_type="application/pdf")


def issued(number: str, ask: UUID) -> Any:
    """Return the receipt of what was done to a line; raises `Http404` and `NothingPaid`."""
    found = desk().house.desk(desk().shell).issue(ask)
    if found.line != number:
        raise Http404
    return found


# --- not in cash ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a clerk typed from a slip."""

    code: str
    card: str


@workers(Act.COUNTER)
def pay(request: HttpRequest, number: str, quote: UUID) -> HttpResponse:
    """Wait until the customer has paid by the code, or take the slip of the terminal."""
    found, kept = own(request, number), paying(number, quote)
    refused = None
    if request.method == "POST" and kept.payment.gateway == TERMINAL:
        try:
            kept = _by_slip(request, kept, _typed(request))
        except Refusal as refusal:
            refused = told(refusal)
    if kept.payment.state is State.USED and refused is None:
        return to_sold(number, kept.payment.act)
    return page(request, "counter/pay.html", _state(kept, found), refused)


@workers(Act.COUNTER)
def pay_state(request: HttpRequest, number: str, quote: UUID) -> HttpResponse:
    """Say what has become of the payment: the part of its page that changes."""
    found, kept = own(request, number), paying(number, quote)
    answer = render(request, "counter/pay_state.html", _state(kept, found))
    if kept.payment.state is State.USED:
        address = reverse("counter_sold", kwargs={"number": number, "ask": kept.payment.act})
        answer.headers["HX-Redirect"] = address
    return answer


def paying(number: str, quote: UUID) -> Kept:
    """Return the payment of a quote, as far as it goes; raises `Http404` for another line's."""
    try:
        kept = selling.carried(quote)
    except returning.PaymentUnknown:
        raise Http404 from None
    wanted = kept.payment.wanted
    if not isinstance(wanted, Wanted) or wanted.number != number:
        raise Http404
    return kept


def _state(kept: Kept, line: Glance) -> dict[str, object]:
    code = kept.given.get("code_url") or kept.given.get("code_text") or ""
    page_ = kept.given.get("page_url", "")
    state = kept.payment.state
    waits = state in (State.CREATED, State.UNKNOWN, State.PAYABLE, State.CAPTURED)
    return {
        "line": line,
        "kept": kept,
        "state": state.value,
        "waits": waits,
        "at_terminal": kept.payment.gateway == TERMINAL and state is not State.CAPTURED,
        "qr": selling.drawn(code or page_) if (code or page_) and waits else "",
    }


def _typed(request: HttpRequest) -> Typed:
    code = "".join(request.POST.get("code", "").upper().split())
    card = "".join(request.POST.get("card", "").split())
    if _CODE.fullmatch(code) is None or (card and _CARD.fullmatch(card) is None):
        raise SlipMalformed()
    return Typed(code=code, card=card)


def _by_slip(request: HttpRequest, kept: Kept, typed: Typed) -> Kept:
    """Take down that a card has paid, once, and buy what was promised; raises `SlipUsed`."""
    at = _slip(request, kept, typed)
    slip = f"{signed_in(request).till}-{today(request)}-{typed.code}"
    paid = Paid(
        order=kept.payment.order,
        payment=slip,
        amount_minor=kept.payment.amount_minor,
        currency=kept.payment.currency,
        at=at,
        means=f"•••• {typed.card}" if typed.card else "",
    )
    desk().shell.run(partial(learn.learn, gateway=TERMINAL, told=paid, new_id=new_id))
    return selling.carried(kept.payment.id)


def _slip(request: HttpRequest, kept: Kept, typed: Typed) -> datetime:
    """Keep a slip and return when it was typed; the same one again is the same."""
    me, day = signed_in(request), today(request)
    known = Slip.objects.filter(payment=kept.payment.id).first()
    if known is None:
        try:
            with transaction.atomic():
                known = Slip.objects.create(
                    **stamp(request),
                    till=me.till,
                    day=day,
                    code=typed.code,
                    payment=kept.payment.id,
                    amount_minor=kept.payment.amount_minor,
                    currency=kept.payment.currency,
                )
        except IntegrityError:
            known = Slip.objects.filter(payment=kept.payment.id).first()
    if known is None or known.code != typed.code:
        raise SlipUsed(code=typed.code)
    return known.at
