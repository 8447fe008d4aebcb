"""Campaigns: a moratorium, or a move to another policy; planned by one, approved by another."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from baohao.app import campaigns
from baohao.app.campaigns import Member, Plan
from baohao.app.console.lines import START
from baohao.core.campaigns import MORATORIUM, MOVE, Campaign, CampaignUnknown
from baohao.core.civil import midnight
from baohao.core.operators import Operator
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web import notices
from baohao.web.accounts.doors import may, signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk
from baohao.web.operator.lines import key_of
from baohao.web.operator.room import exported, noted, operator_of
from baohao.web.operator.words import CAUSES, OUTCOMES
from baohao.web.vocabulary import CAMPAIGNS
from baohao.web.wording import said

log = logging.getLogger(__name__)

PAGE, EXPORTED = 50, 5_000
HEADINGS = ("number", "outcome", "code", "days", "last_day_now", "last_day_then", "told_at")
_WORDS = forms.Textarea(attrs={"rows": 3})


class Planned(forms.Form):
    """What every campaign says."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(max_length=200, label=gettext_lazy("Why, for the journal"))
    words = forms.CharField(
        max_length=300, widget=_WORDS, label=gettext_lazy("What holders are told")
    )


class Moratorium(Planned):
    """Lines on hold until a day."""

    prefixes = forms.CharField(
        max_length=200,
        required=False,
        label=gettext_lazy('Numbers that begin with, as in "+85366 +85368" (none: all)'),
    )
    plan = forms.ChoiceField(required=False, label=gettext_lazy("Plan"))
    cause = forms.ChoiceField(
        label=gettext_lazy("Cause"), choices=[(c, CAUSES[c]) for c in ("disaster", "legal")]
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day of the moratorium"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    field_order = ("key", "prefixes", "plan", "cause", "last_day", "reason", "words")


class Move(Planned):
    """Lines to another policy."""

    pin = forms.ChoiceField(label=gettext_lazy("Lines under"))
    new_pin = forms.ChoiceField(label=gettext_lazy("Move to"))
    field_order = ("key", "pin", "new_pin", "reason", "words")


@workers(Act.CONSOLE)
def listed(request: HttpRequest) -> HttpResponse:
    """List an operator's campaigns."""
    operator = operator_of(request)
    found = desk().read(partial(campaigns.listed, operator=operator.key))
    page = {"campaigns": [_shown(each, operator) for each in found]}
    return render(request, "operator/campaigns.html", page)


@workers(Act.MEND)
def moratorium(request: HttpRequest) -> HttpResponse:
    """Plan a moratorium: nothing is lost on some lines until a day."""
    operator = operator_of(request)
    form = Moratorium(request.POST or None, initial={"key": new_id()})
    policies = [p for p in desk().house.library.policies.values() if p.operator == operator.key]
    plans = sorted({offer.plan for policy in policies for offer in policy.offers})
    _choose(form, "plan", [("", "—"), *((plan, plan) for plan in plans)])

    def wanted(filled: dict[str, Any]) -> Campaign:
        plan = Plan(
            reason=filled["reason"],
            words=filled["words"],
            prefixes=tuple(filled["prefixes"].replace(",", " ").split()),
            plan=filled["plan"],
            cause=filled["cause"],
        )
        ends = midnight(filled["last_day"] + timedelta(days=1), operator.zone)
        return _new(request, filled["key"], MORATORIUM, plan, goes_on_at=ends)

    return _planned(request, form, wanted, "operator/moratorium.html")


@workers(Act.PRODUCT)
def move(request: HttpRequest) -> HttpResponse:
    """Plan to move lines to another policy."""
    operator = operator_of(request)
    first = {"key": new_id(), "pin": request.GET.get("from"), "new_pin": request.GET.get("to")}
    form = Move(request.POST or None, initial=first)
    policies = desk().house.library.policies.values()
    pins = sorted(policy.pin for policy in policies if policy.operator == operator.key)
    for name in ("pin", "new_pin"):
        _choose(form, name, [(pin, pin) for pin in pins])

    def wanted(filled: dict[str, Any]) -> Campaign:
        texts = {name: filled[name] for name in ("reason", "words", "pin", "new_pin")}
        return _new(request, filled["key"], MOVE, Plan(**texts))

    return _planned(request, form, wanted, "operator/move.html")


@workers(Act.CONSOLE)
def one(request: HttpRequest, campaign: UUID) -> HttpResponse:
    """Show a campaign, what it does to lines, and move it on."""
    found, refused = _own(request, campaign), None
    if request.method == "POST":
        try:
            _done(request, found)
            return redirect("console_campaign", campaign=campaign)
        except Refusal as refusal:
            refused = said(refusal)
    operator = operator_of(request)
    is_new = found.state == "planned"
    every, leaving = desk().read(partial(campaigns.counted, campaign=found)) if is_new else (0, 0)
    only = request.GET.get("outcome", "")
    after = key_of(request.GET.get("after", ""))
    read = partial(campaigns.members, campaign=found, after=after, limit=PAGE, only=only)
    rows, following = desk().read(read)
    page = {
        **_shown(found, operator),
        "every": every,
        "leaving": leaving,
        "outcomes": [
            (name, OUTCOMES.get(name, name), code, lines, gained, lost)
            for name, code, lines, gained, lost in desk().read(
                partial(campaigns.outcomes, campaign=found)
            )
        ],
        "rows": [(row, OUTCOMES.get(row.outcome, row.outcome)) for row in rows],
        "next": f"{following[0]}.{following[1].removeprefix('+')}" if following else "",
        "only": only,
        "may": _may(request, found),
        "refused": refused,
    }
    return render(request, "operator/campaign.html", page, status=409 if refused else 200)


@workers(Act.CONSOLE)
def export(request: HttpRequest, campaign: UUID) -> HttpResponseBase:
    """Give the lines of a campaign as a file."""
    found = _own(request, campaign)
    noted(request, "export", f"campaign {campaign}")
    only = request.GET.get("outcome", "")
    rows = (
        (m.number, m.outcome, m.code, m.days, m.was, m.will, m.told_at) for m in _every(found, only)
    )
    return exported("campaign", HEADINGS, rows)


# --- how ------------------------------------------------------------------------------------------


def _planned(
    request: HttpRequest,
    form: forms.Form,
    wanted: Callable[[dict[str, Any]], Campaign],
    template: str,
) -> HttpResponse:
    """Plan what was filled in; sent twice, it is one campaign."""
    if request.method == "POST" and form.is_valid():
        new = wanted(form.cleaned_data)
        try:
            rules = desk().house.library.policies
            desk().shell.run(partial(campaigns.plan, new=new, rules=rules))
            noted(request, "plan", new.kind, new.plan.reason)
            return redirect("console_campaign", campaign=new.id)
        except Refusal as refusal:
            form.add_error(None, said(refusal))
    return render(request, template, {"form": form})


def _new(request: HttpRequest, id_: UUID, kind: str, plan: Plan, **more: Any) -> Campaign:
    me = signed_in(request)
    return Campaign(
        operator=me.operator,
        id=id_,
        kind=kind,
        plan=plan,
        state="planned",
        made_by=me.name,
        made_at=desk().now(),
        **more,
    )


def _done(request: HttpRequest, found: Campaign) -> None:
    """Do with a campaign what was asked for; `Http404` for whoever may not."""
    what, by = request.POST.get("what", ""), signed_in(request).name
    if not _may(request, found).get(what):
        raise Http404
    key, id_ = found.operator, found.id
    work: Callable[[Any], None]
    if what == "look":
        work = partial(campaigns.look, operator=key, id_=id_)
    elif what == "approve":
        work = partial(campaigns.approve, operator=key, id_=id_, by=by)
    else:
        work = partial(campaigns.end, operator=key, id_=id_, by=by)
    desk().shell.run(work)
    noted(request, what, found.kind, found.plan.reason)
    notices.forget()
    try:
        desk().house.wake("run_unit", unit="campaigns")
    except Refusal as refusal:
        # It stands in our tables: a worker that nobody wakes looks within a minute.
        log.warning("no worker was woken: %s", refusal.code)


def _may(request: HttpRequest, found: Campaign) -> dict[str, bool]:
    """Return what the reader may do with a campaign as it stands."""
    me = signed_in(request)
    plans = may(me, Act.MEND if found.kind == MORATORIUM else Act.PRODUCT)
    waits = "planned" if found.kind == MORATORIUM else "looked"
    may_approve = found.made_by != me.name and (may(me, Act.APPROVE) or plans)
    return {
        "look": plans and found.kind == MOVE and found.state == "planned",
        "approve": may_approve and found.state == waits,
        "stop": plans
        and found.state in ("planned", "looking", "looked", "telling", "told", "held"),
    }


def _own(request: HttpRequest, campaign: UUID) -> Campaign:
    """Return a campaign of the reader's operator; raises `Http404` for any other."""
    key = operator_of(request).key
    try:
        return desk().read(partial(campaigns.find, operator=key, id_=campaign))
    except CampaignUnknown:
        raise Http404 from None


def _shown(campaign: Campaign, operator: Operator) -> dict[str, Any]:
    """Return a campaign with its instants by the operator's zone."""
    instants = ("made_at", "approved_at", "told_at", "goes_on_at")
    local = {name: getattr(campaign, name) for name in instants}
    return {
        "campaign": campaign,
        "standing": CAMPAIGNS[campaign.state],
        **{name: at and at.astimezone(operator.zone) for name, at in local.items()},
        "last_day": campaign.goes_on_at
        and (campaign.goes_on_at - timedelta(microseconds=1)).astimezone(operator.zone),
    }


def _every(campaign: Campaign, only: str) -> Iterator[Member]:
    """Yield all lines of a campaign, each page by a connection of its own."""
    after: tuple[int, str] | None = START
    while after is not None:
        read = partial(campaigns.members, campaign=campaign, limit=EXPORTED, only=only)
        rows, after = desk().read(partial(read, after=after))
        yield from rows


def _choose(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - made so above
    field.choices = choices
