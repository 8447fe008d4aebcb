"""Refusals become pages, in the reader's language, with a status that fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from baohao.app.shell import OutcomeUnknown
from baohao.core.refusals import Refusal
from baohao.web.errors import refused

#: What a page may ask of the device: passkeys, of our pages alone. The page that scans says more.
FEATURES = (
    "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), "
    "geolocation=(), microphone=(), payment=(), usb=(), serial=(), midi=()"
)


class SignRefused(Refusal):
    """What was sent has a sign that nobody can type and nothing can keep. Go back, type it anew."""

    code = "text.sign"


class Saying:
    """Says what was refused; whatever else goes wrong is Django's page of errors."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Whichever operator's clock this thread went by last.
        timezone.deactivate()
        response = self._get_response(request)
        response.headers.setdefault("Permissions-Policy", FEATURES)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, more: Any
    ) -> HttpResponse | None:
        """Refuse the sign NUL, which no database keeps, wherever it stands."""
        sent = (*request.GET.lists(), *request.POST.lists())
        if any("\0" in text for name, texts in sent for text in (name, *texts)):
            return refused(request, SignRefused(), 400)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page of a refusal; `None`: it is none."""
        if isinstance(error, Refusal):
            return refused(request, error, 503 if isinstance(error, OutcomeUnknown) else 409)
        return None
