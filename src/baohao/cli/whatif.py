"""`baohao whatif`: how many lines stand in which stage on a day, and under another policy."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import typer

from baohao.app import whatif as plays
from baohao.cli.asking import Data, house
from baohao.cli.output import Json, table, tell
from baohao.cli.reading import day

On = Annotated[
    date,
    typer.Option(
        "--on", parser=day, metavar="DATE", show_default=False, help="At the end of it, in UTC."
    ),
]
Pin = Annotated[str | None, typer.Option(show_default=False, help="A policy, as name@version.")]


def whatif(
    on: On,
    policy: Pin = None,
    instead: Pin = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Count lines by stage on a day; with --policy and --instead, play a sample of a change."""
    if (policy is None) != (instead is None):
        raise typer.BadParameter("give both --policy and --instead, or neither")
    at = datetime.combine(on + timedelta(days=1), time(), UTC)
    with house(data) as (opened, shell):
        if policy is None or instead is None:
            counts = shell.run(lambda conn: plays.on_day(conn, at))
            _tell_counts(on, counts)
            return
        old, new = policy, instead
        change = shell.run(lambda conn: plays.under(conn, opened.terms(), old, new, at))
    facts: dict[str, Any] = {
        "on": on,
        "sampled": change.sampled,
        "gaining": change.gaining,
        "losing": change.losing,
        "refused": dict(change.refused),
        "before": dict(change.before),
        "after": dict(change.after),
    }
    rows = table("stage", "without", "with the change", right=("without", "with the change"))
    for stage in sorted({*change.before, *change.after}):
        rows.add_row(stage, str(change.before.get(stage, 0)), str(change.after.get(stage, 0)))
    tell(facts, lambda console: console.print(rows))


def _tell_counts(on: date, counts: tuple[plays.StageCount, ...]) -> None:
    facts = {
        "on": on,
        "lines": sum(each.lines for each in counts),
        "stages": [
            {"policy": each.pin, "stage": each.stage, "kind": each.kind, "lines": each.lines}
            for each in counts
        ],
    }
    rows = table("policy", "stage", "lines", right=("lines",))
    for each in counts:
        rows.add_row(each.pin, each.stage, f"{each.lines:,}")
    tell(facts, lambda console: console.print(rows))
