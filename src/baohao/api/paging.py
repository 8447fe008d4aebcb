"""Lists a page at a time, and ETags of what is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Header, Query, Response

T = TypeVar("T")

After = Annotated[
    str, Query(max_length=200, description="What the page before said in `next`; first: nothing.")
]
Limit = Annotated[int, Query(ge=1, le=500)]
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="The ETag of what you have.")
]
LIMIT = 100

_canonical = msgspec.json.Encoder(order="sorted", enc_hook=str).encode


def page(
    rows: Sequence[T], name: Callable[[T], str], after: str, limit: int
) -> tuple[list[T], str | None]:
    """Return the rows behind `after` in the order of their names, and where the next begins."""
    behind = sorted((row for row in rows if name(row) > after), key=name)
    found = behind[:limit]
    return found, name(found[-1]) if len(behind) > limit else None


def tagged(found: dict[str, Any], if_none_match: str | None, response: Response) -> object:
    """Return what is told under its ETag, or 304 to who has it already."""
    tag = f'"{blake2b(_canonical(found), digest_size=12).hexdigest()}"'
    response.headers["ETag"] = tag
    known = [each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=dict(response.headers))
    return found
