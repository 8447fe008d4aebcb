"""One's own account: the ways to sign in, and where one is signed in now."""

from __future__ import annotations

from functools import partial

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import AddWebAuthnView
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from baohao.app import tenures
from baohao.web.accounts.devices import device
from baohao.web.accounts.doors import all_signed_in, signed_in
from baohao.web.desk import desk


@all_signed_in
def account(request: HttpRequest) -> HttpResponse:
    """Show the ways to sign in, and the sessions that are open."""
    me = signed_in(request)
    held = desk().read(partial(tenures.of_holder, holder=me.holder)) if me.holder else []
    page = {
        "numbers": [each.number for each in held],
        "has_mail": settings.HAS_MAIL,
        "emails": EmailAddress.objects.filter(user_id=me.pk, verified=True),
        "passkeys": Authenticator.objects.filter(
            user_id=me.pk, type=Authenticator.Type.WEBAUTHN
        ).count(),
        "sessions": [
            (each, device(each.user_agent), each.session_key == request.session.session_key)
            for each in UserSession.objects.purge_and_list(me)
        ],
    }
    return render(request, "account/own.html", page)


class KeyAdding(AddWebAuthnView):  # type: ignore[misc]
    """Adds a passkey; of a holder's, no recovery codes are made: there is always the code."""

    def get_success_url(self) -> str:
        """Return to the account, or, for staff, to the recovery codes."""
        me = signed_in(self.request)
        if not me.holder:
            return str(super().get_success_url())
        Authenticator.objects.filter(user_id=me.pk, type=Authenticator.Type.RECOVERY_CODES).delete()
        return reverse("my_account")


@all_signed_in
@require_POST
def everywhere(request: HttpRequest) -> HttpResponse:
    """Sign out wherever else somebody is signed in."""
    for each in UserSession.objects.filter(user_id=signed_in(request).pk):
        if each.session_key != request.session.session_key:
            each.end()
    messages.success(request, gettext("You are signed in on this device alone."))
    return redirect("my_account")
