"""Lists, read to their end."""

from __future__ import annotations

from typing import Any

from tests.api.serving import Partner


def everything(partner: Partner, path: str, name: str, limit: int, **query: Any) -> list[Any]:
    """All rows of a list, page by page, each page full but the last."""
    found: list[Any] = []
    after = ""
    while True:
        told = partner.get(path, after=after, limit=limit, **query).json()
        found += told[name]
        if told["next"] is None:
            return found
        assert len(told[name]) == limit
        after = told["next"]
