"""What every template knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from baohao.web.accounts.roles import MAY, Role
from baohao.web.desk import desk


def of_house(request: HttpRequest) -> dict[str, Any]:
    """Return the languages, what the reader may do, and whether this is the demo."""
    return {
        "languages": settings.LANGUAGES,
        "has_directory": settings.DIRECTORY is not None,
        "is_demo": desk().house.settings.is_demo,
        "is_relaxed": bool(settings.RELAXED and getattr(request.user, "role", "")),
        "acts": _acts(request),
        "is_partial": bool(getattr(request, "htmx", False)),
    }


def _acts(request: HttpRequest) -> frozenset[str]:
    account = getattr(request, "user", None)
    if account is None or not account.is_authenticated or not account.role:
        return frozenset()
    return frozenset(act.value for act in MAY[Role(account.role)])
