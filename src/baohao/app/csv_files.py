"""
CSV files for people: whole or not there, and harmless in a spreadsheet.

A cell that begins like a formula would be run by whoever opens the file, so it gets an apostrophe
in front, which spreadsheets hide; a plain number, +85366123456 or -5.00, is no formula.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from baohao.core.refusals import Refusal

_BEGINS_A_FORMULA = tuple("=+-@\t\r")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
#: Told by spreadsheets from other encodings by the mark that it begins with.
_ENCODING = "utf-8-sig"


class FileUnwritable(Refusal):
    """{file} cannot be written: {reason}. Choose another place for it."""

    code = "file.unwritable"


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet runs."""
    if text.startswith(_BEGINS_A_FORMULA) and _PLAIN_NUMBER.fullmatch(text) is None:
        return "'" + text
    return text


def write_rows(out: TextIO, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a table and return how many rows it has."""
    csv.writer(out, lineterminator="\n").writerow(headings)
    return append_rows(out, rows)


def append_rows(out: TextIO, rows: Iterable[Sequence[object]]) -> int:
    """Write more rows of a table and return how many."""
    writer = csv.writer(out, lineterminator="\n")
    count = 0
    for row in rows:
        writer.writerow(["" if cell is None else guarded(str(cell)) for cell in row])
        count += 1
    return count


@contextmanager
def replaced(path: Path, encoding: str = _ENCODING) -> Iterator[TextIO]:
    """Open a file that takes the place of `path` once it is whole; raises `FileUnwritable`."""
    with whole(path) as part, part.open("w", encoding=encoding, newline="") as out:
        yield out


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path whose file takes the place of `path` in the end; raises `FileUnwritable`."""
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise FileUnwritable(file=str(path), reason=error.strerror or str(error)) from None
    finally:
        part.unlink(missing_ok=True)
