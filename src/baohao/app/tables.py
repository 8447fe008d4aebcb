"""Tables for people, as a CSV file or a workbook, by the ending of the file's name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]

from baohao.app.csv_files import replaced, whole, write_rows

#: The endings that are known.
ENDINGS = (".csv", ".xlsx")
#: Written as it comes; what looks like a formula or an address is text.
_PLAIN = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


def write_table(
    path: Path, headings: Sequence[str], rows: Iterable[Sequence[str | Decimal]]
) -> int:
    """
    Write a table and return how many rows it has; a workbook adds up what is a Decimal.

    Raises `FileUnwritable`.
    """
    if path.suffix.lower() != ".xlsx":
        with replaced(path) as out:
            return write_rows(out, headings, rows)
    count = 0
    with whole(path) as part, part.open("wb") as file, xlsxwriter.Workbook(file, _PLAIN) as book:
        sheet = book.add_worksheet()
        for count, row in enumerate([headings, *rows]):
            sheet.write_row(count, 0, row)
    return count
