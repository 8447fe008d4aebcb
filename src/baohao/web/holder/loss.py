"""
A card that was lost or stolen: nothing works on it from that minute on; the number stays.

Who reports it is given a code, once; with the code they undo it when the card is found. Whoever has
the card alone, or the page alone, cannot. The code follows from the report, and is kept nowhere.
"""

from __future__ import annotations

from functools import partial
from hmac import compare_digest

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from baohao.app import show
from baohao.core.line.lost import Lost
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.desk import desk, made
from baohao.web.holder.own import own
from baohao.web.wording import said

#: Letters of a code; no two look alike.
_LETTERS, _LONG = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ", 8


class CodeOther(Refusal):
    """That is not the code that you were given when you reported the loss."""

    code = "loss.code"


@holders
def loss(request: HttpRequest, number: str) -> HttpResponse:
    """Report a card lost, or take that back by its code."""
    line, refused, code = own(request, number), None, ""
    if request.method == "POST":
        try:
            if "code" in request.POST:
                if not ratelimit.consume(request, action="loss", key=number):
                    return render(request, "web/too_often.html", {}, status=429)
                return _found(request, number)
            code = _reported(request, number)
            line = own(request, number)
        except Refusal as refusal:
            refused = said(refusal)
    page = {
        "line": line,
        "code": code,
        "refused": refused,
        "key": request.POST.get("key") or new_id(),
    }
    return render(request, "holder/loss.html", page, status=409 if refused else 200)


def code_of(number: str, lost: Lost) -> str:
    """Return the code that takes a report back."""
    digest = desk().house.seals.sign(f"loss\0{number}\0{lost.id}".encode())
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:_LONG])


def _reported(request: HttpRequest, number: str) -> str:
    """Report it, once for each time that the form was shown; return the code."""
    by, key = signed_in(request).holder, f"loss:{request.POST.get('key', '')[:60]}"
    answer = desk().ask(made("report_loss", number, {}, by=by, channel="app", key=key))
    lost = _lost(number)
    # A form from before an earlier report, sent again, brings no code of a later one.
    is_this = lost is not None and lost.id == str(answer.answer["id"])
    return code_of(number, lost) if lost is not None and is_this else ""


def _found(request: HttpRequest, number: str) -> HttpResponse:
    lost = _lost(number)
    typed = request.POST["code"].strip().upper()[:20]
    if lost is None or not compare_digest(typed.encode(), code_of(number, lost).encode()):
        raise CodeOther()
    by = signed_in(request).holder
    asked = made("report_found", number, {}, by=by, channel="app", key=f"found:{lost.id}")
    desk().ask(asked)
    messages.success(request, gettext("The card works again."))
    return redirect("my_line", number=number)


def _lost(number: str) -> Lost | None:
    return desk().read(partial(show.find, number=number)).lost
