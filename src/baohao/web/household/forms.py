"""What is asked about somebody of a household, and of whoever joins it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext, gettext_lazy

NAME_MAX = 40


class Named(forms.Form):
    """What somebody is called here."""

    name = forms.CharField(
        max_length=NAME_MAX,
        label=gettext_lazy("What they are called here"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class Asked(Named):
    """Somebody who is asked in, or is changed."""

    may_act = forms.BooleanField(
        required=False,
        label=gettext_lazy("They may say “I did it” on cards that others share"),
    )


class Password(forms.Form):
    """A password that somebody chooses for themselves."""

    password = forms.CharField(
        max_length=200,
        label=gettext_lazy("A password, of 12 signs or more"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        max_length=200,
        label=gettext_lazy("The same password again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        """Return a password that is not guessed at once."""
        text: str = self.cleaned_data["password"]
        validate_password(text)
        return text

    def clean(self) -> None:
        """Hold both against each other."""
        data = self.cleaned_data
        if data.get("password") and data.get("again") != data["password"]:
            self.add_error("again", gettext("These are two different passwords."))


class SignIn(Password):
    """By what somebody signs in from now on."""

    login = forms.RegexField(
        r"\A[\w.@+-]+\Z",
        max_length=NAME_MAX,
        label=gettext_lazy("A name to sign in by"),
        error_messages={"invalid": gettext_lazy("Letters, digits and . @ + - _ alone.")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    field_order: tuple[str, ...] = ("login", "password", "again")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.order_fields(self.field_order)
