"""`baohao lines import`: an operator's inventory, checked line by line, goes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from baohao.app.enrol import By as Who
from baohao.app.intake import Taken
from baohao.app.inventory import Defaults, Inventory
from baohao.app.rejected import report
from baohao.app.sheets import ENCODINGS, Fault
from baohao.cli.asking import OPERATOR, STAFF, By, Channel, Data
from baohao.cli.output import DONE, REFUSED, Json, console, pairs, table, tell
from baohao.cli.reading import ReadableFile
from baohao.wiring import installation

#: How many faults are shown; the report has them all.
SHOWN = 10

Encoding = Annotated[
    str, typer.Option("--encoding", help=f"Of a CSV file: {', '.join(ENCODINGS)}.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")]
AllOrNothing = Annotated[
    bool, typer.Option("--all-or-nothing", help="Put nothing in when a single line is bad.")
]


def _meant(name: str, what: str) -> Any:
    return typer.Option(f"--{name}", show_default=False, help=f"{what}, where the file has none.")


def import_lines(
    file: ReadableFile,
    dry_run: DryRun = False,
    all_or_nothing: AllOrNothing = False,
    encoding: Encoding = "utf-8",
    operator: Annotated[str, _meant("operator", "Whose lines they are")] = "",
    plan: Annotated[str, _meant("plan", "The plan that was bought")] = "",
    policy: Annotated[str, _meant("policy", "The rules, by name or name@version")] = "",
    custody: Annotated[str, _meant("custody", "issued or external")] = "",
    batch: Annotated[str, _meant("batch", "The lot that the cards came in")] = "",
    by: By = STAFF,
    channel: Channel = OPERATOR,
    data: Data = None,
    json: Json = False,
) -> None:
    """Import lines from a .csv or .xlsx file; what is wrong is reported next to it."""
    opened = installation(data)
    defaults = Defaults(operator=operator, plan=plan, policy=policy, custody=custody, batch=batch)
    with _counting(json) as counting:
        inventory = opened.read_inventory(
            file, encoding=encoding, defaults=defaults, progress=counting("reading", None)
        )
        with opened.intake(Who(principal=by, channel=channel)) as intake:
            if dry_run:
                taken = intake.compare(inventory)
            else:
                take = intake.take_all if all_or_nothing else intake.take
                taken = take(inventory, counting("importing", len(inventory.lines)))
    faults = [*inventory.faults, *taken.faults]
    rejected = report(file, faults)
    facts = told(inventory, taken, rejected, is_dry=dry_run)
    tell(facts, lambda out: show(out, file, facts, faults))
    if all_or_nothing and faults and not json:
        console().print("Nothing went in: all of the file was asked, or nothing.", style="yellow")
    raise typer.Exit(REFUSED if faults else DONE)


def told(
    inventory: Inventory, taken: Taken, rejected: Path | None, *, is_dry: bool
) -> dict[str, Any]:
    """Return what became of a file, as it is printed."""
    bad = inventory.bad | {fault.line for fault in taken.faults}
    return {
        "read": inventory.read,
        "new": taken.new,
        "unchanged": taken.unchanged,
        "rejected": len(bad),
        "report": str(rejected) if rejected else None,
        "dry_run": is_dry,
        "unread_columns": list(inventory.unread),
    }


def show(out: Console, file: Path, facts: dict[str, Any], faults: list[Fault]) -> None:
    """Print what became of a file: counts, the first faults, and where the rest are."""
    new = "would go in" if facts["dry_run"] else "new"
    out.print(
        pairs(
            {
                "file": file.name,
                "lines": f"{facts['read']:,}",
                new: f"{facts['new']:,}",
                "here already": f"{facts['unchanged']:,}" if facts["unchanged"] else "",
                "rejected": f"{facts['rejected']:,}" if facts["rejected"] else "",
                "columns not read": ", ".join(facts["unread_columns"]),
            }
        )
    )
    if not faults:
        return
    rows = table("line", "column", "value", "why", right=("line",))
    for fault in sorted(faults, key=lambda fault: fault.line)[:SHOWN]:
        rows.add_row(str(fault.line), fault.column, fault.value, fault.reason)
    out.print(rows)
    for code, count in Counter(fault.code for fault in faults).most_common(SHOWN):
        if len(faults) > SHOWN:
            out.print(f"{count:>8,} × {code}", style="dim", markup=False)
    out.print(f"All {len(faults):,} faults: {facts['report']}", style="yellow", markup=False)


@contextmanager
def _counting(is_quiet: bool) -> Iterator[Callable[[str, int | None], Callable[[int], None]]]:
    """Give progress bars on standard error, for people who watch."""
    bars = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console(err=True),
        transient=True,
        disable=is_quiet or not console(err=True).is_terminal,
    )

    def begin(what: str, total: int | None) -> Callable[[int], None]:
        task = bars.add_task(what, total=total)
        return lambda done: bars.update(task, completed=done)

    with bars:
        yield begin
