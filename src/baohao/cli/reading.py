"""What people write on a command line: instants, spans, amounts. Nonsense is wrong use."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from baohao.app import wishes
from baohao.cli.output import about
from baohao.core.civil import Span, aware
from baohao.core.identifiers.number import Number, parse_number
from baohao.core.refusals import Refusal


def span(text: str) -> Span:
    """Read "12m", "1y", "180d", "2w" or "12 months"; raises `BadParameter`."""
    try:
        return wishes.term(text)
    except Refusal:
        raise typer.BadParameter(
            f"{text!r} is no span of time: write 12m, 1y, 180d, 2w or '12 months'"
        ) from None


def instant(text: str) -> datetime:
    """Read an instant with its offset, in UTC; raises `BadParameter`."""
    try:
        return aware(datetime.fromisoformat(text.strip()))
    except (ValueError, Refusal):
        raise typer.BadParameter(
            f"{text!r} is no instant: write it with its offset, as in 2026-03-01T09:00:00+08:00"
        ) from None


def month(text: str) -> date:
    """Read a month as its first day; raises `BadParameter`."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no month: write it as in 2026-01") from None


def day(text: str) -> date:
    """Read a day; raises `BadParameter`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day: write it as in 2026-03-01") from None


#: An existing file to read.
ReadableFile = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, show_default=False)
]
#: An instant to look at.
At = Annotated[
    datetime,
    typer.Option(
        "--at", parser=instant, metavar="INSTANT", show_default=False, help="With its offset."
    ),
]


def number(text: str) -> Number:
    """Read a number as people write it; raises `MalformedNumber`."""
    found = parse_number(text)
    about(found)
    return found
