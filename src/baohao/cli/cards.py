"""`baohao cards`: cards of other operators brought by a file, written out, and erased."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from baohao.app.brought import products
from baohao.app.brought.model import Given, Taken
from baohao.app.brought.read import read
from baohao.app.brought.wrong import Wrong
from baohao.app.csv_files import replaced, write_rows
from baohao.app.kept import adding, bringing, leaving
from baohao.app.kept.bringing import Bringing
from baohao.app.kept.planned import Choices
from baohao.cli.asking import Data, house
from baohao.cli.output import DONE, REFUSED, Json, console, pairs, table, tell
from baohao.cli.reading import ReadableFile, number
from baohao.outside import numbering
from baohao.outside.ids import new_id
from baohao.wiring import now

app = typer.Typer(help="Cards of other operators that somebody watches over.", no_args_is_help=True)
#: How many findings are shown; the report has them all.
SHOWN = 10

Keeper = Annotated[
    str, typer.Option("--keeper", show_default=False, help="Whose: the holder's id.")
]
Product = Annotated[
    list[str] | None,
    typer.Option(
        "--product",
        metavar="NAME=POLICY",
        show_default=False,
        help="What a name in the file means, as in 'CTM=mo.ctm.prepaid'; again for another name.",
    ),
]
Order = Annotated[
    str,
    typer.Option("--order", show_default=False, help="Of 3/4/2027: dmy, the day first, or mdy."),
]


@app.command("import")
def import_(
    file: ReadableFile,
    keeper: Keeper,
    product: Product = None,
    order: Order = "",
    card: Annotated[
        str, typer.Option("--number", show_default=False, help="Whose the file is, if it is mute.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look; change nothing.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Bring the cards of a file, ours or another tracker's; what is wrong is told next to it."""
    if order not in ("", "dmy", "mdy"):
        raise typer.BadParameter(f"{order!r} is neither dmy nor mdy")
    content = file.read_bytes()
    taken = read(content, Given(file=file.name, numbering=numbering, order=order))
    with house(data) as (opened, shell):
        known = adding.products(opened.terms().rules, shell.run(now).date())
        operators = opened.library.operators
        found = products.matches(taken.rows, numbering, known, operators)
        chosen = _chosen(product or [], {policy.name for policy in known})
        work = Bringing(
            shell=shell,
            vault=opened.vault,
            numbering=numbering,
            new_id=new_id,
            keeper=keeper,
            digest=bringing.digest_of(content),
            choices=Choices(
                products={
                    each.called: chosen.get(each.called.product, each.chosen) for each in found
                },
                number=number(card) if card else "",
            ),
        )
        parts = [] if dry_run else list(bringing.parts(taken))
        quiet = json or not console(err=True).is_terminal
        outcomes = [
            outcome
            for part in track(parts, "bringing", console=console(err=True), disable=quiet)
            for outcome in work.part(part)
        ]
    wrong = [*taken.wrong, *(each for outcome in outcomes for each in outcome.wrong)]
    facts = _facts(taken, Counter(outcome.what for outcome in outcomes), wrong, found)
    facts["report"] = _report(file, wrong)
    tell(facts, lambda out: _print(out, facts, wrong))
    raise typer.Exit(REFUSED if facts["left_out"] else DONE)


@app.command()
def export(
    keeper: Keeper,
    form: Annotated[str, typer.Option("--format", help="json: everything; csv: a table.")] = "json",
    out: Annotated[
        Path | None,
        typer.Option("--out", dir_okay=False, show_default=False, help="By default the terminal."),
    ] = None,
    data: Data = None,
) -> None:
    """Write out all that is kept of somebody's cards; `cards import` takes it elsewhere."""
    if form not in ("json", "csv"):
        raise typer.BadParameter(f"{form!r} is not known; there are json and csv")

    with house(data) as (opened, shell):

        def write(to: Any) -> None:
            if form == "csv":
                shell.run(lambda c: leaving.table(c, opened.terms(), opened.vault, keeper, to))
            else:
                told = shell.run(
                    lambda c: leaving.everything(c, opened.terms(), opened.vault, keeper)
                )
                to.write(leaving.written(told))

        if out is None:
            write(sys.stdout)
        else:
            with replaced(out, "utf-8-sig" if form == "csv" else "utf-8") as to:
                write(to)


@app.command()
def erase(
    keeper: Keeper,
    yes: Annotated[
        bool, typer.Option("--yes", help="It is meant: nothing brings it back.")
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Let all cards of somebody go, and destroy the key to what was said of them."""
    if not yes:
        raise typer.BadParameter("it cannot be undone; say --yes")
    with house(data) as (opened, shell):
        done = leaving.erase(shell, opened.vault, new_id, keeper)
    facts = {"erased": done.cards, "let_go": done.ended}
    tell(facts, lambda out: out.print(pairs({k: str(v) for k, v in facts.items()})))


def _chosen(said: list[str], known: set[str]) -> dict[str, str]:
    chosen = {}
    for each in said:
        name, equals, policy = each.rpartition("=")
        if not equals or policy not in known:
            raise typer.BadParameter(f"{each!r} is no choice: write it as in 'CTM=mo.ctm.prepaid'")
        chosen[name] = policy
    return chosen


def _facts(
    taken: Taken, counts: Counter[str], wrong: list[Wrong], found: list[products.Match]
) -> dict[str, Any]:
    return {
        "format": taken.format,
        "read": len(taken.rows),
        "kept": counts["kept"],
        "more": counts["more"],
        "same": counts["same"],
        "left_out": len({each.row for each in wrong if each.is_fatal}),
        "unclear": [each.called.product for each in found if not each.chosen],
        "passed_over": list(taken.passed_over),
    }


def _report(file: Path, wrong: list[Wrong]) -> str | None:
    """Write what is wrong beside the file; without anything wrong there is no report."""
    path = file.with_name(f"{file.name}.left-out.csv")
    if not wrong:
        path.unlink(missing_ok=True)
        return None
    rows = [
        (each.row, each.column, each.value, each.refusal.message, each.refusal.code, each.is_fatal)
        for each in wrong
    ]
    with replaced(path) as out:
        write_rows(out, ("row", "column", "value", "why", "code", "left out"), rows)
    return str(path)


def _print(out: Console, facts: dict[str, Any], wrong: list[Wrong]) -> None:
    out.print(
        pairs(
            {
                "read as": facts["format"],
                "cards": str(facts["read"]),
                "kept": str(facts["kept"]),
                "more is known of": str(facts["more"] or ""),
                "nothing new": str(facts["same"] or ""),
                "left out": str(facts["left_out"] or ""),
                "whose product is unclear": ", ".join(facts["unclear"]),
                "columns passed over": ", ".join(facts["passed_over"]),
            }
        )
    )
    if wrong:
        rows = table("row", "column", "value", "why", right=("row",))
        for each in wrong[:SHOWN]:
            rows.add_row(str(each.row), each.column, each.value, each.refusal.message)
        out.print(rows)
        out.print(f"All of it: {facts['report']}", style="yellow", markup=False)
