"""
How often strangers may ask about numbers: by address, and everybody together.

Whoever only guesses is wrong mostly, so what is wrong is counted apart, and strictly: nobody learns
which numbers there are by trying them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

View = Callable[..., HttpResponse]
_ALL = "all"


def budgeted(view: View) -> View:
    """Let a page be seen while there is a budget for looking numbers up."""

    @wraps(view)
    def counted(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        is_allowed = (
            _consume(request, "guest_miss", dry_run=True)
            and _consume(request, "guest")
            and _consume(request, "guest_all", key=_ALL)
        )
        return view(request, *args, **more) if is_allowed else too_often(request)

    return counted


def missed(request: HttpRequest) -> None:
    """Count a number that is none of ours."""
    _consume(request, "guest_miss")


def may_check(request: HttpRequest) -> bool:
    """Whether a code may be asked for, from here and by anybody."""
    return _consume(request, "check") and _consume(request, "check_all", key=_ALL)


def may_send(request: HttpRequest, mark: str) -> bool:
    """Whether another code may be sent to a number, by its mark."""
    return _consume(request, "check_number", key=mark)


def too_often(request: HttpRequest) -> HttpResponse:
    """Say that it was too often."""
    return render(request, "web/too_often.html", {}, status=429)


def _consume(request: HttpRequest, action: str, *, key: str = "", dry_run: bool = False) -> bool:
    """Count, and say whether it was still allowed; pages that are only looked at count too."""
    counted = {"app": "allauth.account", "action": action, "dry_run": dry_run, "limit_get": True}
    return ratelimit.consume(request, key=key, **counted) is not None
