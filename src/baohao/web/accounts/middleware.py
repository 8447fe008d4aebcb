"""What holds for everybody who has signed in: whose session it is, and that nobody keeps a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from baohao.app import tenures
from baohao.web.accounts.doors import signed_in
from baohao.web.accounts.signing_in import TENURE
from baohao.web.desk import desk


class Unkept:
    """What somebody saw is in no cache when somebody else sits there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        was_in = request.user.is_authenticated
        response = self._get_response(request)
        if was_in or request.user.is_authenticated:
            response.headers["Cache-Control"] = "no-store"
        return response


class OfOneTenure:
    """Signs out whoever no longer holds the number that let them in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and self._is_over(request):
            logout(request)
            return render(request, "web/tenure_over.html", {}, status=403)
        return self._get_response(request)

    @staticmethod
    def _is_over(request: HttpRequest) -> bool:
        account = signed_in(request)
        shown = request.session.get(TENURE)
        if not account.holder or shown is None:
            return False
        number, epoch = shown
        found = desk().read(partial(tenures.open_one, number=number))
        return found is None or (found.epoch, found.holder) != (epoch, account.holder)
