"""At the counter: a holder who shows their document agrees to what somebody asks."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from baohao.app import tenures
from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.counter.people import Shown, is_holder
from baohao.web.counter.room import own
from baohao.web.desk import desk
from baohao.web.sharing import consents
from baohao.web.sharing.models import Consent
from baohao.web.wording import said


@workers(Act.COUNTER)
def agree(request: HttpRequest, number: str) -> HttpResponse:
    """Show what is asked of a number, and agree to one for its holder, who is here."""
    line = own(request, number)
    held = desk().read(partial(tenures.open_one, number=number))
    if held is None or not held.holder:
        raise Http404
    found = consents.on([(number, held.epoch)], desk().now())
    asked = [each for each in found if each.state == Consent.ASKED]
    form, refused = Shown(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        meant = _meant(request, asked)
        try:
            is_holder(number, form.person())
        except Refusal as refusal:
            refused = said(refusal)
        else:
            consents.agree(meant, f"counter:{signed_in(request).name}")
            messages.success(request, gettext("Agreed."))
            return redirect("counter_line", number=number)
    page = {"line": line, "form": form, "asked": asked, "refused": refused}
    return render(request, "sharing/counter.html", page, status=409 if refused else 200)


def _meant(request: HttpRequest, asked: list[Consent]) -> Consent:
    try:
        wanted = UUID(request.POST.get("consent", ""))
    except ValueError:
        raise Http404 from None
    for each in asked:
        if each.id == wanted:
            return each
    raise Http404
