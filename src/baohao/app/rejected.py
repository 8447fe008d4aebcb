"""The report of what is wrong in a file: beside it, a row for each fault."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from baohao.app.csv_files import replaced, write_rows
from baohao.app.sheets import Fault

HEADINGS = ("line", "column", "value", "reason", "code")


def report_path(file: Path) -> Path:
    """Return where the report of a file goes: lines.csv -> lines.csv.rejected.csv."""
    return file.with_name(f"{file.name}.rejected.csv")


def report(file: Path, faults: Sequence[Fault]) -> Path | None:
    """
    Write the report of a file in place of an earlier one; without faults there is none.

    Raises `FileUnwritable`.
    """
    path = report_path(file)
    if not faults:
        path.unlink(missing_ok=True)
        return None
    ordered = sorted(faults, key=lambda fault: fault.line)
    with replaced(path) as out:
        rows = [(f.line or "", f.column, f.value, f.reason, f.code) for f in ordered]
        write_rows(out, HEADINGS, rows)
    return path
