"""Who waits: the demo's invented queue, so that each screen of the counter has something to do."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.counter.models import Waiting
from baohao.web.counter.room import page
from baohao.web.desk import desk


@workers(Act.COUNTER)
def waiting(request: HttpRequest) -> HttpResponse:
    """Show the queue of the demo, and who was served."""
    if not desk().house.settings.is_demo:
        raise Http404
    me = signed_in(request)
    mine = Waiting.objects.filter(operator=me.operator)
    if request.method == "POST":
        ticket = request.POST.get("waiting", "")
        if not ticket.isdecimal() or len(ticket) > 18:
            raise Http404
        found = get_object_or_404(mine, pk=int(ticket))
        found.done_at = desk().now()
        found.save(update_fields=["done_at"])
        return redirect("counter_waiting")
    shown = {
        "waiting": mine.filter(done_at=None).order_by("at", "id"),
        "served": mine.exclude(done_at=None).order_by("-done_at")[:10],
    }
    return page(request, "counter/waiting.html", shown)
