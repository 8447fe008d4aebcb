"""The second factor of staff: an app that makes codes, or a passkey; and codes for a lost phone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from baohao.web.accounts.devices import device
from baohao.web.accounts.models import Account
from baohao.web.desk import desk

#: What a secret of theirs is sealed for.
_CONTEXT = "second factor"
#: Recovery codes stand in for a second factor; by themselves they are none.
KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
#: In a session: whether the directory that let somebody in asked them for two factors.
TWO = "directory_two_factors"


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals their secrets: whoever reads the database cannot make codes."""

    def get_totp_issuer(self) -> str:
        """Return what an app shows beside the code."""
        return "baohao"

    def get_totp_label(self, user: Account) -> str:
        """Return whose code it is."""
        return user.name

    def is_mfa_enabled(self, user: Account, types: Sequence[str] | None = None) -> bool:
        """
        Say whether a second factor is asked for at a sign-in, or, of one kind, whether it is there.

        A holder's passkey is another way in, and not a second thing to show beside the code; and
        what a directory asked for is not asked again.
        """
        if getattr(user, "came_with_two", False) and (types is None or len(types) > 1):
            return False
        if getattr(user, "holder", "") and (types is None or len(types) > 1):
            # At home an app's codes are asked for beside the password, if somebody wants it so.
            is_by_password = user.has_usable_password()
            return is_by_password and super().is_mfa_enabled(user, [Authenticator.Type.TOTP])
        return bool(super().is_mfa_enabled(user, types))

    def generate_authenticator_name(self, user: Account, type: str) -> str:
        """Return how a passkey is called at first: by the device that it is on."""
        return device(context.request.META.get("HTTP_USER_AGENT", ""))

    def encrypt(self, text: str) -> str:
        """Seal."""
        return desk().house.seals.seal(text, _CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        """Unseal; raises `SealBroken`."""
        return desk().house.seals.unseal(encrypted_text, _CONTEXT)


def is_missing(request: HttpRequest) -> bool:
    """Say whether somebody works here and has no second factor yet, of ours or a directory's."""
    account = cast("Account", request.user)
    if not account.role or "second_factor" in settings.RELAXED:
        return False
    if account.by_directory and request.session.get(TWO):
        return False
    return not Authenticator.objects.filter(user_id=account.pk, type__in=KINDS).exists()
