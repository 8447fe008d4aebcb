"""
Sheets: CSV files and workbooks as numbered lines of cells, however they were saved.

A CSV file is in a declared encoding (UTF-8 unless said otherwise), with a comma, semicolon, tab or
bar between cells; a workbook is its first sheet. Blank lines are passed over, and line numbers are
the file's own. What cannot be a row (too many cells, bytes of another encoding, a quote that never
closes) is a fault of its line, and the lines around it are read.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TextIO

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from baohao.core.identifiers.malformed import shown
from baohao.core.refusals import Refusal

#: What may be declared, and what is read for it: the widest member of each family.
ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "cp1252": "cp1252",
}
#: Tried on a file that is not what it was said to be, so that the refusal can say what would do.
_GUESSES = ("utf-8", "gb18030", "big5")
#: How much of a file is held against its encoding before it is read.
_SAMPLE_BYTES = 1 << 20
#: How much text is read at once: some 50,000 lines of an inventory.
_BLOCK_CHARACTERS = 1 << 22
ROWS_AT_ONCE = 50_000
_SEPARATORS = ",;\t|"
#: A workbook that unpacks to more than this is no inventory.
_MOST_WORKBOOK_BYTES = 2 << 30
#: Beyond this a float no longer holds every whole number: the digits are gone.
_EXACT = 2**53


class SheetRefusal(Refusal):
    """The file {file} cannot be read as a table."""

    code = "sheet"


class SheetMissing(SheetRefusal):
    """The file {file} cannot be read: {reason}."""

    code = "sheet.missing"


class SheetEmpty(SheetRefusal):
    """There is nothing in {file}: the first line must name the columns."""

    code = "sheet.empty"


class EncodingUnknown(SheetRefusal):
    """There is no encoding {encoding!r} here; declare one of: {known}."""

    code = "sheet.encoding_unknown"


class EncodingOther(SheetRefusal):
    """{file} is not {encoding}, from line {line} on. {hint}"""

    code = "sheet.encoding"


class WorkbookUnreadable(SheetRefusal):
    """{file} is no readable workbook ({reason}): save it as .xlsx without a password, or as CSV."""

    code = "sheet.workbook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong in a file."""

    line: int
    #: The heading of the column; empty: the line as a whole.
    column: str
    value: str
    reason: str
    #: Stable, for machines.
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some lines of a sheet."""

    #: `line`, then the cells as text by position, "0", "1" ...; an empty cell is "".
    rows: pl.DataFrame
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """An open sheet: its headings, and once, its parts."""

    headings: tuple[str, ...]
    parts: Iterator[Part]


def read_sheet(path: Path, encoding: str = "utf-8") -> Sheet:
    """
    Open a CSV file or a workbook.

    Raises `SheetRefusal`: SheetMissing, SheetEmpty, EncodingUnknown, EncodingOther,
    WorkbookUnreadable.
    """
    try:
        with path.open("rb") as file:
            sample = file.read(_SAMPLE_BYTES)
    except OSError as error:
        raise SheetMissing(file=path.name, reason=error.strerror or str(error)) from None
    if sample.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        rows: Iterator[tuple[int, list[str]]] = _workbook_rows(path)
        headings = _headings(path, rows)
        return Sheet(headings=headings, parts=_batched(rows, len(headings)))
    return _csv(path, sample, encoding)


# --- CSV ------------------------------------------------------------------------------------------


def _csv(path: Path, sample: bytes, encoding: str) -> Sheet:
    codec = _codec(path, sample, encoding)
    with _open(path, codec) as text:
        lines = enumerate(text, start=1)
        heading = next(((n, line) for n, line in lines if line.strip(" \t\n\ufeff,;|")), None)
    if heading is None:
        raise SheetEmpty(file=path.name)
    number, first = heading
    separator = max(_SEPARATORS, key=first.count)
    if "\0" in first or not _encodable(first):
        raise _other_encoding(path, sample, encoding)
    names = next(csv.reader([first.rstrip("\n")], delimiter=separator))
    headings = tuple(name.strip(" \t\u3000\ufeff") for name in names)
    return Sheet(headings=headings, parts=_csv_parts(path, codec, number, separator, len(headings)))


def _open(path: Path, codec: str) -> TextIO:
    # What cannot be decoded is kept as lone surrogates: a fault of its line, not of the file.
    return path.open(encoding=codec, errors="surrogateescape", newline=None)


def _codec(path: Path, sample: bytes, encoding: str) -> str:
    """Return what to read the file with; raises `EncodingUnknown` and `EncodingOther`."""
    name = encoding.strip().lower().replace("_", "-")
    if name == "utf8":
        name = "utf-8"
    if name not in ENCODINGS:
        raise EncodingUnknown(encoding=encoding, known=", ".join(ENCODINGS))
    if name != "utf-16" and sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise EncodingOther(
            file=path.name, encoding=name, line=1, hint="It is UTF-16: say --encoding utf-16."
        )
    if not _decodes(sample, ENCODINGS[name]) and _fitting(sample, name):
        raise _other_encoding(path, sample, name)
    return ENCODINGS[name]


def _decodes(sample: bytes, codec: str) -> bool:
    try:
        # Not final: the sample may end inside a character.
        codecs.getincrementaldecoder(codec)().decode(sample, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _fitting(sample: bytes, declared: str) -> list[str]:
    return [name for name in _GUESSES if name != declared and _decodes(sample, ENCODINGS[name])]


def _other_encoding(path: Path, sample: bytes, declared: str) -> EncodingOther:
    fitting = _fitting(sample, declared)
    hint = "Save it as UTF-8."
    if fitting:
        hint = " ".join(f"If it is {name}, say --encoding {name}." for name in fitting)
    line = 1
    try:
        sample.decode(ENCODINGS.get(declared, declared))
    except UnicodeDecodeError as error:
        line = sample.count(b"\n", 0, error.start) + 1
    return EncodingOther(file=path.name, encoding=declared, line=line, hint=hint)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _csv_parts(path: Path, codec: str, line: int, separator: str, width: int) -> Iterator[Part]:
    """Yield the parts behind the headings, which are on `line`."""
    with _open(path, codec) as text:
        for _ in range(line):
            text.readline()
        while block := text.read(_BLOCK_CHARACTERS):
            block += text.readline()
            if '"' in block:
                # From the first quote on, a cell may hold line ends: read record by record.
                rest = itertools.chain(io.StringIO(block), text)
                yield from _batched(_records(rest, line, separator), width)
                return
            yield _plain(block, line + 1, separator, width)
            line += block.count("\n")


def _plain(block: str, first_line: int, separator: str, width: int) -> Part:
    """Return lines without quotes, split all at once."""
    lines = block.split("\n")
    faults: list[Fault] = []
    if not _encodable(block):
        faults = [_bytes_fault(n, t) for n, t in enumerate(lines, first_line) if not _encodable(t)]
        lines = [t if _encodable(t) else "" for t in lines]
    rows = (
        pl.DataFrame({"text": lines})
        .with_row_index("line", first_line)
        .filter(pl.col("text").str.strip_chars(f" \t{separator}") != "")
        .with_columns(
            pl.col("line").cast(pl.Int64),
            pl.col("text").str.split(separator).alias("cells"),
        )
    )
    cells = pl.col("cells")
    too_many = cells.list.len() > width
    # Cells beyond the headings that are empty are a spreadsheet's habit, not a fault.
    overfull = rows.filter(too_many).filter(
        cells.list.slice(width).list.join("").str.strip_chars(" \t") != ""
    )
    faults += [_width_fault(n, text, width) for n, text, _ in overfull.iter_rows()]
    if len(overfull):
        rows = rows.join(overfull.select("line"), on="line", how="anti", maintain_order="left")
    split = [cells.list.get(i, null_on_oob=True).fill_null("").alias(str(i)) for i in range(width)]
    return Part(rows=rows.select("line", *split), faults=tuple(faults))


def _records(
    lines: Iterable[str], line: int, separator: str
) -> Iterator[tuple[int, list[str]] | Fault]:
    """Yield records with the line that they begin on; a quote gone wrong is a fault."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        begins = line + reader.line_num + 1
        try:
            yield begins, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            last = line + reader.line_num
            reason = f"a quote on line {begins} goes wrong by line {last}: {error}"
            yield Fault(line=begins, column="", value='"', reason=reason, code="sheet.quote")


# --- workbooks ------------------------------------------------------------------------------------


def _workbook_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                size = sum(info.file_size for info in packed.infolist())
            if size > _MOST_WORKBOOK_BYTES:
                raise WorkbookUnreadable(file=path.name, reason=f"it unpacks to {size} bytes")
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        for line, cells in enumerate(sheet.iter_rows(), start=1):
            yield line, [_cell(value) for value in cells]
    except (CalamineError, zipfile.BadZipFile, OSError, IndexError) as error:
        raise WorkbookUnreadable(file=path.name, reason=str(error) or "damaged") from None


def _cell(value: object) -> str:
    """Return a workbook's cell as the text that people see."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        if value.is_integer() and abs(value) < _EXACT:
            return str(int(value))
        # As the spreadsheet shows it, which is refused by name where an identifier is meant.
        return f"{value:.6E}" if abs(value) >= _EXACT else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)


def _headings(path: Path, rows: Iterator[tuple[int, list[str]]]) -> tuple[str, ...]:
    for _, cells in rows:
        if any(cell.strip() for cell in cells):
            while not cells[-1].strip():
                cells.pop()
            return tuple(cell.strip(" \t\u3000\ufeff") for cell in cells)
    raise SheetEmpty(file=path.name)


# --- rows, one by one -----------------------------------------------------------------------------


def _batched(rows: Iterator[tuple[int, list[str]] | Fault], width: int) -> Iterator[Part]:
    while taken := list(itertools.islice(rows, ROWS_AT_ONCE)):
        yield _part(taken, width)


def _part(taken: Sequence[tuple[int, list[str]] | Fault], width: int) -> Part:
    lines: list[int] = []
    kept: list[list[str]] = []
    faults: list[Fault] = []
    for row in taken:
        if isinstance(row, Fault):
            faults.append(row)
            continue
        line, cells = row
        if not any(cell.strip(" \t") for cell in cells):
            continue
        if not _encodable("".join(cells)):
            faults.append(_bytes_fault(line, ",".join(cells)))
        elif len(cells) > width and any(cell.strip(" \t") for cell in cells[width:]):
            faults.append(_width_fault(line, ",".join(cells), width))
        else:
            lines.append(line)
            kept.append([*cells[:width], *[""] * (width - len(cells))])
    columns = {str(i): [cells[i] for cells in kept] for i in range(width)}
    schema = {"line": pl.Int64, **dict.fromkeys(columns, pl.String)}
    return Part(rows=pl.DataFrame({"line": lines, **columns}, schema=schema), faults=tuple(faults))


def _bytes_fault(line: int, text: str) -> Fault:
    reason = "bytes that are not in the file's encoding; declare another with --encoding, or fix it"
    return Fault(line=line, column="", value=shown(text), reason=reason, code="sheet.bytes")


def _width_fault(line: int, text: str, width: int) -> Fault:
    reason = f"more cells than the {width} headings; a comma inside a cell needs quotes around it"
    return Fault(line=line, column="", value=shown(text), reason=reason, code="sheet.cells")
