"""Figures: what was measured against what, as a file and as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.machine import Slice, median_load, median_rate, median_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measurement. `ratio` is ours by theirs; a figure without a rival has a ratio of None."""

    name: str
    ours: float
    theirs: float | None
    ratio: float | None
    #: "at least 4", "at most 6"; held against the ratio, or against `ours` where there is none.
    goal: str
    unit: str
    #: How busy all cores were, 0 to 1, with the work of others in it.
    load: float

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        kind, _, limit = self.goal.rpartition(" ")
        value = self.ours if self.ratio is None else self.ratio
        if kind == "at least":
            return value >= float(limit)
        return value <= float(limit) if kind == "at most" else None


def compared(name: str, ours: list[Slice], theirs: list[Slice], *, goal: str, unit: str) -> Figure:
    """Return the figure of two ways measured in the same rounds."""
    return Figure(
        name=name,
        ours=round(median_rate(ours), 1),
        theirs=round(median_rate(theirs), 1),
        ratio=round(median_ratio(ours, theirs), 2),
        goal=goal,
        unit=unit,
        load=round(median_load(ours, theirs), 2),
    )


def write(figures: Iterable[Figure], path: Path) -> None:
    """Write the figures as a list of objects."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(f) for f in figures], indent=1) + "\n", encoding="utf-8")


def show(figures: Iterable[Figure]) -> None:
    """Print the figures as a table."""
    table = Table("what", "ours", "theirs", "ratio", "goal", "unit", "load", "met")
    for column in table.columns[1:4]:
        column.justify = "right"
    for f in figures:
        theirs = "" if f.theirs is None else f"{f.theirs:,.1f}"
        ratio = "" if f.ratio is None else f"{f.ratio:.2f}"
        met = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}[f.met]
        table.add_row(f.name, f"{f.ours:,.1f}", theirs, ratio, f.goal, f.unit, f"{f.load:.2f}", met)
    Console(width=140).print(table)
