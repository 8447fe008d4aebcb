"""What follows from a sign-in: the session belongs to the tenure whose number was shown."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.signals import password_changed
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from baohao.app import tenures
from baohao.web.accounts.models import Account
from baohao.web.accounts.second_factor import TWO
from baohao.web.desk import desk

#: Whoever left is out after so long; a shift ends sooner.
DIRECTORY_AGE = timedelta(hours=12)
#: In a session: the number and the epoch of the tenure that it belongs to.
TENURE = "tenure"


@receiver(user_logged_in)
def of_tenure(sender: type[Account], request: HttpRequest, user: Account, **_: Any) -> None:
    """Note in the session which tenure was shown by a code."""
    request.session.pop(TENURE, None)
    for method in request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, []):
        number = method.get("phone")
        found = desk().read(partial(tenures.open_one, number=number)) if number else None
        if found is not None:
            request.session[TENURE] = (found.number, found.epoch)


@receiver(user_logged_in)
def of_directory(sender: type[Account], request: HttpRequest, user: Account, **_: Any) -> None:
    """Let a sign-in by a directory end with the day, and note which factors it asked for."""
    request.session.pop(TWO, None)
    if user.by_directory:
        request.session.set_expiry(DIRECTORY_AGE)
        if user.came_with_two:
            request.session[TWO] = True


@receiver(password_changed)
def of_their_own(sender: type[Account], request: HttpRequest, user: Account, **_: Any) -> None:
    """Note that a password that others had given was changed."""
    user.must_change = False
    user.save(update_fields=["must_change"])
