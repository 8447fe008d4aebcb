"""The pages behind a problem's `type`: each code, its status, and its sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from baohao.api.problems import PathUnknown, status_of_code
from baohao.core.refusals import Malformed, Refusal

router = APIRouter(prefix="/problems", include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><h1>{title}</h1>
{body}
</html>
"""


@cache
def explained() -> Mapping[str, type[Refusal]]:
    """Return every refusal that the running product knows, by its code."""
    return {kind.code: kind for kind in sorted(_tree(Refusal), key=lambda kind: kind.code)}


@router.get("", response_class=HTMLResponse)
async def every() -> str:
    """All codes, each with its status."""
    rows = "".join(
        f'<li>{status_of_code(kind.code, issubclass(kind, Malformed))} <a href="/problems/{code}">'
        f"{code}</a>"
        for code, kind in explained().items()
    )
    return _PAGE.format(title="Problems", body=f"<ul>{rows}</ul>")


@router.get("/{code}", response_class=HTMLResponse)
async def one(code: str) -> str:
    """One code; what stands in braces is told in `facts`."""
    kind = explained().get(code)
    if kind is None:
        raise PathUnknown()
    sentence = " ".join((kind.__doc__ or "").split())
    status = status_of_code(code, issubclass(kind, Malformed))
    body = f'<p>Status {status}</p><p>{escape(sentence)}</p><p><a href="/problems">All</a></p>'
    return _PAGE.format(title=escape(code), body=body)


def _tree(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _tree(inner)
