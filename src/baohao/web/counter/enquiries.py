"""Enquiries: who asked and did not buy, noted with one key and counted by day."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.counter.models import Enquiry
from baohao.web.counter.room import stamp, today

#: What people ask, and the key that notes it.
KINDS = {
    "price": ("p", gettext_lazy("Price")),
    "date": ("d", gettext_lazy("Until when")),
    "lost": ("l", gettext_lazy("A lost number")),
    "other": ("o", gettext_lazy("Something else")),
}


@workers(Act.COUNTER)
@require_POST
def note(request: HttpRequest) -> HttpResponse:
    """Note an enquiry, and be ready for the next customer."""
    kind = request.POST.get("kind", "")
    if kind not in KINDS:
        raise Http404
    Enquiry.objects.create(
        **stamp(request), day=today(request), kind=kind, till=signed_in(request).till
    )
    messages.success(request, gettext("Noted: they asked, and did not buy."))
    return redirect("counter")


def counted(request: HttpRequest) -> list[tuple[str, int]]:
    """Return how many asked what at this till today."""
    me = signed_in(request)
    found = (
        Enquiry.objects.filter(operator=me.operator, till=me.till, day=today(request))
        .values("kind")
        .annotate(n=Count("id"))
    )
    counts = {each["kind"]: each["n"] for each in found}
    return [(str(word), counts[kind]) for kind, (_, word) in KINDS.items() if kind in counts]
