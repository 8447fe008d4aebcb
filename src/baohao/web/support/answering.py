"""The operator's side: what waits for an answer, the oldest first, and answering it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from baohao.web.accounts.doors import may, signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.operator.room import noted
from baohao.web.support import talking
from baohao.web.support.models import Talk
from baohao.web.support.talking import Writing

#: Talks of a page.
PAGE = 50


@workers(Act.SUPPORT)
def listed(request: HttpRequest) -> HttpResponse:
    """List talks behind a key: those that wait, the oldest first; or those that are answered."""
    is_all = bool(request.GET.get("answered"))
    found = Talk.objects.filter(operator=signed_in(request).operator, waits=not is_all)
    found = found.order_by("-id" if is_all else "id")
    after = _key(request.GET.get("after", ""))
    if after is not None:
        found = found.filter(id__lt=after) if is_all else found.filter(id__gt=after)
    talks = list(found.prefetch_related("messages")[: PAGE + 1])
    page = {
        "rows": [(talk, *talking.shown(talk)[0]) for talk in talks[:PAGE]],
        "next": talks[PAGE - 1].id if len(talks) > PAGE else None,
        "is_all": is_all,
    }
    return render(request, "support/waiting.html", page)


@workers(Act.SUPPORT)
def one(request: HttpRequest, talk: UUID) -> HttpResponse:
    """Show a talk and answer it, or say that nothing is to be answered."""
    kept, me = _own(request, talk), signed_in(request)
    if request.method == "POST" and "settle" in request.POST:
        talking.settle(kept)
        noted(request, "settle", str(kept.id))
        return redirect("talks")
    form = Writing(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if talking.answer(kept, form.id, form.cleaned_data["text"], me.name):
            noted(request, "answer", str(kept.id))
        messages.success(request, gettext("Answered."))
        return redirect("talks")
    page = {
        "talk": kept,
        "said": talking.shown(kept),
        "form": form,
        "is_over": talking.is_over(kept),
        "line": _line(request),
    }
    return render(request, "support/answer.html", page)


def _line(request: HttpRequest) -> str:
    """Return the page that shows the reader a line; empty: they may see none."""
    me = signed_in(request)
    if may(me, Act.CONSOLE):
        return "console_line"
    return "counter_line" if may(me, Act.COUNTER) else ""


def _own(request: HttpRequest, talk: UUID) -> Talk:
    """Return a talk with the reader's operator; raises `Http404` for any other."""
    kept = Talk.objects.filter(id=talk, operator=signed_in(request).operator).first()
    if kept is None:
        raise Http404
    return kept


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
