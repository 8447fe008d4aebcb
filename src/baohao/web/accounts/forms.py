"""The forms of allauth where ours differ: what is asked, and in which words."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import AddEmailForm, RequestLoginCodeForm
from allauth.account.models import EmailAddress
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy

#: As long as names of passkeys are.
NAME_MAX = 60


class CodeWanted(RequestLoginCodeForm):  # type: ignore[misc]
    """Where a code is to be sent: to a number, or to an address that was confirmed."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if not settings.HAS_MAIL:
            del self.fields["email"]
            return
        self.fields["email"].label = gettext_lazy("Your e-mail address, if you gave us one")
        self.fields["email"].widget.attrs.pop("placeholder", None)

    def clean_email(self) -> str:
        """Return the address; nobody is found by one that was not confirmed."""
        email: str = super().clean_email()
        if email and not EmailAddress.objects.filter(email__iexact=email, verified=True).exists():
            self._user = None
        return email

    def clean(self) -> dict[str, Any]:
        """Want one of the two."""
        found: dict[str, Any] = super().clean()
        if not self.errors and not found.get("email") and not found.get("phone"):
            raise forms.ValidationError(gettext_lazy("Type your number, or your e-mail address."))
        return found


class EmailAdded(AddEmailForm):  # type: ignore[misc]
    """An address of a holder's."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["email"].label = gettext_lazy("E-mail address")
        self.fields["email"].widget.attrs.pop("placeholder", None)


class KeyAdded(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey, which by itself is enough to sign in."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        name, alone = self.fields["name"], self.fields["passwordless"]
        name.label, name.max_length = gettext_lazy("What you call it"), NAME_MAX
        name.widget.attrs["maxlength"] = NAME_MAX
        name.validators.append(forms.CharField(max_length=NAME_MAX).validators[0])
        alone.label, alone.initial = gettext_lazy("It is enough by itself to sign in"), True


class KeyNamed(EditWebAuthnForm):  # type: ignore[misc]
    """A passkey's name."""

    name = forms.CharField(max_length=NAME_MAX, label=gettext_lazy("What you call it"))
