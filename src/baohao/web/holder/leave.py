"""Letting a number go, told plainly: what to move away first, and what happens when."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy

from baohao.core.policy.model import KEEPING
from baohao.web.accounts.doors import holders
from baohao.web.desk import desk
from baohao.web.holder import saying
from baohao.web.holder.own import held, own_life
from baohao.web.leaving.models import Farewell

#: What knows a number: what to move to another one first, the dearest first.
ACCOUNTS = {
    "bank": gettext_lazy("Banks, cards and securities: codes for transfers come to the number"),
    "government": gettext_lazy("Government accounts: one-account, tax, social security, permits"),
    "mail": gettext_lazy("Mail: the number with which a lost password is reset"),
    "wechat": gettext_lazy("WeChat and WeChat Pay"),
    "alipay": gettext_lazy("Alipay"),
    "wallets": gettext_lazy("MPay and other wallets"),
    "messengers": gettext_lazy("WhatsApp, Telegram, Signal and other messengers"),
    "social": gettext_lazy("Social networks and games"),
    "shops": gettext_lazy("Shops, deliveries, taxis, flights and hotels"),
    "work": gettext_lazy("Work, school and insurance"),
    "health": gettext_lazy("Doctors and hospitals"),
    "second": gettext_lazy("Whatever else sends a code when you sign in"),
    "people": gettext_lazy("Family, friends, and whoever has the number on paper"),
}


@holders
def leave(request: HttpRequest, number: str) -> HttpResponse:
    """Keep the list, the wish to let the number go, or the change of mind."""
    epoch = held(request, number)
    kept = Farewell.objects.filter(number=number, epoch=epoch).first()
    kept = kept or Farewell(number=number, epoch=epoch)
    if request.method == "POST":
        _noted(request, kept)
        return redirect("my_leave", number=number)
    life = own_life(request, number)
    page = {
        "line": life.glance,
        "life": life,
        "kept": kept,
        "said": None if kept.said_at is None else kept.said_at.astimezone(life.now.tzinfo),
        "accounts": [(key, words, key in kept.moved) for key, words in ACCOUNTS.items()],
        "left": len(ACCOUNTS) - len(kept.moved),
        "ahead": [step for step in saying.ahead(life) if not step.is_now],
        "is_kept": life.glance.kind in KEEPING,
    }
    return render(request, "holder/leave.html", page)


def _noted(request: HttpRequest, kept: Farewell) -> None:
    """Keep what was ticked, and what was said."""
    said = request.POST.get("say", "")
    values: dict[str, object] = {}
    if said != "stay":
        values["moved"] = [key for key in ACCOUNTS if key in request.POST.getlist("moved")]
    if said == "go":
        values["said_at"] = kept.said_at or desk().now()
        messages.success(request, gettext("Kept. The number stays yours until its time ends."))
    elif said == "stay":
        values["said_at"] = None
        messages.success(request, gettext("Good. Renew it in time, and it stays."))
    else:
        messages.success(request, gettext("The list is kept."))
    Farewell.objects.update_or_create(number=kept.number, epoch=kept.epoch, defaults=values)
