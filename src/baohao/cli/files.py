"""`baohao renew --file`: many lines at once, an outcome for each row beside the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from baohao.app import renewals
from baohao.app.bulk.part import OUTCOME, REFUSED, Outcome, Usual
from baohao.app.csv_files import replaced, write_rows
from baohao.cli.asking import house
from baohao.cli.output import DONE, tell
from baohao.cli.output import REFUSED as EXIT_REFUSED
from baohao.core.civil import Span
from baohao.outside.ids import new_id


def renew_file(
    file: Path,
    *,
    term: Span | None,
    paid: str,
    till: str,
    by: str,
    channel: str,
    data: Path | None,
) -> None:
    """Renew the lines of a file; exit 1 where a row was refused."""
    usual = Usual(term=term, paid=paid, till=till, principal=by, channel=channel)
    outcome = file.with_name(f"{file.name}.outcome.csv")
    counts: Counter[str] = Counter()
    with house(data) as (opened, shell):
        found = renewals.renew(shell, opened.library.policies, file, usual, new_id)
        with replaced(outcome) as out:
            write_rows(out, OUTCOME, (each.cells for each in _counted(found, counts)))
    facts = {"rows": sum(counts.values()), "outcomes": dict(counts), "file": str(outcome)}
    tell(facts, lambda console: _print(console, facts))
    raise typer.Exit(EXIT_REFUSED if counts[REFUSED] else DONE)


def _counted(outcomes: Iterable[Outcome], counts: Counter[str]) -> Iterator[Outcome]:
    for each in outcomes:
        counts[each.outcome] += 1
        yield each


def _print(console: Console, facts: dict[str, Any]) -> None:
    said = ", ".join(f"{count} {what}" for what, count in facts["outcomes"].items())
    console.print(f"{facts['rows']} rows: {said or 'nothing to do'}.")
    console.print(f"Each row with its outcome: {facts['file']}", markup=False)
