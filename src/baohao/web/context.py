"""What every template knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from baohao.web.desk import desk


def of_house(request: HttpRequest) -> dict[str, Any]:
    """Return the languages, and whether this is the demo."""
    return {
        "languages": settings.LANGUAGES,
        "is_demo": desk().house.settings.is_demo,
        "is_partial": bool(getattr(request, "htmx", False)),
    }
