"""
Saying again who one is, before money or an identity is touched.

Whoever signed in, or confirmed it, a quarter of an hour ago or less is not asked. A form that was
sent too late is kept, sealed and without its passwords, and sent again once they have confirmed.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.utils import timezone

from baohao.app.ports import SealBroken
from baohao.web.desk import desk

#: For how long a sign-in or a confirmation holds (seconds).
RECENT_S = 15 * 60
#: In a session: the form that waits · in an address: which one.
WAITING, AGAIN = "waiting_form", "again"
#: A longer form does not wait; none of ours is.
FORM_MAX = 100_000
#: What a sealed form is for.
_CONTEXT = "waiting form"


def is_recent(request: HttpRequest) -> bool:
    """Say whether somebody has said lately who they are."""
    if "confirming" in settings.RELAXED:
        return True
    said = get_authentication_records(request, request.user)
    return timezone.now().timestamp() - max((each["at"] for each in said), default=0) < RECENT_S


def ask(request: HttpRequest) -> HttpResponseBase:
    """Ask who it is, and come back to where they were."""
    back = request.get_full_path()
    if request.method == "POST":
        back = f"{request.path}?{_kept(request).urlencode()}"
    ways = get_adapter().get_reauthentication_methods(request.user)
    if not ways:
        logout(request)
        return redirect_to_login(back)
    return HttpResponseRedirect(f"{ways[0]['url']}?{urlencode({'next': back})}")


def resumed(request: HttpRequest) -> HttpRequest:
    """Return the request, with the form that waited for it if there is one."""
    mark = request.GET.get(AGAIN)
    if mark is None or request.method == "POST":
        return request
    asked = request.GET.copy()
    del asked[AGAIN]
    request.GET = asked  # type: ignore[assignment]
    waited = request.session.pop(WAITING, None)
    if waited is None or waited["mark"] != mark or waited["path"] != request.path:
        return request
    try:
        form = desk().house.seals.unseal(waited["form"], _CONTEXT)
    except SealBroken:
        return request
    request.method, request.POST = "POST", QueryDict(form)
    return request


def _kept(request: HttpRequest) -> QueryDict:
    """Keep a form for its sender; return what finds it again."""
    form, found = request.POST.copy(), request.GET.copy()
    for name in [name for name in form if "password" in name or name == "csrfmiddlewaretoken"]:
        del form[name]
    text, mark = form.urlencode(), secrets.token_urlsafe(9)
    if len(text) <= FORM_MAX:
        sealed = desk().house.seals.seal(text, _CONTEXT)
        request.session[WAITING] = {"mark": mark, "path": request.path, "form": sealed}
        found[AGAIN] = mark
    return found
