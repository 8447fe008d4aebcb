"""Six digits that come back: they show that an address is whoever's typed it in."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.crypto import get_random_string, salted_hmac
from django.utils.translation import gettext_lazy

from baohao.web.desk import desk

#: For how long a code is good, and how often it may be mistyped.
CODE_GOOD, CODE_TRIES = timedelta(minutes=15), 5


class Code(forms.Form):
    """The code that was sent to an address."""

    code = forms.CharField(
        max_length=12,
        label=gettext_lazy("The six digits in the e-mail"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


def new() -> str:
    """Return new digits."""
    return get_random_string(6, "0123456789")


def expect(request: HttpRequest, slot: str, what: str, code: str) -> None:
    """Remember in a session that a code was sent to what is to be shown to be theirs."""
    request.session[slot] = {
        "what": what,
        "digest": _digest(what, code),
        "tries": 0,
        "until": (desk().now() + CODE_GOOD).isoformat(),
    }


def expected(request: HttpRequest, slot: str) -> str | None:
    """Return what a code is waited for; `None`: nothing, or no more."""
    pending: dict[str, Any] | None = request.session.get(slot)
    if pending is None or datetime.fromisoformat(pending["until"]) <= desk().now():
        forget(request, slot)
        return None
    return str(pending["what"])


def is_right(request: HttpRequest, slot: str, typed: str) -> bool:
    """Whether what was typed is the code that is waited for; a wrong one counts."""
    pending = request.session[slot]
    digits = "".join(each for each in typed if each.isdigit())
    if hmac.compare_digest(_digest(pending["what"], digits), pending["digest"]):
        forget(request, slot)
        return True
    pending["tries"] += 1
    request.session[slot] = pending
    return False


def is_void(request: HttpRequest, slot: str) -> bool:
    """Whether a code was wrong too often; then it is not waited for any more."""
    void = int(request.session.get(slot, {}).get("tries", 0)) >= CODE_TRIES
    if void:
        forget(request, slot)
    return void


def forget(request: HttpRequest, slot: str) -> None:
    """Wait no more."""
    request.session.pop(slot, None)


def _digest(what: str, code: str) -> str:
    return salted_hmac("baohao.code", f"{what}\0{code}", algorithm="sha256").hexdigest()
