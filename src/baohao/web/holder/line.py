"""One number: until when it is safe, what works, what comes next, and what happened."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from baohao.app.glance import Glance
from baohao.web.accounts.doors import holders
from baohao.web.holder import drawing, saying
from baohao.web.holder.own import own_life
from baohao.web.leaving.models import Farewell

#: So many events are shown at once; those before them open.
AT_ONCE = 8
MOMENT = timedelta(microseconds=1)


@holders
def line(request: HttpRequest, number: str) -> HttpResponse:
    """Show one number, with what happened to it in this tenure."""
    life = own_life(request, number)
    told = [saying.happened(each, life.glance.currency) for each in life.happened]
    page = {
        "line": life.glance,
        "life": life,
        # The last moment says the day that people are told; the deadline itself is the next one's.
        "paid_until": None if life.paid_until is None else life.paid_until - MOMENT,
        "drawn": drawing.drawn(life.stays, life.now),
        "ahead": saying.ahead(life),
        "left": saying.allowances(life.allowances),
        "history": told[:AT_ONCE],
        "before": told[AT_ONCE:],
        "farewell": _lets_go(life.glance),
    }
    return render(request, "holder/line.html", page)


def _lets_go(line: Glance) -> bool:
    """Whether the holder said, in this tenure, that they let the number go."""
    said = Farewell.objects.filter(number=line.number, epoch=line.epoch)
    return said.exclude(said_at=None).exists()
