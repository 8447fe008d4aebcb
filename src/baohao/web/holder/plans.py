"""Another plan: what it costs, which day the number is safe until then, and moving there."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from baohao.app import reach
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.desk import desk, made
from baohao.web.holder.own import own
from baohao.web.wording import said


@holders
def plans(request: HttpRequest, number: str) -> HttpResponse:
    """Show the plans that a line may move to, with the day under each; and move it."""
    line = own(request, number)
    others = desk().read(partial(reach.plans, terms=desk().terms, number=number))
    refused = None
    if request.method == "POST":
        wanted = (request.POST.get("plan", ""), request.POST.get("pin", ""))
        other = next((each for each in others if (each.plan, each.pin) == wanted), None)
        if line.plan == wanted[0]:
            # Sent a second time: it is there already.
            return redirect("my_line", number=number)
        if other is None or not other.is_possible:
            raise Http404
        try:
            _move(request, number, other)
            messages.success(request, gettext("The line is on the other plan now."))
            return redirect("my_line", number=number)
        except Refusal as refusal:
            refused = said(refusal)
    page = {"line": line, "others": others, "refused": refused, "key": new_id()}
    return render(request, "holder/plans.html", page, status=409 if refused else 200)


def _move(request: HttpRequest, number: str, other: reach.Other) -> None:
    """Ask for the change, paid from the wallet where it costs something; raises the refusal."""
    holder = signed_in(request).holder
    asked = {"plan": other.plan, "pin": other.pin}
    if other.fee_minor:
        asked["paid"] = f"wallet:{holder}:{other.currency}"
    # The form has its key from when it was shown.
    key = f"plan:{request.POST.get('key', '')[:40]}"
    desk().ask(made("change_plan", number, asked, by=holder, channel="app", key=key))
