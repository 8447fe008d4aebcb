"""
How often strangers may ask about numbers: by address, and everybody together.

Whoever only guesses is wrong mostly, so what is wrong is counted apart, and strictly: nobody learns
which numbers there are by trying them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from baohao.web.accounts.limits import consumed, too_often

View = Callable[..., HttpResponse]


def budgeted(view: View) -> View:
    """Let a page be seen while there is a budget for looking numbers up."""

    @wraps(view)
    def counted(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        is_allowed = (
            consumed(request, "guest_miss", dry_run=True)
            and consumed(request, "guest")
            and consumed(request, "guest_all")
        )
        return view(request, *args, **more) if is_allowed else too_often(request)

    return counted


def missed(request: HttpRequest) -> None:
    """Count a number that is none of ours."""
    consumed(request, "guest_miss")


def may_check(request: HttpRequest) -> bool:
    """Whether a code may be asked for, from here and by anybody."""
    return consumed(request, "check") and consumed(request, "check_all")


def may_send(request: HttpRequest, mark: str) -> bool:
    """Whether another code may be sent to a number, by its mark."""
    return consumed(request, "check_number", key=mark)
