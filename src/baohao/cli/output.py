"""How the command prints: facts as JSON for machines or as text for people, refusals either way."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from baohao.cli.advice import advice
from baohao.core.refusals import Refusal

#: 0 done, 1 refused, 2 wrong use.
DONE, REFUSED, WRONG_USE = 0, 1, 2

#: Set once `--json` has been read, so that a refusal is printed the same way.
_json_wanted: ContextVar[bool] = ContextVar("json_wanted", default=False)


def _remember(wanted: bool) -> bool:
    _json_wanted.set(wanted)
    return wanted


def forget() -> None:
    """Begin anew, where one process runs several commands."""
    _json_wanted.set(False)
    _about.set("")


#: The option of every command that prints facts.
Json = Annotated[
    bool, typer.Option("--json", callback=_remember, help="Print the facts as JSON, for machines.")
]


def console(*, err: bool = False) -> Console:
    """Return a console for what is standard output (or error) now."""
    # Numbers, dates and paths are data: only what we mark is coloured.
    return Console(stderr=err, highlight=False, soft_wrap=True)


def tell(facts: Any, text: Callable[[Console], None]) -> None:
    """Print facts as JSON when that was asked for, else as `text` does."""
    if _json_wanted.get():
        typer.echo(as_json(facts))
    else:
        text(console())


def as_json(facts: Any) -> str:
    """Return facts as JSON; days and instants as ISO text, the rest as it is."""
    return json.dumps(facts, ensure_ascii=False, indent=2, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


#: The number that a command is about, for what to do next.
_about: ContextVar[str] = ContextVar("about", default="")


def about(number: str) -> None:
    """Note which number a command is about."""
    _about.set(number)


def refuse(refusal: Refusal) -> None:
    """Print why not, and what to do next."""
    to_do = advice(refusal, _about.get())
    if _json_wanted.get():
        facts: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
        facts |= {"facts": dict(refusal.facts), "next": to_do}
        typer.echo(as_json({"refused": facts}))
    else:
        wrong("Refused", f"{refusal.message} [{refusal.code}]")
        if to_do:
            console(err=True).print(to_do, markup=False)


def wrong(what: str, sentence: str) -> None:
    """Print an error for people."""
    # Without markup: a message may hold brackets.
    console(err=True).print(f"{what}: {sentence}", style="red", markup=False)
    sys.stderr.flush()


def table(*columns: str, right: Sequence[str] = (), title: str | None = None) -> Table:
    """Return an empty table in the one look that the command has."""
    made = Table(box=SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def pairs(facts: Mapping[str, object]) -> Table:
    """Return names and values, one pair a line; what is empty is left out."""
    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(style="dim")
    made.add_column(overflow="fold")
    for name, value in facts.items():
        if value is not False and value not in (None, "", (), [], {}):
            made.add_row(name, "yes" if value is True else str(value))
    return made
