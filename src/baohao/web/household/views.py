"""The household: who belongs to it, who may what, and the links by which people join."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from baohao.outside.ids import new_id
from baohao.web.accounts.doors import confirmed, holders, signed_in
from baohao.web.desk import desk
from baohao.web.household import invitations, people, told
from baohao.web.household.forms import Asked, Named
from baohao.web.household.models import OWNER, Invitation, Member
from baohao.web.wording import said

#: In a session: a link that was just made, and for whom; it is shown once.
LINK = "household_link"


@holders
def household(request: HttpRequest) -> HttpResponse:
    """Show who belongs to the reader's household, or let them begin one."""
    me = people.member(signed_in(request))
    if me is None:
        return _begun(request)
    page = {
        "me": me,
        "is_owner": me.kind == OWNER,
        "members": me.household.members,
        "invitations": invitations.waiting(me.household, desk().now()),
        "link": request.session.pop(LINK, None),
        "asked": Asked(initial={"may_act": True}),
        "cared": Named(prefix="cared"),
        "key": new_id(),
        "is_home": desk().house.settings.is_home,
    }
    return render(request, "household/household.html", page)


def _begun(request: HttpRequest) -> HttpResponse:
    form = Named(request.POST or None)
    form.fields["name"].label = gettext("What you are called here")
    if request.method == "POST" and form.is_valid():
        people.begin(signed_in(request), form.cleaned_data["name"])
        return redirect("household")
    return render(request, "household/begin.html", {"form": form})


@holders
@confirmed
@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Make a link for somebody new, and show it once."""
    me, form = _owner(request), Asked(request.POST)
    if form.is_valid():
        name, may_act = form.cleaned_data["name"], form.cleaned_data["may_act"]
        _show(request, name, invitations.invite(me.household, name, may_act=may_act))
    return redirect("household")


@holders
@confirmed
@require_POST
def link(request: HttpRequest, person: int) -> HttpResponse:
    """Make a link by which somebody who is here gets a sign-in, or a new password."""
    me, found = _owner(request), _person(request, person)
    if not _gets_link(me, found):
        raise Http404
    _show(request, found.name, invitations.invite(me.household, found.name, member=found))
    return redirect("household")


@holders
@require_POST
def withdraw(request: HttpRequest, person: int) -> HttpResponse:
    """Take an invitation back."""
    me = _owner(request)
    gone, _ = Invitation.objects.filter(pk=person, household=me.household).delete()
    if not gone:
        raise Http404
    return redirect("household")


@holders
@require_POST
def look_after(request: HttpRequest) -> HttpResponse:
    """Add somebody who does not sign in; a form that is sent twice adds one."""
    me, form = _owner(request), Named(request.POST, prefix="cared")
    if form.is_valid():
        try:
            key = UUID(request.POST.get("key", ""))
        except ValueError:
            key = new_id()
        people.look_after(me.household, form.cleaned_data["name"], key)
        told.follow(signed_in(request))
    return redirect("household")


@holders
def person(request: HttpRequest, person: int) -> HttpResponse:
    """Show one person, and let the owner, or they themselves, change what is kept of them."""
    found, refused = _person(request, person), None
    me = people.member(signed_in(request))
    if me is None or (me.kind != OWNER and me.pk != found.pk):
        raise Http404
    form = Asked(request.POST or None, initial={"name": found.name, "may_act": found.may_act})
    if me.kind != OWNER or found.pk == me.pk or found.account is None:
        del form.fields["may_act"]
    if request.method == "POST" and form.is_valid():
        may_act = form.cleaned_data.get("may_act", found.may_act)
        try:
            seen = request.POST.get("version", "")
            version = int(seen) if seen.isascii() and seen.isdigit() else 0
            people.change(
                found, name=form.cleaned_data["name"], may_act=may_act, seen_version=version
            )
        except people.MemberMoved as moved:
            refused = said(moved)
        else:
            messages.success(request, gettext("Kept."))
            return redirect("household")
    page = {
        "me": me,
        "person": found,
        "form": form,
        "refused": refused,
        "is_owner": me.kind == OWNER,
        "gets_link": _gets_link(me, found),
    }
    return render(request, "household/person.html", page, status=409 if refused else 200)


@holders
@confirmed
@require_POST
def remove(request: HttpRequest, person: int) -> HttpResponse:
    """Have somebody belong no more; at home they sign in no more either."""
    me, found = _owner(request), _person(request, person)
    if found.pk == me.pk:
        raise Http404
    people.leave(found)
    _shut(found)
    messages.success(request, gettext("{name} is no longer here.").format(name=found.name))
    return redirect("household")


@holders
@confirmed
@require_POST
def own(request: HttpRequest, person: int) -> HttpResponse:
    """Let another ask people in from now on."""
    me, found = _owner(request), _person(request, person)
    if found.account is None or found.pk == me.pk:
        raise Http404
    people.hand_over(me, found)
    told.follow(found.account)
    return redirect("household")


@holders
@confirmed
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Let the reader go; at home, where there is nothing else, their sign-in goes too."""
    me = people.member(signed_in(request))
    if me is None:
        raise Http404
    is_last = me.household.members.count() == 1
    people.leave(me)
    if is_last or not desk().house.settings.is_home:
        return redirect("household")
    _shut(me)
    logout(request)
    return redirect("account_login")


def _shut(found: Member) -> None:
    """Let somebody of a home sign in no more."""
    if desk().house.settings.is_home and found.account is not None:
        found.account.is_active = False
        found.account.save(update_fields=["is_active"])


def _show(request: HttpRequest, name: str, token: str) -> None:
    address = request.build_absolute_uri(reverse("join", args=[token]))
    request.session[LINK] = {"name": name, "address": address}


def _gets_link(me: Member, found: Member) -> bool:
    """Say whether the owner makes somebody a sign-in: at home alone, and for others."""
    is_home = desk().house.settings.is_home
    return is_home and me.kind == OWNER and found.pk != me.pk


def _owner(request: HttpRequest) -> Member:
    """Return the reader, who asks others in; raises `Http404` for anybody else."""
    me = people.member(signed_in(request))
    if me is None or me.kind != OWNER:
        raise Http404
    return me


def _person(request: HttpRequest, person: int) -> Member:
    """Return somebody of the reader's household; raises `Http404` for anybody else."""
    me = people.member(signed_in(request))
    found = None
    if me is not None:
        found = Member.objects.filter(pk=person, household=me.household).first()
    if found is None:
        raise Http404
    return found
