"""Exceptions: money that waits for a person; taken, given back, closed."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from baohao.app.payments import exceptions, listing, refunding
from baohao.app.payments.exceptions import Waiting
from baohao.app.payments.refunding import Wish
from baohao.app.payments.returning import PaymentUnknown
from baohao.core.money import parse_minor
from baohao.core.payments import State
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.approval import second_person
from baohao.web.accounts.doors import confirmed, signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk
from baohao.web.operator.room import exported, noted, operator_of
from baohao.web.operator.words import EXCEPTIONS
from baohao.web.wording import said

HEADINGS = (
    *("exception", "kind", "subject", "opened_at", "due_at", "owner"),
    *("action", "closed_by", "why", "closed_at"),
)


@workers(Act.MONEY)
def listed(request: HttpRequest) -> HttpResponse:
    """List what waits, whose clock runs out first."""
    is_all = bool(request.GET.get("closed"))
    now = desk().now()
    rows = [_shown(each, now) for each in _all(request, closed=is_all)]
    return render(request, "operator/exceptions.html", {"rows": rows, "is_all": is_all})


@workers(Act.MONEY)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give all there was as a file."""
    noted(request, "export", "exceptions")
    rows = [
        (
            *(each.id, each.kind, each.subject, each.opened_at, each.due_at, each.owner),
            *(each.action, each.closed_by, each.why, each.closed_at),
        )
        for each in _all(request, closed=True)
    ]
    return exported("exceptions", HEADINGS, rows)


@workers(Act.MONEY)
def one(request: HttpRequest, exception: UUID) -> HttpResponse:
    """Show one, with its payment, and what can be done."""
    return _page(request, _own(request, exception), None)


@workers(Act.MONEY)
@require_POST
def take(request: HttpRequest, exception: UUID) -> HttpResponse:
    """Look after one."""
    each, me = _own(request, exception), signed_in(request)
    desk().shell.run(partial(exceptions.take, id_=each.id, owner=me.principal))
    noted(request, "take", str(each.id), each.kind)
    return redirect("console_exception", exception=each.id)


@workers(Act.MONEY)
@confirmed
@require_POST
def close(request: HttpRequest, exception: UUID) -> HttpResponse:
    """Close one, with what was done and why."""
    each, by = _own(request, exception), signed_in(request).principal
    action = request.POST.get("action", "").strip()[:200]
    why = request.POST.get("why", "").strip()[:400]
    if not (action and why):
        return _page(request, each, gettext("Say what was done, and why."))
    try:
        desk().shell.run(partial(exceptions.close, id_=each.id, action=action, by=by, why=why))
    except Refusal as refusal:
        return _page(request, each, said(refusal))
    noted(request, "close", str(each.id), f"{action}: {why}")
    messages.success(request, gettext("The exception is closed."))
    return redirect("console_exceptions")


@workers(Act.MONEY)
@confirmed
@require_POST
def refund(request: HttpRequest, exception: UUID) -> HttpResponse:
    """Give money of its payment back; above the limit with a second person."""
    each = _own(request, exception)
    payment = _payment(each)
    if payment is None:
        raise Http404
    reason = request.POST.get("reason", "").strip()
    if not reason:
        return _page(request, each, gettext("Say why it goes back."))
    currency = payment["captured_currency"] or payment["currency"]
    amount = request.POST.get("amount", "").strip()
    try:
        wish = Wish(
            payment=UUID(payment["payment"]),
            amount_minor=parse_minor(amount, currency) if amount else None,
            reason=reason,
            by=signed_in(request).principal,
            approved_by=second_person(request),
            mistake=bool(request.POST.get("mistake")),
            key=request.POST.get("key", ""),
        )
        refunding.refund(desk().shell, wish, new_id)
    except (Refusal, ValueError) as wrong:
        words = said(wrong) if isinstance(wrong, Refusal) else gettext("That is no amount.")
        return _page(request, each, words)
    second = f" · + {wish.approved_by}" if wish.approved_by else ""
    noted(request, "refund", payment["payment"], f"{amount} {currency} · {reason}{second}".strip())
    messages.success(request, gettext("The money goes back by the way it came."))
    return redirect("console_exception", exception=each.id)


def _all(request: HttpRequest, *, closed: bool) -> list[Waiting]:
    key = operator_of(request).key
    return desk().read(partial(exceptions.of_operator, operator=key, closed=closed))


def _own(request: HttpRequest, exception: UUID) -> Waiting:
    """Return an exception of the reader's operator; raises `Http404` for any other."""
    for each in _all(request, closed=True):
        if each.id == exception:
            return each
    raise Http404


def _payment(each: Waiting) -> dict[str, Any] | None:
    try:
        return desk().read(partial(listing.whole, id_=UUID(each.subject)))
    except (ValueError, PaymentUnknown):
        return None


def _shown(each: Waiting, now: Any) -> dict[str, Any]:
    age = (each.closed_at or now) - each.opened_at
    return {
        "each": each,
        "words": EXCEPTIONS.get(each.kind, each.kind),
        "hours": int(age.total_seconds() // 3600),
        "is_late": each.closed_at is None and each.due_at < now,
    }


def _page(request: HttpRequest, each: Waiting, refused: str | None) -> HttpResponse:
    payment, zone = _payment(each), operator_of(request).zone
    page = _shown(each, desk().now()) | {
        "opened": each.opened_at.astimezone(zone),
        "due": each.due_at.astimezone(zone),
        "payment": payment,
        "is_used": payment is not None and payment["state"] == State.USED,
        "can_refund": payment is not None
        and each.closed_at is None
        and payment["state"] in (State.USED, State.CAPTURED),
        "refused": refused,
        "posted": request.POST,
        "key": request.POST.get("key") or new_id(),
    }
    return render(request, "operator/exception.html", page, status=409 if refused else 200)
