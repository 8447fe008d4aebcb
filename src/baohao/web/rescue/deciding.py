"""The operator's side: what waits, and taking a wrong renewal back with a second person."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from baohao.app import rescue
from baohao.app.payments import refunding
from baohao.app.payments.refunding import Wish
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.approval import second_person
from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk, made
from baohao.web.operator.room import noted, operator_of
from baohao.web.rescue.models import Rescue
from baohao.web.wording import said

#: Rescues of a page: those that wait are few.
PAGE = 100


@workers(Act.SUPPORT)
def listed(request: HttpRequest) -> HttpResponse:
    """List what waits, the oldest payment first."""
    found = Rescue.objects.filter(operator=signed_in(request).operator, state=Rescue.ASKED)
    zone = operator_of(request).zone
    rows = [(each, each.asked_at.astimezone(zone)) for each in found.order_by("payment")[:PAGE]]
    return render(request, "rescue/waiting.html", {"rows": rows})


@workers(Act.SUPPORT)
def one(request: HttpRequest, payment: UUID) -> HttpResponse:
    """Show one, take the renewal back with a second person, or say no with a reason."""
    kept, refused = _own(request, payment), None
    if request.method == "POST" and kept.state == Rescue.ASKED:
        try:
            if "no" in request.POST:
                return _declined(request, kept)
            return _taken_back(request, kept)
        except Refusal as refusal:
            refused = said(refusal)
    page = {"rescue": kept, "found": _found(kept), "refused": refused}
    return render(request, "rescue/one.html", page, status=409 if refused else 200)


def _taken_back(request: HttpRequest, kept: Rescue) -> HttpResponse:
    """Have the renewal reversed as a mistake; the gateway gives the money back."""
    by, second = signed_in(request).principal, second_person(request)
    if kept.holder:
        _reversed(kept, by, second)
    else:
        _refunded(kept, by, second)
    Rescue.objects.filter(payment=kept.payment, state=Rescue.ASKED).update(
        state=Rescue.DONE, by=by, approved_by=second
    )
    noted(request, "rescue", str(kept.payment), f"+ {second}")
    messages.success(request, gettext("Taken back. The money goes back by the way it came."))
    return redirect("rescues")


def _reversed(kept: Rescue, by: str, second: str) -> None:
    """Take back what a wallet paid: the money is in it at once."""
    said: dict[str, Any] = {"of": str(kept.payment), "reason": "wrong number", "mistake": True}
    said["approved_by"] = second
    key = f"rescue:{kept.payment}"
    desk().ask(made("reverse", kept.number, said, by=by, channel="counter", key=key))


def _refunded(kept: Rescue, by: str, second: str) -> None:
    """Take back what a gateway was paid for; it gives the money back."""
    wish = Wish(
        payment=kept.payment,
        reason="wrong number",
        by=by,
        approved_by=second,
        mistake=True,
        key=f"rescue:{kept.payment}",
    )
    refunding.refund(desk().shell, wish, new_id)


def _declined(request: HttpRequest, kept: Rescue) -> HttpResponse:
    why = request.POST.get("why", "").strip()[:200]
    if not why:
        raise WhyMissing()
    Rescue.objects.filter(payment=kept.payment, state=Rescue.ASKED).update(
        state=Rescue.DECLINED, by=signed_in(request).principal, why=why
    )
    noted(request, "refuse", str(kept.payment), why)
    messages.success(request, gettext("The payer is told why."))
    return redirect("rescues")


class WhyMissing(Refusal):
    """Say why, for the payer to read."""

    code = "rescue.why"


def _found(kept: Rescue) -> rescue.Mistaken | None:
    """Return what was bought, while it stands."""
    terms = desk().terms
    find = partial(rescue.of_payment, terms=terms, payment=kept.payment)
    if kept.holder:
        find = partial(rescue.of_wallet, terms=terms, number=kept.number, act=kept.payment)
    try:
        return desk().read(find)
    except rescue.NothingToRescue:
        return None


def _own(request: HttpRequest, payment: UUID) -> Rescue:
    """Return a rescue with the reader's operator; raises `Http404` for any other."""
    kept = Rescue.objects.filter(payment=payment, operator=signed_in(request).operator).first()
    if kept is None:
        raise Http404
    return kept
