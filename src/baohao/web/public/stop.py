"""
Stop a standing order by its link: one tap, without a sign-in.

Looking at the page stops nothing, for mail filters look at links before people do; and it tells
nobody whether there is anything to stop.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from baohao.app.orders import links
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import everybody
from baohao.web.desk import desk
from baohao.web.wording import said


@everybody
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Ask once more, and stop it."""
    is_stopped, refused = False, None
    if request.method == "POST":
        try:
            links.stop(desk().shell, token, desk().house.seals.sign, new_id)
            is_stopped = True
        except Refusal as refusal:
            refused = said(refusal)
    page = {"is_stopped": is_stopped, "refused": refused}
    return render(request, "public/stop.html", page, status=409 if refused else 200)
