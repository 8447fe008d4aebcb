"""
One person alone: where an operator lets them, up to an amount, and another looks at it afterwards.

The journal then names "afterwards" where the second person would stand, and what was done waits in
a list until somebody else has said whether it was right.
"""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from baohao.core.money import format_minor, parse_minor
from baohao.core.operators import Operator
from baohao.core.refusals import Refusal
from baohao.web.accounts.approval import second_person
from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk
from baohao.web.house.models import Review, Safety
from baohao.web.operator.room import noted, operator_of
from baohao.web.operator.words import DEEDS
from baohao.web.wording import said

#: Who approves what is looked at afterwards; nobody signs in by it.
AFTERWARDS = "afterwards"
#: Shown of what was looked at.
MOST = 50


def approved(request: HttpRequest, worth_minor: int | None, currency: str) -> str:
    """
    Return who approves: the second person, or nobody yet where so little needs none.

    `worth_minor`: what it is about; `None`: no amount, so it always needs somebody. Raises as
    `second_person` does.
    """
    who = second_person(request)
    operator = operator_of(request)
    if who or worth_minor is None or currency != operator.currency:
        return who
    return AFTERWARDS if abs(worth_minor) <= limit(operator) else ""


def limit(operator: Operator) -> int:
    """Return up to which amount one person acts alone; 0: never, not even for nothing."""
    found = Safety.objects.filter(operator=operator.key).first()
    return found.alone_minor if found is not None and found.alone_minor > 0 else -1


def waits(request: HttpRequest, what: str, subject: str, text: str, worth_minor: int) -> None:
    """Have somebody else look at what was done alone."""
    me, operator = signed_in(request), operator_of(request)
    Review.objects.create(
        at=desk().now(),
        operator=operator.key,
        by=me.name,
        what=what,
        subject=subject[:120],
        said=text[:400],
        amount_minor=worth_minor,
        currency=operator.currency,
    )


class Limit(forms.Form):
    """Up to which amount."""

    amount = forms.CharField(
        max_length=20, label=gettext_lazy("Up to this amount one person may act alone (0: never)")
    )


@workers(Act.STAFF)
def safety(request: HttpRequest) -> HttpResponse:
    """Set up to which amount one person acts alone."""
    operator = operator_of(request)
    now = max(limit(operator), 0)
    form = Limit(request.POST or None, initial={"amount": format_minor(now, operator.currency)})
    if request.method == "POST" and form.is_valid():
        try:
            minor = parse_minor(form.cleaned_data["amount"].strip(), operator.currency)
        except Refusal as refusal:
            form.add_error("amount", said(refusal))
        else:
            if minor >= 0:
                Safety.objects.update_or_create(
                    operator=operator.key, defaults={"alone_minor": minor}
                )
                noted(request, "limit", operator.key, form.cleaned_data["amount"])
                return redirect("console_reviews")
            form.add_error("amount", gettext("Write an amount of 0 or more."))
    page = {"form": form, "currency": operator.currency}
    return render(request, "operator/safety.html", page)


@workers(Act.CONSOLE)
def reviews(request: HttpRequest) -> HttpResponse:
    """List what waits for another person's eyes, and what was looked at last."""
    operator = operator_of(request)
    found = Review.objects.filter(operator=operator.key)
    waiting = [_shown(each, operator) for each in found.filter(reviewed_by="").order_by("id")]
    done = [
        _shown(each, operator)
        for each in found.exclude(reviewed_by="").order_by("-reviewed_at")[:MOST]
    ]
    page = {
        "waiting": waiting,
        "done": done,
        "limit_minor": max(limit(operator), 0),
        "currency": operator.currency,
    }
    return render(request, "operator/reviews.html", page)


@workers(Act.APPROVE)
@require_POST
def review(request: HttpRequest, deed: int) -> HttpResponse:
    """Say of something that was done alone whether it was right; never of one's own."""
    me, operator = signed_in(request), operator_of(request)
    with transaction.atomic():
        found = (
            Review.objects.select_for_update()
            .filter(pk=deed, operator=operator.key, reviewed_by="")
            .first()
        )
        if found is None or found.by == me.name:
            raise Http404
        found.reviewed_by, found.reviewed_at = me.name, desk().now()
        found.is_right = request.POST.get("what") == "right"
        found.remark = request.POST.get("remark", "").strip()[:200]
        found.save()
    noted(request, "review", found.subject, found.remark)
    messages.success(request, gettext("It is written down."))
    return redirect("console_reviews")


def _shown(each: Review, operator: Operator) -> dict[str, object]:
    return {
        "each": each,
        "at": each.at.astimezone(operator.zone),
        "what": DEEDS.get(each.what, each.what),
    }
