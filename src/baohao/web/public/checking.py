"""
Until when a number is safe, told to whoever holds it: a code is sent to the number.

Every number is answered alike until the code was typed, ours or not, so that nobody learns here
which numbers there are. What is told names nobody.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from functools import partial

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import get_random_string
from django.utils.translation import gettext, gettext_lazy

from baohao.app import tenures
from baohao.web import selling
from baohao.web.accounts.doors import everybody
from baohao.web.accounts.limits import too_often
from baohao.web.desk import desk
from baohao.web.public import budgets
from baohao.web.public.guest import Number

#: In a session: which number was asked about, its code's mark, until when, and the tries left.
ASKED = "check"
#: In a session: the number and tenure that was proved, and until when that counts.
PROVED = "checked"
LASTS, TRIES = timedelta(minutes=10), 5


class Code(forms.Form):
    """The code that was sent."""

    code = forms.CharField(
        max_length=12,
        label=gettext_lazy("The code"),
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}
        ),
    )


@everybody
def number(request: HttpRequest) -> HttpResponse:
    """Ask for the number, and send a code to it if it is one of ours."""
    form = Number(request.POST or None)
    form.fields["number"].label = gettext("Number to check")
    if request.method == "POST" and not budgets.may_check(request):
        return too_often(request)
    if request.method == "POST" and form.is_valid():
        asked, code = form.cleaned_data["number"], get_random_string(6, "0123456789")
        until = (desk().now() + LASTS).isoformat()
        request.session[ASKED] = [asked, _mark(asked, code), until, TRIES]
        _send(request, asked, code)
        return redirect("check_code")
    return render(request, "public/check.html", {"form": form})


@everybody
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code; the same page for every number."""
    asked = request.session.get(ASKED)
    if not asked:
        return redirect("check")
    form = Code(request.POST or None)
    if request.method == "POST" and form.is_valid():
        found, mark, until, tries = asked
        request.session[ASKED] = [found, mark, until, tries - 1]
        is_late = tries <= 0 or desk().now() > datetime.fromisoformat(until)
        typed = _mark(found, form.cleaned_data["code"].strip())
        held = desk().read(partial(tenures.open_one, number=found))
        if not is_late and held is not None and hmac.compare_digest(mark, typed):
            del request.session[ASKED]
            ends = (desk().now() + LASTS).isoformat()
            request.session[PROVED] = [found, held.epoch, ends]
            return redirect("checked")
        form.add_error("code", gettext("This is not the code, or it is too old."))
    return render(request, "public/check_code.html", {"form": form, "number": asked[0]})


@everybody
def told(request: HttpRequest) -> HttpResponse:
    """Tell until when the number is safe to whoever has shown that they hold it."""
    proved = request.session.get(PROVED)
    if not proved:
        return redirect("check")
    found, epoch, ends = proved
    held = desk().read(partial(tenures.open_one, number=found))
    is_over = desk().now() > datetime.fromisoformat(ends)
    # The number may have gone to somebody else meanwhile.
    if is_over or held is None or held.epoch != epoch:
        del request.session[PROVED]
        return redirect("check")
    try:
        line = selling.look(found)
    except Http404:
        return redirect("check")
    response = render(request, "public/checked.html", {"line": line})
    response["Cache-Control"] = "no-store"
    return response


def _send(request: HttpRequest, asked: str, code: str) -> None:
    """Send a code to a number of ours; to any other nothing, and nobody sees the difference."""
    texts = desk().house.texts
    held = desk().read(partial(tenures.open_one, number=asked))
    may_send = budgets.may_send(request, desk().house.seals.sign(asked.encode()).hex())
    if texts is not None and held is not None and may_send:
        texts.send(asked, gettext("Your code is {code}.").format(code=code))


def _mark(asked: str, code: str) -> str:
    """Return what a code is known by; the session does not hold the code."""
    return desk().house.seals.sign(f"check:{asked}:{code}".encode()).hex()
