"""Is this message ours? Whoever got one looks its code up, and learns what to do if it is not."""

from __future__ import annotations

from functools import partial

from allauth.core import ratelimit
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from baohao.app.messages import evidence
from baohao.web.accounts.doors import everybody
from baohao.web.desk import desk

#: What messages are about; the rest are about a change.
KINDS = {
    "reminder": gettext_lazy("A reminder to renew in time"),
    "renewal": gettext_lazy("A renewal"),
    "activate": gettext_lazy("An activation"),
    "topup": gettext_lazy("A top-up"),
    "restore": gettext_lazy("A number that was restored"),
    "reversed": gettext_lazy("A purchase that was undone"),
    "card_replaced": gettext_lazy("A new card"),
    "number_changed": gettext_lazy("A change of number"),
    "ported_out": gettext_lazy("A number that moved to another operator"),
    "transferred": gettext_lazy("A change of holder"),
    "received": gettext_lazy("A change of holder"),
    "terminated": gettext_lazy("A number that was given up"),
    "unmade": gettext_lazy("A purchase that was undone"),
    "held": gettext_lazy("A hold"),
    "lifted": gettext_lazy("A hold that was lifted"),
}
ORDERS, CHANGE = gettext_lazy("A standing order"), gettext_lazy("A change")
CHANNELS = {
    "email": gettext_lazy("E-mail"),
    "push": gettext_lazy("Push"),
    "sms": gettext_lazy("Short message"),
}


class Code(forms.Form):
    """What stands in a message."""

    code = forms.CharField(
        max_length=40,
        label=gettext_lazy("The code in the message"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


def kind(what: str) -> str:
    """Say what a message is about."""
    return str(KINDS.get(what) or (ORDERS if what.startswith("order") else CHANGE))


@everybody
def ours(request: HttpRequest) -> HttpResponse:
    """Say whether a code is of a message that we sent, and which."""
    form = Code(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "public/ours.html", {"form": form})
    if not ratelimit.consume(request, action="ours"):
        return render(request, "web/too_often.html", {}, status=429)
    found = desk().read(partial(evidence.ours, typed=form.cleaned_data["code"]))
    page = {"form": form, "asked": True, "found": found}
    if found is not None:
        operator = desk().house.library.operators.get(found.operator)
        at = found.at if operator is None else found.at.astimezone(operator.zone)
        page |= {"kind": kind(found.what), "channel": CHANNELS.get(found.channel, ""), "at": at}
    return render(request, "public/ours.html", page)
