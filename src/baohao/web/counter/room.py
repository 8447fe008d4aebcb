"""Whose counter it is, what day it is there, and how it works."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from baohao.app import hall, tills
from baohao.app.glance import Glance
from baohao.core.books.chart import Account
from baohao.core.civil import civil_day
from baohao.core.decide.case import LineMoved
from baohao.core.decide.selling import QuoteMoved
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web import selling
from baohao.web.accounts.doors import signed_in
from baohao.web.counter.models import Rules
from baohao.web.desk import desk
from baohao.web.wording import said

CHANNEL = "counter"
#: In a session: [key, place] of the last forms that were done.
_DONE, _KEPT = "counter.done", 20


class ChangedSince(Refusal):
    """Somebody has changed this line since you looked: look again. Nothing was done or taken."""

    code = "line.changed_since"


def own(request: HttpRequest, number: str) -> Glance:
    """Return a line of the clerk's operator; raises `Http404` for any other."""
    found = selling.look(number)
    if found.operator != signed_in(request).operator:
        raise Http404
    return found


def hall_of(line: Glance) -> hall.Hall:
    """Return what the hall must know of a line."""
    look = partial(hall.hall, terms=desk().terms, number=line.number, stage=line.stage)
    return desk().read(look)


def today(request: HttpRequest) -> date:
    """Return the day by the zone of the clerk's operator."""
    zone = desk().house.library.operators[signed_in(request).operator].zone
    return civil_day(desk().now(), zone)


def stamp(request: HttpRequest) -> dict[str, Any]:
    """Return where, when and by whom something is done here."""
    me = signed_in(request)
    return {"operator": me.operator, "point": me.point, "at": desk().now(), "by": me.principal}


def drawer(request: HttpRequest) -> Account:
    """Return the till of whoever asks; raises `Http404` where they work at none."""
    me = signed_in(request)
    if not me.till:
        raise Http404
    currency = desk().house.library.operators[me.operator].currency
    return Account.parse(tills.till_of(me.till, currency))


def rules(request: HttpRequest) -> Rules:
    """Return how the clerk's issuing point works."""
    me = signed_in(request)
    found = Rules.objects.filter(operator=me.operator, point=me.point).first()
    return found or Rules(operator=me.operator, point=me.point)


def told(refusal: Refusal) -> str:
    """Say a refusal; of a line that has moved, what to do now."""
    if isinstance(refusal, LineMoved | QuoteMoved):
        return said(ChangedSince())
    return said(refusal)


def version(request: HttpRequest) -> int | None:
    """Return the version of the line that the form was made of; `None`: it says none."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def form_key(request: HttpRequest) -> str:
    """Return the key of a form: made when it is shown, and kept when it is sent and shown again."""
    text = request.POST.get("key", "")
    try:
        return str(UUID(text))
    except ValueError:
        return str(new_id())


def remember(request: HttpRequest, key: str, place: str) -> None:
    """Note where a form has led to, so that it leads there again when it is sent again."""
    known = list(request.session.get(_DONE, []))[-_KEPT:]
    request.session[_DONE] = [*known, [key, place]]


def done_before(request: HttpRequest, key: str) -> HttpResponse | None:
    """Return to where a form has led to before; `None`: it was not sent, or refused."""
    place = dict(request.session.get(_DONE, [])).get(key)
    return None if place is None else redirect(place)


def page(
    request: HttpRequest, template: str, shown: dict[str, Any], refused: str | None = None
) -> HttpResponse:
    """Render a page with a form; refused, it says why and keeps what was typed."""
    shown = {"refused": refused, "key": form_key(request), "posted": request.POST} | shown
    zone = desk().house.library.operators[signed_in(request).operator].zone
    with timezone.override(zone):
        return render(request, template, shown, status=409 if refused else 200)
