"""Lists a page at a time, and ETags of what is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Header, Query, Request, Response

from baohao.api.problems import BodyMalformed

T = TypeVar("T")

After = Annotated[
    str, Query(max_length=200, description="What the page before said in `next`; first: nothing.")
]
Limit = Annotated[int, Query(ge=1, le=500)]
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="The ETag of what you have.")
]
LIMIT = 100
CSV = "text/csv"

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


# --- places in lists that the database pages ------------------------------------------------------

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def cursor_wrong() -> BodyMalformed:
    """Return what is told of a cursor that no page has given."""
    return BodyMalformed(pointer="/after", reason="give what the page before said in `next`")


def micros(at: datetime) -> str:
    """Write an instant into a cursor."""
    return str((at - _EPOCH) // _MICROSECOND)


def instant(text: str) -> datetime:
    """Read an instant of a cursor; raises `BodyMalformed`."""
    try:
        return _EPOCH + int(text) * _MICROSECOND
    except OverflowError:
        raise cursor_wrong() from None


def read(pattern: re.Pattern[str], after: str) -> re.Match[str]:
    """Read a cursor; raises `BodyMalformed`."""
    found = pattern.fullmatch(after)
    if found is None:
        raise cursor_wrong()
    return found


def wants_csv(request: Request) -> bool:
    """Whether whoever asks would rather have a table."""
    accepted = ",".join(request.headers.getlist("accept")).split(",")
    return CSV in [each.partition(";")[0].strip().lower() for each in accepted]
