"""The terminal's day: what it says of itself, held against the slips that were typed in."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from baohao.core.decide.payload import FieldMissing
from baohao.core.money import parse_minor
from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.counter.models import Slip, SlipTotal
from baohao.web.counter.room import drawer, page, stamp, today, told
from baohao.web.counter.second import needed


@workers(Act.COUNTER)
def slips(request: HttpRequest) -> HttpResponse:
    """Take the terminal's own total, once a day; what must come out is not told before."""
    currency, refused = drawer(request).currency, None
    if request.method == "POST":
        try:
            _held(request, currency)
            return redirect("counter_slips")
        except Refusal as refusal:
            refused = told(refusal)
    me, day = signed_in(request), today(request)
    shown = {
        "total": SlipTotal.objects.filter(till=me.till, operator=me.operator, day=day).first(),
        "slips": Slip.objects.filter(till=me.till, operator=me.operator, day=day).order_by("at"),
        "currency": currency,
    }
    return page(request, "counter/slips.html", shown, refused)


def _held(request: HttpRequest, currency: str) -> None:
    """Hold a total against the slips; a difference needs a reason and a second person."""
    me, day = signed_in(request), today(request)
    count = request.POST.get("count", "").strip()
    if not count.isdecimal() or len(count) > 6:
        raise FieldMissing(field="count", reason="how many payments the terminal says")
    total = parse_minor(request.POST.get("total", "").strip() or "0", currency)
    found = Slip.objects.filter(till=me.till, operator=me.operator, day=day).aggregate(
        n=Count("id"), minor=Sum("amount_minor")
    )
    slips_, minor = found["n"], found["minor"] or 0
    reason, approved_by = request.POST.get("reason", "").strip()[:300], ""
    if (int(count), total) != (slips_, minor):
        if not reason:
            raise FieldMissing(
                field="reason", reason="it differs from the slips; count again, or say why"
            )
        approved_by = needed(request, "close_shift")
    SlipTotal.objects.get_or_create(
        till=me.till,
        day=day,
        defaults={
            **stamp(request),
            "count": int(count),
            "total_minor": total,
            "slips": slips_,
            "slips_minor": minor,
            "reason": reason,
            "approved_by": approved_by,
        },
    )
    messages.success(request, gettext("The terminal's day is kept."))
