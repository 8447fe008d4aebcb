"""How often somebody may ask what could be guessed: by address, and all together."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse, HttpResponseBase
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
            if request.method in methods and not consumed(request, action):
                return too_often(request)
            return view(request, *args, **more)

        return counted

    return of


def consumed(
    request: HttpRequest, action: str, *, key: str = TOGETHER, dry_run: bool = False
) -> bool:
    """Count, and say whether it was still allowed; pages that are only looked at count too."""
    counted = {"app": "allauth.account", "action": action, "dry_run": dry_run, "limit_get": True}
    return bool(ratelimit.consume(request, key=key, **counted))


def too_often(request: HttpRequest) -> HttpResponse:
    """Say that it was too often."""
    answer = render(request, "web/too_often.html", {}, status=429)
    answer.headers["Retry-After"] = "60"
    return answer
