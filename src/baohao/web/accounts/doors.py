"""
Who a page is for. Every view says so with one of these, and a test asks every view.

Whoever is not signed in is asked to; whoever is, and may not, is told that nothing is there. Staff
and agents' people change a password that others gave, and set up a second factor, before anything.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from baohao.web.accounts import confirming, second_factor
from baohao.web.accounts.models import Account
from baohao.web.accounts.roles import MAY, Act, Role

View = Callable[..., HttpResponseBase]
V = TypeVar("V", bound=View)

EVERYBODY, HOLDER, SIGNED_IN, NOBODY = "everybody", "holder", "signed_in", "nobody"


def everybody(view: V) -> V:
    """Let everybody see a page."""
    view.audience = EVERYBODY  # type: ignore[attr-defined]
    return view


def asks_itself(view: V) -> V:
    """Say that a page of allauth, which asks for a sign-in itself, is for whoever has signed in."""
    view.audience = SIGNED_IN  # type: ignore[attr-defined]
    return view


def nobody(view: V) -> V:
    """Say that nothing is at an address, whoever asks."""
    view.audience = NOBODY  # type: ignore[attr-defined]
    return view


def holders(view: View) -> View:
    """Let holders see a page."""
    return _guarded(view, HOLDER, lambda account: bool(account.holder))


def all_signed_in(view: View) -> View:
    """Let see a page whoever has signed in."""
    return _guarded(view, SIGNED_IN, lambda _: True)


def workers(act: Act) -> Callable[[View], View]:
    """Let see a page whoever may do something for an operator or agent."""

    def of(view: View) -> View:
        return _guarded(view, act.value, lambda account: may(account, act))

    return of


def confirmed(view: View) -> View:
    """
    Have somebody say again who they are, where they last did so too long ago.

    It stands below `workers` or `holders`, and above `require_POST`.
    """

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        if not confirming.is_recent(request):
            return confirming.ask(request)
        return view(confirming.resumed(request), *args, **more)

    asked.is_confirmed = True  # type: ignore[attr-defined]
    return asked


def may(account: Account, act: Act) -> bool:
    """Say whether somebody may do something."""
    return account.is_active and bool(account.role) and act in MAY[Role(account.role)]


def signed_in(request: HttpRequest) -> Account:
    """Return who has signed in."""
    return cast("Account", request.user)


def _guarded(view: View, audience: str, allows: Callable[[Account], bool]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not allows(signed_in(request)):
            raise Http404
        if signed_in(request).must_change:
            return redirect("account_change_password")
        if second_factor.is_missing(request):
            return redirect("mfa_index")
        return view(request, *args, **more)

    guarded.audience = audience  # type: ignore[attr-defined]
    return guarded
