"""How allauth finds holders by their numbers and addresses, and how codes reach them."""

from __future__ import annotations

from functools import partial
from string import digits
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django import forms
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext

from baohao.app import tenures
from baohao.core.identifiers.number import MalformedNumber, parse_number
from baohao.web.accounts import confirming
from baohao.web.accounts.models import Account
from baohao.web.accounts.signing_in import TENURE
from baohao.web.desk import desk
from baohao.web.wording import said


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up: holders are known by their tenures, and staff are added by staff."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no."""
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return to one's own pages."""
        return "/in/"

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        """Return to the account that the address belongs to."""
        return "/my/account/"

    def pre_login(self, request: HttpRequest, user: Account, **more: Any) -> Any:
        """Let nobody past the directory that they belong to: it would not say that they left."""
        is_by_directory = "sociallogin" in (more.get("signal_kwargs") or {})
        if user.by_directory and not is_by_directory:
            return render(request, "account/directory_refused.html", {"why": "only"}, status=403)
        return super().pre_login(request, user, **more)

    def get_reauthentication_methods(self, user: Account) -> list[dict[str, str]]:
        """Return how somebody says again who they are: first by the directory, if there is one."""
        ways: list[dict[str, str]] = super().get_reauthentication_methods(user)
        if getattr(user, "by_directory", False):
            url = reverse("directory_again")
            way = {"id": "directory", "description": gettext("By your directory"), "url": url}
            ways.insert(0, way)
        return ways

    def generate_login_code(self) -> str:
        """Return six digits: a phone's keyboard offers them by itself."""
        return get_random_string(6, digits)

    def generate_email_verification_code(self) -> str:
        """Return six digits."""
        return self.generate_login_code()

    def generate_phone_verification_code(self, *, user: Account, phone: str) -> str:
        """Return six digits."""
        return self.generate_login_code()

    def clean_phone(self, phone: str) -> str:
        """Return a number as it is kept; raises `ValidationError`."""
        try:
            return parse_number(phone)
        except MalformedNumber as malformed:
            raise forms.ValidationError(said(malformed)) from None

    def phone_form_field(self, **more: Any) -> forms.Field:
        """Return the field that a number is typed in."""
        more.pop("validators", None)
        tel = forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"})
        return forms.CharField(max_length=40, widget=tel, label=gettext("Your number"), **more)

    def get_user_by_phone(self, phone: str) -> Account | None:
        """Return the account of whoever holds a number today; `None`: nobody that is known."""
        found = desk().read(partial(tenures.open_one, number=phone))
        if found is None or not found.holder:
            return None
        return Account.objects.of_holder(found.holder)

    def get_phone(self, user: Account) -> tuple[str, bool] | None:
        """Return the number of today that a holder signed in by, or one that they hold."""
        if not user.holder:
            return None
        shown = context.request.session.get(TENURE)
        held = desk().read(partial(tenures.of_holder, holder=user.holder))
        numbers = [each.number for each in held]
        if shown is not None and shown[0] in numbers:
            return shown[0], True
        return (numbers[0], True) if numbers else None

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:
        """Say whether somebody is to say again who they are; allauth asks for its own pages."""
        return not confirming.is_recent(context.request)

    def set_phone(self, user: Account, phone: str, verified: bool) -> None:
        """Keep nothing: whoever holds the number is found by it."""

    def set_phone_verified(self, user: Account, phone: str) -> None:
        """Keep nothing."""

    def send_verification_code_sms(self, user: Account, phone: str, code: str, **_: Any) -> None:
        """Send a code to a number."""
        texts = desk().house.texts
        if texts is not None:
            texts.send(phone, gettext("Your code is {code}.").format(code=code))

    def send_unknown_account_sms(self, phone: str, **_: Any) -> None:
        """Send nothing to a number that is nobody's here; the page says the same as ever."""
