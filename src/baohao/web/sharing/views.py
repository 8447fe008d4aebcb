"""People I pay for, and people who may see mine: asked, agreed to, ended."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from uuid import UUID

from allauth.core import ratelimit
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from baohao.app import glance, tenures
from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.desk import desk
from baohao.web.sharing import consents
from baohao.web.sharing.forms import Giving, Sharing
from baohao.web.sharing.models import Consent
from baohao.web.templatetags.saying import number as written
from baohao.web.wording import said


@holders
def listed(request: HttpRequest) -> HttpResponse:
    """Show whom the reader pays for, who may see or pay for the reader's, and what is asked."""
    me, mine = signed_in(request).holder, _mine(request)
    now = desk().now()
    given, asked = consents.to(me, now), consents.on(mine, now)
    numbers = sorted({each.number for each in (*given, *asked) if each.state == Consent.GIVEN})
    lines = desk().read(partial(glance.many, terms=desk().terms, numbers=numbers))
    by_number = {line.number: line for line in lines}
    page = {
        "cared": [
            (each, by_number[each.number])
            for each in given
            if each.state == Consent.GIVEN and _stands(each, by_number)
        ],
        "waiting": [each for each in given if each.state == Consent.ASKED],
        "asked": [each for each in asked if each.state == Consent.ASKED],
        "let": [
            (each, _last_day(each, by_number[each.number]))
            for each in asked
            if each.state == Consent.GIVEN
        ],
        "has_numbers": bool(mine),
    }
    return render(request, "sharing/listed.html", page)


@holders
def give(request: HttpRequest) -> HttpResponse:
    """Let somebody see or pay for one of the reader's numbers."""
    mine = dict(_mine(request))
    form, refused = Giving(request.POST or None, list(mine), list(map(written, mine))), None
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["mine"]
        line = desk().read(partial(glance.one, terms=desk().terms, number=number))
        zone = desk().house.library.operators[line.operator].zone
        me, other = signed_in(request).holder, form.cleaned_data["number"]
        try:
            until = form.until(zone)
            consents.give(me, number, mine[number], other, form.wanted, until, key=form.id)
        except Refusal as refusal:
            refused = said(refusal)
        else:
            messages.success(
                request, gettext("Done. If that number is one of ours, its holder sees yours now.")
            )
            return redirect("sharing")
    page = {"form": form, "refused": refused}
    return render(request, "sharing/give.html", page, status=409 if refused else 200)


@holders
def ask(request: HttpRequest) -> HttpResponse:
    """Ask somebody to let the reader see or pay for theirs."""
    mine = [number for number, _ in _mine(request)]
    form, refused = Sharing(request.POST or None, mine, list(map(written, mine))), None
    if request.method == "POST" and form.is_valid():
        me, other = signed_in(request).holder, form.cleaned_data["number"]
        allowed = ratelimit.consume(request, action="sharing", user=request.user)
        if not allowed or not ratelimit.consume(request, action="sharing_to", key=other):
            return render(request, "web/too_often.html", {}, status=429)
        try:
            kept = consents.ask(me, form.cleaned_data["mine"], other, form.wanted, key=form.id)
            return redirect("sharing_code", consent=kept.id)
        except Refusal as refusal:
            refused = said(refusal)
    page = {"form": form, "refused": refused}
    return render(request, "sharing/ask.html", page, status=409 if refused else 200)


@holders
def code(request: HttpRequest, consent: UUID) -> HttpResponse:
    """Take the code that was sent to the other's number, and that they gave to the reader."""
    kept = Consent.objects.filter(id=consent, grantee=signed_in(request).holder).first()
    if kept is None:
        raise Http404
    if kept.state == Consent.GIVEN:
        return redirect("sharing")
    refused = None
    if request.method == "POST":
        try:
            consents.agree_by_code(kept, request.POST.get("code", "")[:20])
            messages.success(request, gettext("They agreed."))
            return redirect("sharing")
        except Refusal as refusal:
            refused = said(refusal)
    page = {"consent": kept, "refused": refused}
    return render(request, "sharing/code.html", page, status=409 if refused else 200)


@holders
@require_POST
def answer(request: HttpRequest, consent: UUID) -> HttpResponse:
    """Agree to what somebody asks of one of the reader's numbers, or say no."""
    kept = _on_mine(request, consent)
    if request.POST.get("answer") == "yes":
        consents.agree(kept, "page")
        messages.success(request, gettext("Done: they may from now on."))
    else:
        consents.decline(kept)
        messages.success(request, gettext("Done: they may not."))
    return redirect("sharing")


@holders
@require_POST
def end(request: HttpRequest, consent: UUID) -> HttpResponse:
    """End a consent: its holder withdraws it, or whom it was given to gives it up."""
    own = Consent.objects.filter(id=consent, grantee=signed_in(request).holder).first()
    consents.end(own or _on_mine(request, consent))
    messages.success(request, gettext("It is ended."))
    return redirect("sharing")


def _mine(request: HttpRequest) -> list[tuple[str, int]]:
    """Return the reader's numbers, each with the epoch of its tenure."""
    held = desk().read(partial(tenures.of_holder, holder=signed_in(request).holder))
    return [(each.number, each.epoch) for each in held]


def _on_mine(request: HttpRequest, consent: UUID) -> Consent:
    """Return a consent on a number of the reader's; raises `Http404` for any other."""
    for each in Consent.objects.filter(id=consent):
        if (each.number, each.epoch) in _mine(request):
            return each
    raise Http404


def _last_day(each: Consent, line: glance.Glance) -> date | None:
    """Return the last day of a consent, by the operator's clock; `None`: it has none."""
    if each.until is None:
        return None
    zone = desk().house.library.operators[line.operator].zone
    return (each.until - timedelta(microseconds=1)).astimezone(zone).date()


def _stands(each: Consent, lines: dict[str, glance.Glance]) -> bool:
    """Whether the tenure that a consent is of goes on."""
    line = lines.get(each.number)
    return line is not None and line.epoch == each.epoch
