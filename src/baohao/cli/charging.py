"""`baohao charging`: operators' own systems: what was carried there, and where they differ."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from baohao.app.charging import drift as drifting
from baohao.app.charging import listing
from baohao.app.csv_files import replaced, write_rows
from baohao.cli.asking import Data, house
from baohao.cli.output import Json, pairs, table, tell
from baohao.wiring import installation

app = typer.Typer(help="Operators whose own charging system is master.", no_args_is_help=True)

Operator = Annotated[
    str | None, typer.Option("--operator", show_default=False, help="By default all of them.")
]


def _state(text: str) -> str:
    if text not in listing.STATES:
        raise typer.BadParameter(f"{text!r} is none; there are {', '.join(listing.STATES)}")
    return text


@app.command("carry")
def carry(data: Data = None, json: Json = False) -> None:
    """Do there what was sold here, until nothing is due; who gives no answer is asked again."""
    with installation(data).carrier() as carrier:
        ran = dict(carrier.run())
    tell(ran, lambda console: console.print(pairs(ran) if ran else "Nothing is due."))


@app.command("list")
def list_(
    operator: Operator = None,
    state: Annotated[
        str | None,
        typer.Option("--state", parser=_state, metavar="STATE", show_default=False),
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List what was sold here, and what became of it there."""
    with house(data) as (_, shell):
        found = shell.run(lambda conn: list(listing.charges(conn, operator, state)))
    facts = [{f.name: getattr(each, f.name) for f in fields(each)} for each in found]
    tell(facts, lambda console: _print(console, facts))


@app.command("drift")
def drift(
    operator: Operator = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", dir_okay=False, show_default=False, help="A CSV file to write."),
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List the lines of which the operator says another deadline than is computed here."""
    with house(data) as (opened, shell):
        library = opened.library
        keys = drifting.theirs(library.operators, operator)

        def rows(conn: Any) -> Any:
            return (each.cells for each in drifting.drifts(conn, library.policies, keys))

        if out is not None:
            with replaced(out) as file:
                count = shell.run(lambda conn: write_rows(file, drifting.COLUMNS, rows(conn)))
            said = {"drifts": count, "file": str(out)}
            tell(said, lambda console: console.print(pairs(said)))
            return
        found = shell.run(lambda conn: list(rows(conn)))
    facts = [dict(zip(drifting.COLUMNS, cells, strict=True)) for cells in found]
    tell(facts, lambda console: _print_drift(console, facts))


def _print(console: Console, facts: list[dict[str, Any]]) -> None:
    rows = table("number", "sold by", "state", "since", "tries", "their id", "code")
    for each in facts:
        rows.add_row(
            each["number"],
            str(each["id"]),
            each["state"],
            f"{each['since']:%Y-%m-%d %H:%M}",
            str(each["tries"]),
            each["their_id"],
            each["code"],
        )
    console.print(rows)
    console.print(f"{len(facts)} charges.")


def _print_drift(console: Console, facts: list[dict[str, Any]]) -> None:
    rows = table("number", "clock", "operator says", "computed", "differs", "read", "days ago")
    for each in facts:
        first, last = each["computed_from"], each["computed_to"]
        rows.add_row(
            each["number"],
            each["clock"],
            str(each["observed"]),
            str(first) if first == last else f"{first} to {last}",
            f"{each['days']:+d} days",
            f"{each['read_at']:%Y-%m-%d %H:%M}",
            str(each["age_days"]),
        )
    console.print(rows)
    console.print(f"{len(facts)} differ.")
