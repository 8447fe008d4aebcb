"""
Staff sign in by their operator's own directory (OpenID Connect), where there is one.

Allauth walks the way; here it is narrowed: what is not signed for us and for this very question is
not believed, nobody signs up, and what somebody may do follows the directory at each sign-in.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import build_absolute_uri
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from requests import RequestException

from baohao.web.accounts import directory_claims
from baohao.web.accounts.directory_claims import Claims, NotBelieved
from baohao.web.accounts.doors import asks_itself, everybody, signed_in
from baohao.web.accounts.limits import ALWAYS, limited
from baohao.web.accounts.models import Account, Deed
from baohao.web.accounts.roles import Role
from baohao.web.desk import desk

#: What allauth calls the one directory of an installation.
KEY = "directory"
_SAYS = logging.getLogger(__name__)


class Questions(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Asks the directory, and believes what it signed."""

    @property
    def openid_config(self) -> Mapping[str, Any]:
        """Return how the directory describes itself; raises `NotBelieved` where it is another."""
        found: Mapping[str, Any] = super().openid_config
        if found.get("issuer") != settings.DIRECTORY.issuer:
            raise NotBelieved("it calls itself by another name")
        if not directory_claims.are_closed(found, settings.DIRECTORY.issuer):
            raise NotBelieved("it would be spoken to in the clear")
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Return where the directory sends people back to."""
        return str(build_absolute_uri(request, reverse("directory_back")))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **more: Any) -> Any:
        """Return who signs in; raises `NotBelieved`."""
        said = more["response"].get("id_token")
        if not isinstance(said, str):
            raise NotBelieved("it says nothing")
        found = directory_claims.signed(
            said,
            keys=self._fetched(self.openid_config["jwks_uri"]),
            issuer=settings.DIRECTORY.issuer,
            client=app.client_id,
        )
        login = self.get_provider().sociallogin_from_response(request, found)
        login.claims = self._filled(found, token.token)
        return login

    def _filled(self, claims: Claims, token: str) -> Claims:
        """Return what a token says, with what it left to the page about the person."""
        url = self.openid_config.get("userinfo_endpoint")
        if settings.DIRECTORY.claim in claims or not url:
            return claims
        more = self._fetched(url, {"Authorization": f"Bearer {token}"})
        if more.get("sub") != claims["sub"]:
            raise NotBelieved("it speaks of somebody else")
        # What was signed comes first.
        return {**more, **claims}

    @staticmethod
    def _fetched(url: str, headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        with get_adapter().get_requests_session() as session:
            answer = session.get(url, headers=headers)
            answer.raise_for_status()
            found = answer.json()
        if not isinstance(found, dict):
            raise NotBelieved("it answers in another form")
        return found


class Directory(OpenIDConnectProvider):  # type: ignore[misc]
    """The directory; nothing of what it says of a person is kept but who it is."""

    oauth2_adapter_class = Questions

    def extract_uid(self, data: Claims) -> str:
        """Return who it is."""
        return directory_claims.uid(data)

    def extract_extra_data(self, data: Claims) -> dict[str, Any]:
        """Keep nothing."""
        return {}

    def extract_common_fields(self, data: Claims) -> dict[str, Any]:
        """Fill in nothing: `Admission` does."""
        return {}

    def extract_email_addresses(self, data: Claims) -> list[Any]:
        """Take no address: holders are found by theirs."""
        return []


class Admission(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Lets in whom the directory gives a role, as what it says today."""

    def get_requests_session(self) -> Any:
        """Return what asks the directory: where it said, and nowhere that it is sent on to."""
        session = super().get_requests_session()
        session.max_redirects = 0
        return session

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Say no."""
        return False

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Account:
        """Leave it empty: it stands for nobody until the directory's role is known."""
        empty: Account = sociallogin.user
        return empty

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Give whoever comes from the directory their role; raises `NotBelieved`."""
        claims, state = sociallogin.claims, sociallogin.state
        if not directory_claims.answers(claims, state["nonce"]):
            raise NotBelieved("it answers another question")
        if "again" in state:
            raise ImmediateHttpResponse(_confirmed(request, sociallogin))
        known = sociallogin.user if sociallogin.is_existing else None
        with transaction.atomic():
            account = _followed(known, claims)
            if known is None and account is not None:
                sociallogin.user = sociallogin.account.user = account
                sociallogin.account.save()
        if account is None:
            raise ImmediateHttpResponse(refused(request, "no_role"))
        account.came_with_two = directory_claims.has_two_factors(claims)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        """Say on a page of ours why nobody was let in."""
        # What others wrote is not repeated: it may speak of a person.
        _SAYS.warning("directory: %s", _told(exception))
        why = "not_believed"
        if error == AuthError.CANCELLED:
            why = "cancelled"
        elif isinstance(exception, RequestException):
            why = "no_answer"
        raise ImmediateHttpResponse(refused(request, why))


def refused(request: HttpRequest, why: str) -> HttpResponse:
    """Say why nobody was let in."""
    status = 503 if why == "no_answer" else 403
    return render(request, "account/directory_refused.html", {"why": why}, status=status)


@everybody
@limited("directory", methods=ALWAYS)
def enter(request: HttpRequest) -> HttpResponseBase:
    """
    Lead somebody to the directory.

    By a link and not a form: whither a directory leads on is not ours to list in `form-action`.
    """
    if settings.DIRECTORY is None:
        return redirect("account_login")
    return _led(request)


@everybody
@limited("directory", methods=ALWAYS)
def back(request: HttpRequest) -> HttpResponseBase:
    """Take somebody in who comes back from the directory."""
    if settings.DIRECTORY is None:
        return redirect("account_login")
    try:
        answer: HttpResponseBase = OAuth2CallbackView.adapter_view(Questions(request, KEY))(request)
    except IntegrityError:
        # Two first sign-ins of one person at one time: now there is an account.
        return redirect("directory_enter")
    except RequestException as wrong:
        _SAYS.warning("directory: %s", type(wrong).__name__)
        return refused(request, "no_answer")
    except (OAuth2Error, KeyError, ValueError, TypeError) as wrong:
        # Its answer has not the form that it is to have.
        _SAYS.warning("directory: %s", _told(wrong))
        return refused(request, "not_believed")
    return answer


@asks_itself
@login_required
def again(request: HttpRequest) -> HttpResponseBase:
    """Have the directory ask somebody again who they are."""
    me = signed_in(request)
    if not me.by_directory:
        return redirect("account_reauthenticate")
    if settings.DIRECTORY is None:
        return refused(request, "no_answer")
    asked = {"again": me.pk, "asked_at": timezone.now().timestamp()}
    return _led(request, {"prompt": "login", "max_age": "0"}, **asked)


def _told(wrong: Exception | None) -> str:
    return str(wrong) if isinstance(wrong, NotBelieved) else type(wrong).__name__


def _led(
    request: HttpRequest, more: Mapping[str, str] | None = None, **state: Any
) -> HttpResponseBase:
    nonce = get_random_string(32)
    provider = get_adapter().get_provider(request, KEY)
    try:
        answer: HttpResponseBase = provider.redirect(
            request,
            AuthProcess.LOGIN,
            next_url=get_next_redirect_url(request),
            auth_params={"nonce": nonce, **(more or {})},
            nonce=nonce,
            **state,
        )
    except (RequestException, OAuth2Error, KeyError, ValueError) as wrong:
        _SAYS.warning("directory: %s", _told(wrong))
        return refused(request, "no_answer")
    return answer


def _confirmed(request: HttpRequest, login: Any) -> HttpResponseBase:
    """Note that somebody said again who they are, and take them back to where they were."""
    me, state = request.user, login.state
    is_same = me.is_authenticated and me.pk == state["again"] and login.user.pk == me.pk
    if not is_same or not directory_claims.asked_since(login.claims, state["asked_at"]):
        return refused(request, "not_again")
    record_authentication(request, me, "socialaccount", provider=KEY, reauthenticated=True)
    return redirect(state.get("next") or settings.LOGIN_REDIRECT_URL)


def _followed(known: Account | None, claims: Claims) -> Account | None:
    """Make an account what the directory says; `None`: there it has no role, and is shut."""
    said = settings.DIRECTORY
    role = directory_claims.role(claims, said.claim, said.roles)
    if known is None:
        if not role:
            return None
        known = Account.objects.of_directory(_name(claims), said.operator)
    before = (known.role, known.is_active)
    known.is_active = bool(role)
    if role:
        known.role, known.operator = Role(role).value, said.operator
        known.title = str(claims.get("name") or "")[:80] or known.title
    known.save()
    if before != (known.role, known.is_active):
        _noted(known)
    return known if role else None


def _name(claims: Claims) -> str:
    """Return what an account is called: nobody else's name, and no name of an account of ours."""
    said = claims.get("preferred_username") or claims.get("email") or claims["sub"]
    # Names are given anew in a directory: to somebody else, who is not whoever had it.
    return f"directory:{str(said).lower()[:50]}:{directory_claims.uid(claims)[:8]}"


def _noted(account: Account) -> None:
    Deed.objects.create(
        at=desk().now(),
        operator=account.operator,
        by=account.name,
        what="directory",
        subject=account.name,
        said=account.role if account.is_active else "",
    )
