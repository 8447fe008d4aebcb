"""
An inventory: what an operator's file says of its lines, read and checked before any of it is asked.

Cells are checked a column at a time, kinds of line once each, numbers and cards against the rest of
the file. A line is good when nothing is wrong with it; of two lines with one number or card the
first is good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from baohao.app.inventory_cards import IDENTIFIERS, parse_column
from baohao.app.inventory_columns import columns_of
from baohao.app.inventory_kinds import Kind, Kinds, Words
from baohao.app.sheets import Fault, read_sheet
from baohao.core.identifiers.malformed import shown

#: What a second line may not have again; an EID may, for one chip carries several profiles.
UNIQUE = ("number", "iccid", "imsi")
#: Blanks around a cell, the full-width one too.
_BLANKS = " \t\u3000\u00a0"
#: A cell as it stood, beside what was made of it.
_RAW = "raw "

#: Told how many lines have been read so far.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What is meant where a file has no such column, or an empty cell."""

    operator: str = ""
    plan: str = ""
    policy: str = ""
    custody: str = ""
    batch: str = ""


@dataclass(slots=True, kw_only=True)
class Inventory:
    """What was read of a file."""

    #: Good lines: `line`; `number`, `iccid`, `imsi`, `eid`, "" for none; `kind`, place in `kinds`.
    lines: pl.DataFrame
    kinds: list[Kind]
    faults: list[Fault]
    #: How many lines the file has, blank ones apart.
    read: int
    #: Headings that mean nothing here.
    unread: tuple[str, ...]
    #: Lines that have a fault, numbered as in the file.
    bad: set[int] = field(default_factory=set)


def read_inventory(
    path: Path,
    kinds: Kinds,
    *,
    encoding: str = "utf-8",
    defaults: Defaults = Defaults(),
    progress: Progress = lambda _: None,
) -> Inventory:
    """
    Read and check a file.

    Raises `SheetRefusal`, `NumberColumnMissing`, `ColumnTwice`; whatever is wrong with single lines
    is among the faults.
    """
    sheet = read_sheet(path, encoding)
    columns, unread = columns_of(path.name, sheet.headings)
    book = _Kindbook(kinds)
    frames: list[pl.DataFrame] = []
    faults: list[Fault] = []
    count = 0
    for part in sheet.parts:
        faults += part.faults
        count += len(part.rows) + len(part.faults)
        frames.append(_checked(_named(part.rows, columns, defaults), book, faults))
        progress(count)
    lines = pl.concat(frames) if frames else _nothing()
    lines = _without_twins(lines, faults)
    faults.sort(key=lambda fault: fault.line)
    return Inventory(
        lines=lines.select("line", *IDENTIFIERS, "kind"),
        kinds=book.kinds,
        faults=faults,
        read=count,
        unread=unread,
        bad={fault.line for fault in faults},
    )


def _named(rows: pl.DataFrame, columns: Mapping[str, int], defaults: Defaults) -> pl.DataFrame:
    """Return the rows by the names of their columns, what is missing filled in."""
    cells = []
    for name in (*IDENTIFIERS, *Words._fields):
        cell = pl.col(str(columns[name])) if name in columns else pl.lit("")
        cell = cell.str.strip_chars(_BLANKS)
        default = getattr(defaults, name, "")
        if default:
            cell = pl.when(cell == "").then(pl.lit(default)).otherwise(cell)
        cells.append(cell.alias(name))
    return rows.select("line", *cells)


def _checked(rows: pl.DataFrame, book: _Kindbook, faults: list[Fault]) -> pl.DataFrame:
    """Return the good lines of a part, their identifiers in canonical form."""
    raw = rows.select("line", *(pl.col(name).alias(_RAW + name) for name in UNIQUE))
    parsed = []
    for name in IDENTIFIERS:
        series, wrong = parse_column(name, rows[name], rows["line"])
        parsed.append(series)
        faults += wrong
    missing = rows.filter(pl.col("number") == "")["line"]
    faults += [
        Fault(line=line, column="number", value="", reason="it is missing", code="inventory.number")
        for line in missing
    ]
    kind = book.read(rows, faults)
    good = rows.select("line", *parsed, kind).filter(
        pl.all_horizontal(pl.all().is_not_null()) & (pl.col("number") != "")
    )
    return good.join(raw, on="line", how="left", maintain_order="left")


class _Kindbook:
    """Kinds by their place, in order of appearance."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._places: dict[Kind, int] = {}

    @property
    def kinds(self) -> list[Kind]:
        return list(self._places)

    def read(self, rows: pl.DataFrame, faults: list[Fault]) -> pl.Series:
        """Return the place of each row's kind, null for one that is wrong."""
        written = rows.select("line", *Words._fields)
        groups = written.group_by(*Words._fields, maintain_order=True).agg("line")
        places: list[int | None] = []
        for *cells, lines in groups.iter_rows():
            words = Words(*cells)
            found = self._kinds.read(words)
            for wrong in found.wrong:
                value = shown(getattr(words, wrong.column))
                faults += [
                    Fault(
                        line=line,
                        column=wrong.column,
                        value=value,
                        reason=wrong.reason,
                        code=wrong.code,
                    )
                    for line in lines
                ]
            places.append(
                None
                if found.kind is None
                else self._places.setdefault(found.kind, len(self._places))
            )
        placed = groups.select("line").with_columns(pl.Series("kind", places, dtype=pl.Int32))
        return placed.explode("line").sort("line")["kind"]


def _nothing() -> pl.DataFrame:
    texts = dict.fromkeys((*IDENTIFIERS, *(_RAW + name for name in UNIQUE)), pl.String)
    return pl.DataFrame(schema={"line": pl.Int64, **texts, "kind": pl.Int32})


def _without_twins(lines: pl.DataFrame, faults: list[Fault]) -> pl.DataFrame:
    """Return the lines whose number and card no earlier good line has."""
    for name in UNIQUE:
        given = pl.col(name) != ""
        twins = lines.filter(given & ~pl.col(name).is_first_distinct())
        if twins.is_empty():
            continue
        firsts = lines.filter(given).unique(name, keep="first").select(name, first="line")
        faults += _twin_faults(name, twins.join(firsts, on=name, how="left"))
        lines = lines.join(twins.select("line"), on="line", how="anti", maintain_order="left")
    return lines


def _twin_faults(name: str, twins: pl.DataFrame) -> Iterator[Fault]:
    for line, first, value in twins.select("line", "first", _RAW + name).iter_rows():
        yield Fault(
            line=line,
            column=name,
            value=shown(value),
            reason=f"it is on line {first} already",
            code="inventory.twice",
        )
