"""How often somebody may ask what could be guessed: by address, and all together."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

View = Callable[..., HttpResponseBase]
#: Under this key everybody's questions are counted together: many addresses guess no faster.
TOGETHER = "everybody"


POST, ALWAYS = frozenset({"POST"}), frozenset({"GET", "HEAD", "POST"})


def limited(action: str, *, methods: frozenset[str] = POST) -> Callable[[View], View]:
    """Answer with the page of too many tries where an action's limits (settings) are used up."""

    def of(view: View) -> View:
        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
            if request.method in methods and not _consumed(request, action):
                answer = render(request, "web/too_often.html", {}, status=429)
                answer.headers["Retry-After"] = "60"
                return answer
            return view(request, *args, **more)

        return counted

    return of


def _consumed(request: HttpRequest, action: str) -> bool:
    app = "allauth.account"
    return bool(ratelimit.consume(request, app=app, action=action, key=TOGETHER, limit_get=True))
