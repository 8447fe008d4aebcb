"""A holder's messages, in general or about a number, with what was answered."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext, gettext_lazy

from baohao.app import glance, tenures
from baohao.app.glance import Glance
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.desk import desk
from baohao.web.support import talking
from baohao.web.support.models import Talk
from baohao.web.support.talking import Writing
from baohao.web.templatetags.saying import number as written

#: So many talks are shown, the last first.
SHOWN = 50


class Asking(Writing):
    """A first message: what it is about."""

    about = forms.ChoiceField(label=gettext_lazy("What it is about"))
    field_order = ("about", "text")

    def __init__(self, data: object, lines: list[Glance]) -> None:
        super().__init__(data)
        choices = [(line.number, written(line.number)) for line in lines]
        choices.append(("", gettext("Something else")))
        self.fields["about"].choices = choices  # type: ignore[attr-defined]
        self.fields["about"].required = False


@holders
def listed(request: HttpRequest) -> HttpResponse:
    """Show the reader's talks, the last first, and let a new one begin."""
    lines = _lines(request)
    form = Asking(request.POST or None, lines)
    if request.method == "POST" and form.is_valid() and lines:
        if not ratelimit.consume(request, action="support", user=request.user):
            return render(request, "web/too_often.html", {}, status=429)
        kept = talking.begin(_begun(request, form, lines), form.cleaned_data["text"])
        if kept.holder != signed_in(request).holder:
            raise Http404
        messages.success(request, gettext("Sent. The answer comes here, and a text says so."))
        return redirect("talk", talk=kept.id)
    if "about" in request.GET:
        form.initial["about"] = f"+{request.GET['about']}"
    page = {"talks": _seen(request, lines), "form": form, "can_ask": bool(lines)}
    return render(request, "support/listed.html", page)


@holders
def one(request: HttpRequest, talk: UUID) -> HttpResponse:
    """Show a talk, and go on with it."""
    kept = _own(request, talk)
    form = Writing(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, action="support", user=request.user):
            return render(request, "web/too_often.html", {}, status=429)
        talking.write(kept, form.id, form.cleaned_data["text"])
        return redirect("talk", talk=kept.id)
    Talk.objects.filter(id=kept.id, is_news=True).update(is_news=False)
    page = {"talk": kept, "said": talking.shown(kept), "form": form}
    return render(request, "support/talk.html", page)


def _begun(request: HttpRequest, form: Asking, lines: list[Glance]) -> Talk:
    about = form.cleaned_data["about"]
    line = next((line for line in lines if line.number == about), lines[0])
    return Talk(
        id=form.id,
        operator=line.operator,
        holder=signed_in(request).holder,
        number=about,
        epoch=line.epoch if about else 0,
        language=get_language() or "en",
    )


def _lines(request: HttpRequest) -> list[Glance]:
    """Return the reader's lines."""
    held = desk().read(partial(tenures.of_holder, holder=signed_in(request).holder))
    numbers = [each.number for each in held]
    return desk().read(partial(glance.many, terms=desk().terms, numbers=numbers))


def _seen(request: HttpRequest, lines: list[Glance]) -> list[Talk]:
    """Return the talks that the reader may see: those of tenures of today, and in general."""
    today = {("", 0), *((line.number, line.epoch) for line in lines)}
    found = (
        Talk.objects.filter(holder=signed_in(request).holder)
        .order_by("-id")
        .prefetch_related("messages")
    )
    return [talk for talk in found[:SHOWN] if (talk.number, talk.epoch) in today]


def _own(request: HttpRequest, talk: UUID) -> Talk:
    """Return a talk of the reader's; raises `Http404` for any other, and where its tenure ended."""
    kept = Talk.objects.filter(id=talk, holder=signed_in(request).holder).first()
    if kept is None or talking.is_over(kept):
        raise Http404
    return kept
