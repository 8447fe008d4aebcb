"""Pages for what went wrong: they say what happened to the money, and what to do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from baohao.core.refusals import Refusal
from baohao.web.wording import said


def refused(request: HttpRequest, refusal: Refusal, status: int = 409) -> HttpResponse:
    """Return the page of a refusal."""
    return render(
        request, "web/refused.html", {"message": said(refusal), "code": refusal.code}, status=status
    )


def forgery(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page of a form that did not come from one of our pages, or is too old."""
    return render(request, "web/forgery.html", {}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page of an address where nothing is, or nothing for whoever asks."""
    return render(request, "web/not_found.html", {}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Return the page of a defect; it needs no database."""
    return render(request, "web/broken.html", {}, status=500)
