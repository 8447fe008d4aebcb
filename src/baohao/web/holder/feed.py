"""The calendar that programs read: no sign-in, the address is the key."""

from __future__ import annotations

from functools import partial
from hashlib import sha256

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from baohao.app.messages import calendars
from baohao.outside import ics
from baohao.web.accounts.doors import everybody
from baohao.web.desk import desk

NAME = "baohao 保號"


@everybody
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Give a holder's deadlines; of an address that is none, nothing."""
    if not ratelimit.consume(request, action="calendar"):
        return _bare(429)
    house = desk().house
    holder = desk().read(partial(calendars.holder_of, sign=house.seals.sign, token=token))
    if holder is None:
        return _bare(404)
    found = desk().read(partial(calendars.appointments, teller=house.teller(), holder=holder))
    body = ics.written(NAME, found)
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    is_known = tag in request.headers.get("If-None-Match", "")
    answer = _bare(304) if is_known else HttpResponse(body, content_type="text/calendar")
    answer.headers["ETag"] = tag
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _bare(status: int) -> HttpResponse:
    answer = HttpResponse(status=status)
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
