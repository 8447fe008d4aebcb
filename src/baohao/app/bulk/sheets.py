"""
Spreadsheets of renewals as people keep them: columns in any order and language, others beside them.

A number that stands in a sheet twice is asked for once: people copy rows, and a second year that
nobody meant costs as much as the first.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from hashlib import file_digest
from itertools import islice
from pathlib import Path
from uuid import UUID

from baohao.app.bulk import files
from baohao.app.bulk.files import File, Format, Usual
from baohao.app.bulk.rows import AT_ONCE, ROW_MAX_BYTES, Row, TooManyRows
from baohao.app.inventory_columns import ALIASES as OF_INVENTORY
from baohao.app.inventory_columns import ColumnTwice, NumberColumnMissing
from baohao.app.sheets import EncodingOther, Sheet, SheetRefusal, read_sheet
from baohao.app.shell import Shell
from baohao.core.identifiers.number import parse_number
from baohao.core.refusals import Refusal
from baohao.store import bulk

#: How spreadsheets are saved here, in the order in which they are tried; UTF-16 by its mark.
ENCODINGS = ("utf-8", "gb18030", "big5-hkscs", "cp1252")
#: As many as a person looks through; machines send up to a million.
ROWS_MAX = 200_000
#: column -> headings that mean it, besides its own name.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "number": OF_INVENTORY["number"],
    "term": (
        *("renew for", "months", "period", "duration"),
        *("期限", "續期", "续期", "年期", "月數", "月数", "prazo", "período", "periodo"),
    ),
    "code": ("promotion", "promotion code", "優惠碼", "优惠码", "código", "codigo"),
}
_SIGNS = re.compile(r"[\s_\-./:()（）]+")
_MONTHS = re.compile(r"\d{1,3}", re.ASCII)
_MACAU = re.compile(r"6\d{7}", re.ASCII)


def _plain(heading: str) -> str:
    return _SIGNS.sub("", heading).casefold()


_MEANING = {
    _plain(heading): column
    for column, headings in ALIASES.items()
    for heading in (column, *headings)
}


class SheetNoText(SheetRefusal):
    """{file} cannot be read: save it as .xlsx, or as CSV in UTF-8."""

    code = "sheet.no_text"


class Spreadsheet:
    """A CSV file or workbook, read once from its beginning to its end."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        with path.open("rb") as content:
            self.digest = file_digest(content, "sha256").hexdigest()
        self.rows = self.parts = 0

    def read(self) -> Iterator[list[Row]]:
        """
        Yield its rows in parts; each says in itself what is wrong with it.

        Raises `SheetRefusal`, `NumberColumnMissing`, `ColumnTwice`, `TooManyRows`.
        """
        rows = self._all()
        while part := list(islice(rows, AT_ONCE)):
            self.parts += 1
            self.rows += len(part)
            if self.rows > ROWS_MAX:
                raise TooManyRows(file=self._name, most=ROWS_MAX)
            yield part

    def _opened(self) -> tuple[Sheet, dict[str, int]]:
        """
        Open it in the first encoding in which a heading names the numbers.

        A wrong guess costs nothing: what is read beside the headings is digits and letters.
        """
        with self._path.open("rb") as content:
            is_utf16 = content.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE)
        unnamed: NumberColumnMissing | None = None
        for encoding in ("utf-16",) if is_utf16 else ENCODINGS:
            try:
                sheet = read_sheet(self._path, encoding)
                return sheet, self._columns(sheet.headings)
            except EncodingOther:
                continue
            except NumberColumnMissing as missing:
                unnamed = unnamed or missing
        raise SheetNoText(file=self._name) if unnamed is None else unnamed

    def _all(self) -> Iterator[Row]:
        sheet, columns = self._opened()
        first: dict[str, int] = {}
        for part in sheet.parts:
            rows = [Row(fault.line, {"": fault.reason}) for fault in part.faults]
            wanted = part.rows.select("line", *map(str, columns.values()))
            for line, *cells in wanted.iter_rows():
                rows.append(
                    _row(line, dict(zip(columns, map(str.strip, cells), strict=True)), first)
                )
            yield from sorted(rows, key=lambda row: row.row)

    def _columns(self, headings: tuple[str, ...]) -> dict[str, int]:
        found: dict[str, int] = {}
        for position, heading in enumerate(headings):
            column = _MEANING.get(_plain(heading), "")
            if column in found:
                first = headings[found[column]]
                raise ColumnTwice(file=self._name, column=column, first=first, second=heading)
            if column:
                found[column] = position
        if "number" not in found:
            raise NumberColumnMissing(file=self._name, found=", ".join(headings)[:200])
        return found


def _row(line: int, cells: dict[str, str], first: dict[str, int]) -> Row:
    """Return a row, read as people of Macau write numbers, and bare numbers of months."""
    if len("".join(cells.values()).encode()) > ROW_MAX_BYTES:
        return Row(line, {"": f"it is longer than {ROW_MAX_BYTES} bytes"})
    bare = re.sub(r"[ \-]", "", cells["number"])
    if _MACAU.fullmatch(bare):
        cells["number"] = f"+853{bare}"
    elif bare.isdecimal() and not bare.startswith("0"):
        # Spreadsheets take the plus away.
        cells["number"] = f"+{bare}"
    if _MONTHS.fullmatch(cells.get("term", "")):
        cells["term"] = f"{cells['term']} months"
    with suppress(Refusal):
        number = parse_number(cells["number"])
        before = first.setdefault(number, line)
        if before != line:
            return Row(line, {"number": number, "": f"the number stands in row {before} already"})
    return Row(line, cells)


def take(
    shell: Shell, path: Path, name: str, usual: Usual, *, key: str, new_id: Callable[[], UUID]
) -> File:
    """
    Take a spreadsheet in, to be looked at first; under a key that was used it is the earlier one.

    Raises what `Spreadsheet.read` does, and `FileKeyReused`; nothing is kept then.
    """
    sheet = Spreadsheet(path, name)
    begun = partial(files.begin, usual=usual, id_=new_id(), key=key, format_=Format.CSV)
    file = shell.run(begun)
    try:
        for part, rows in enumerate(sheet.read()):
            shell.run(partial(files.take, file=file, part=part, rows=rows))
    except Refusal:
        shell.run(partial(bulk.drop, file=file))
        raise
    return shell.run(partial(files.seal, file=file, reader=sheet))
