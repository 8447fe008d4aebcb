"""Tables: CSV text and the first sheet of a workbook, as numbered rows under headings."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from baohao.app.brought.model import BYTES_MAX, ROWS_MAX
from baohao.app.brought.wrong import FileBinary, FileBroken, FileEmpty, FileTooLarge

_SEPARATORS = ",;\t|"
_CELL_MAX = 10_000
#: Beyond this a workbook's numbers no longer hold every digit.
_EXACT = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as it came."""

    headings: tuple[str, ...]
    #: The line in the file, and the cells by heading; rows that are blank are left out.
    rows: tuple[tuple[int, dict[str, str]], ...]
    #: Rows with more cells than there are headings, as they came.
    overfull: tuple[tuple[int, str], ...] = ()
    separator: str = ","


def of_text(text: str, file: str) -> Table:
    """Read CSV; raises `FileBroken`, `FileEmpty` and `FileTooLarge`."""
    first = next((line for line in text.splitlines() if line.strip(" \t\ufeff,;|")), "")
    separator = max(_SEPARATORS, key=first.count)
    return _table(_lines(text, separator, file), file, separator)


def of_workbook(data: bytes, file: str) -> Table:
    """Read the first sheet of a workbook; raises `FileBinary`, `FileEmpty` and `FileTooLarge`."""
    # Loaded by who brings a workbook: a small machine has little memory.
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(info.file_size for info in packed.infolist()) > 8 * BYTES_MAX:
                raise too_large(file)
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        rows = [(n, [_cell(c) for c in cells]) for n, cells in enumerate(sheet.iter_rows(), 1)]
    except (CalamineError, zipfile.BadZipFile, OSError, IndexError):
        raise FileBinary(file=file) from None
    return _table(iter(rows), file, ",")


def _lines(text: str, separator: str, file: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    begins = 1
    try:
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error:
        raise FileBroken(file=file, line=begins) from None


def _table(lines: Iterator[tuple[int, list[str]]], file: str, separator: str) -> Table:
    headings: tuple[str, ...] = ()
    rows: list[tuple[int, dict[str, str]]] = []
    overfull: list[tuple[int, str]] = []
    for number, raw in lines:
        cells = [cell.strip(" \t\u3000\ufeff") for cell in raw]
        if not any(cells):
            continue
        if not headings:
            while not cells[-1]:
                cells.pop()
            headings = tuple(cells)
            continue
        if any(cells[len(headings) :]) or any(len(cell) > _CELL_MAX for cell in cells):
            overfull.append((number, separator.join(cells)[:200]))
        else:
            rows.append((number, dict(zip(headings, _filled(cells, headings), strict=True))))
        if len(rows) + len(overfull) > ROWS_MAX:
            raise too_large(file)
    if not headings:
        raise FileEmpty(file=file)
    return Table(headings=headings, rows=tuple(rows), overfull=tuple(overfull), separator=separator)


def _filled(cells: Sequence[str], headings: Sequence[str]) -> list[str]:
    return [*cells[: len(headings)], *[""] * (len(headings) - len(cells))]


def too_large(file: str) -> FileTooLarge:
    """Return the refusal of a file that is too large."""
    return FileTooLarge(file=file, megabytes=BYTES_MAX // 2**20, rows=ROWS_MAX)


def _cell(value: object) -> str:
    """Return a workbook's cell as the text that people see."""
    if isinstance(value, float):
        if value.is_integer() and abs(value) < _EXACT:
            return str(int(value))
        return f"{value:.6E}" if abs(value) >= _EXACT else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)
