"""Whoever opens a link joins with the account that they have, or, at home, chooses a sign-in."""

from __future__ import annotations

from allauth.account.internal.flows.login import record_authentication
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import everybody, signed_in
from baohao.web.accounts.limits import ALWAYS, limited
from baohao.web.accounts.models import Account
from baohao.web.desk import desk
from baohao.web.household import invitations
from baohao.web.household.forms import Password, SignIn
from baohao.web.household.models import OWNER, Invitation
from baohao.web.wording import said

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@everybody
@limited("joining", methods=ALWAYS)
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Show who asks whom in, and let them join."""
    found = invitations.find(token)
    if found is None:
        return render(request, "household/over.html", {}, status=404)
    if desk().house.settings.is_home:
        return _at_home(request, token, found)
    page = {"asks": _owner_of(found), "invitation": found, "refused": None}
    if not request.user.is_authenticated or not signed_in(request).holder:
        return render(request, "household/join_first.html", page)
    if request.POST.get("join") == "yes":
        try:
            invitations.accept(token, signed_in(request))
            return redirect("household")
        except Refusal as refusal:
            page["refused"] = said(refusal)
    return render(request, "household/join.html", page, status=409 if page["refused"] else 200)


def _at_home(request: HttpRequest, token: str, found: Invitation) -> HttpResponse:
    known = found.member.account if found.member is not None else None
    form = Password(request.POST or None) if known else SignIn(request.POST or None)
    refused = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            account = invitations.sign_up(token, data.get("login", ""), data["password"])
            if known is not None:
                # As ever: whoever has an app's codes beside the password is asked for one.
                messages.success(request, gettext("Sign in by your new password."))
                return redirect("account_login")
            enter(request, account)
            return redirect("inside")
        except Refusal as refusal:
            refused = said(refusal)
    page = {
        "asks": _owner_of(found),
        "invitation": found,
        "known": known,
        "form": form,
        "refused": refused,
    }
    return render(request, "household/sign_up.html", page, status=409 if refused else 200)


def enter(request: HttpRequest, account: Account) -> None:
    """Sign somebody in who has just chosen a password."""
    request.session.flush()
    login(request, account, BACKEND)
    record_authentication(request, account, "password", username=account.name)
    UserSession.objects.create_from_request(request)


def _owner_of(found: Invitation) -> str:
    owner = found.household.members.filter(kind=OWNER).first()
    return owner.name if owner is not None else gettext("Somebody")
