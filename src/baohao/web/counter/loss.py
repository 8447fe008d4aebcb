"""At the counter: a holder with their document reports a card lost, or takes that back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.counter.people import Shown, is_holder
from baohao.web.counter.room import own
from baohao.web.desk import desk, made
from baohao.web.wording import said


@workers(Act.COUNTER)
def loss(request: HttpRequest, number: str) -> HttpResponse:
    """Report a card lost, or found, for whoever the number is registered to."""
    line, form, refused = own(request, number), Shown(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        # What the form was for, and not what would come next: a second tap undoes nothing.
        verb = "report_found" if request.POST.get("what") == "found" else "report_loss"
        key = f"{verb}:{request.POST.get('key', '')[:60]}"
        try:
            is_holder(number, form.person())
            by = signed_in(request).principal
            desk().ask(made(verb, number, {}, by=by, channel="counter", key=key))
        except Refusal as refusal:
            refused = said(refusal)
        else:
            words = gettext("Nothing works on the lost card any more.")
            messages.success(
                request, words if verb == "report_loss" else gettext("The card works again.")
            )
            return redirect("counter_line", number=number)
    page = {
        "line": line,
        "form": form,
        "refused": refused,
        "key": request.POST.get("key") or new_id(),
    }
    return render(request, "counter/loss.html", page, status=409 if refused else 200)
