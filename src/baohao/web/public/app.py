"""The installed app: what a phone asks for to keep it, and what it shows without a network."""

from __future__ import annotations

from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext

from baohao.web.accounts.doors import everybody

WORKER = Path(__file__).parent.parent / "static" / "web" / "sw.js"


@everybody
def worker(request: HttpRequest) -> HttpResponse:
    """Give the service worker, from the root: it stands before all pages."""
    answer = HttpResponse(WORKER.read_bytes(), content_type="text/javascript")
    answer["Cache-Control"] = "no-cache"
    return answer


@everybody
def manifest(request: HttpRequest) -> JsonResponse:
    """Say what the app is called, how it looks, and where it begins."""
    icons = [
        _icon("icon-192.png", "192x192"),
        _icon("icon-512.png", "512x512"),
        _icon("icon-mask-512.png", "512x512") | {"purpose": "maskable"},
    ]
    told = {
        "id": "/my/",
        "name": f"baohao 保號 · {gettext('Keep my number')}",
        "short_name": "保號",
        "lang": get_language() or "en",
        "dir": "ltr",
        "start_url": reverse("my"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f6f5",
        "theme_color": "#0b6e4f",
        "icons": icons,
    }
    return JsonResponse(told, content_type="application/manifest+json")


@everybody
def offline(request: HttpRequest) -> HttpResponse:
    """Say that there is no network; the dates that were seen last are put in by the reader."""
    return render(request, "public/offline.html", {})


def _icon(name: str, sizes: str) -> dict[str, str]:
    return {"src": static(f"web/{name}"), "sizes": sizes, "type": "image/png"}
