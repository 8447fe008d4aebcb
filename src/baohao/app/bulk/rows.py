"""
Rows of a CSV or NDJSON file, read as its bytes come; no more is kept of it than a part.

    Malformed
    ├── FileMalformed      the file as a whole cannot be read
    │   ├── RowTooLong     no row of ours is so long
    │   └── TooManyRows    it is to be sent in several files
    └── RowMalformed       a row that its neighbours do not suffer from
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from baohao.core.identifiers.number import parse_number
from baohao.core.refusals import Malformed

#: As many as a batch of the door holds.
AT_ONCE = 300
ROWS_MAX = 1_000_000
#: Ten times what a row needs that says everything.
ROW_MAX_BYTES = 4_096
#: What a row may say; `number` it must.
COLUMNS = ("number", "term", "paid", "expect_until", "code", "key")
#: Bytes that are read of a file at once.
CHUNK_BYTES = 65_536


class FileMalformed(Malformed):
    """{file} cannot be read as renewals: {reason}. The format is docs/how-to/renew-many.md."""

    code = "malformed.renewals"


class RowTooLong(FileMalformed):
    """Row {row} of {file} is longer than {most} bytes; a quote that is not closed does that."""

    code = "malformed.renewals.row_too_long"


class TooManyRows(FileMalformed):
    """{file} has more than {most} rows: send it as several files."""

    code = "malformed.renewals.too_many_rows"


class RowMalformed(Malformed):
    """The row is not valid: {reason}."""

    code = "malformed.row"


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    NDJSON = "ndjson"


def format_of(file: Path) -> Format:
    """Return the format that a file's ending says."""
    return Format.NDJSON if file.suffix.lower() in (".ndjson", ".jsonl") else Format.CSV


@dataclass(frozen=True, slots=True)
class Row:
    """What a row says, as text that nobody has read yet."""

    #: Its line in the file, or its place in a body; counted from 1.
    row: int
    #: By column; under "" stands what is wrong with the row as a whole.
    cells: Mapping[str, str]

    @property
    def number(self) -> str:
        """The line that it is about; raises `RowMalformed` or `MalformedNumber`."""
        wrong = self.cells.get("")
        if wrong:
            raise RowMalformed(reason=wrong)
        return parse_number(self.cells.get("number", ""))


def row_of(place: int, said: object) -> Row:
    """Return the row that a JSON value is."""
    return Row(place, _cells(said))


def _cells(said: object) -> dict[str, str]:
    if not isinstance(said, dict):
        return {"": "it is no object"}
    unknown = [name for name in said if name not in COLUMNS]
    if unknown:
        return {"": f"{str(unknown[0])[:40]!r} is none of {', '.join(COLUMNS)}"}
    if not all(isinstance(value, str) for value in said.values()):
        return {"": "every value must be text"}
    return {name: value.strip() for name, value in said.items()}


# --- as bytes come --------------------------------------------------------------------------------


class Reader:
    """Takes a file's bytes in, and gives its rows in parts of `AT_ONCE`."""

    def __init__(
        self,
        name: str,
        format: Format,
        columns: Collection[str] = COLUMNS,
        *,
        rows_max: int | None = ROWS_MAX,
    ) -> None:
        self._name, self._rows_max = name, rows_max
        self._rows: _Table | _Objects = (
            _Table(name, columns) if format is Format.CSV else _Objects(name)
        )
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=False)
        self._sha256 = sha256()
        #: The beginning of a line whose end has not come yet.
        self._rest = ""
        self._part: list[Row] = []
        #: How many rows and whole parts have come so far.
        self.rows = self.parts = 0

    @property
    def digest(self) -> str:
        """What the content is known by, once it is all there."""
        return self._sha256.hexdigest()

    def feed(self, chunk: bytes) -> list[list[Row]]:
        """Take the next bytes and return the parts that are whole; raises `FileMalformed`."""
        return list(self._parts(chunk, is_end=False))

    def end(self) -> list[list[Row]]:
        """Return what is left, at most two parts; raises `FileMalformed`."""
        return list(self._parts(b"", is_end=True))

    def _parts(self, chunk: bytes, *, is_end: bool) -> Iterator[list[Row]]:
        self._sha256.update(chunk)
        try:
            text = self._decoder.decode(chunk, is_end)
            for line, cells in self._rows.take(self._lines(text, is_end=is_end), is_end=is_end):
                self.rows += 1
                if self._rows_max is not None and self.rows > self._rows_max:
                    raise TooManyRows(file=self._name, most=self._rows_max)
                self._part.append(Row(line, cells))
                if len(self._part) == AT_ONCE:
                    yield self._cut()
        except UnicodeDecodeError as error:
            reason = f"it is not UTF-8: {error.reason}"
            raise FileMalformed(file=self._name, reason=reason) from None
        except csv.Error as error:
            raise FileMalformed(file=self._name, reason=str(error)) from None
        if is_end and self._part:
            yield self._cut()

    def _cut(self) -> list[Row]:
        part, self._part = self._part, []
        self.parts += 1
        return part

    def _lines(self, text: str, *, is_end: bool) -> list[str]:
        """Return the lines that are whole, each with its end; \\n, \\r\\n and \\r end one."""
        lines = list(io.StringIO(self._rest + text, newline=""))
        self._rest = ""
        if lines and not is_end and not lines[-1].endswith(("\n", "\r")):
            self._rest = lines.pop()
            if len(self._rest) > ROW_MAX_BYTES:
                row = self._rows.line + len(lines) + 1
                raise RowTooLong(file=self._name, row=row, most=ROW_MAX_BYTES)
        return lines


class _Objects:
    """NDJSON: each line is a row."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.line = 0

    def take(self, lines: Sequence[str], *, is_end: bool) -> Iterator[tuple[int, dict[str, str]]]:
        for text in lines:
            self.line += 1
            _short(text, self._name, self.line)
            if text.strip():
                yield self.line, _decoded(text)


def _decoded(text: str) -> dict[str, str]:
    try:
        return _cells(msgspec.json.decode(text))
    except (msgspec.DecodeError, RecursionError) as error:
        return {"": f"it is no JSON: {error}"}


class _Hungry(Exception):  # noqa: N818 - nothing is wrong
    """The lines that came end inside a row."""


class _Table:
    """
    CSV: rows under a heading; a row with more cells than that says so under the name "".

    The `csv` reader asks for lines, and ours come when they come: where they end inside a row it is
    stopped, and later given that row's lines again from the first.
    """

    def __init__(self, name: str, columns: Collection[str]) -> None:
        self._name, self._columns = name, columns
        self._heading: list[str] | None = None
        self._coming: deque[str] = deque()
        #: The lines of the row at hand.
        self._row: list[str] = []
        self._is_end = False
        self._reader = csv.reader(self)
        self.line = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if not self._coming:
            raise StopIteration if self._is_end else _Hungry
        self._row.append(self._coming.popleft())
        return self._row[-1]

    def take(self, lines: Sequence[str], *, is_end: bool) -> Iterator[tuple[int, dict[str, str]]]:
        self._coming.extend(lines)
        self._is_end = is_end
        for cells in self._records():
            if self._heading is None:
                self._heading = self._headed(cells)
            elif any(cell.strip() for cell in cells):
                yield self.line, self._named(cells, self._heading)
        if is_end and self._heading is None:
            self._headed([])

    def _records(self) -> Iterator[list[str]]:
        while True:
            self._row.clear()
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except _Hungry:
                _short("".join(self._row), self._name, self.line + 1)
                self._coming.extend(self._row)
                return
            _short("".join(self._row), self._name, self.line + 1)
            self.line += len(self._row)
            yield cells

    def _headed(self, cells: Sequence[str]) -> list[str]:
        heading = [name.strip().lower() for name in cells]
        unknown = [name for name in heading if name not in self._columns]
        if unknown or "number" not in heading or len(set(heading)) < len(heading):
            said = f"the first row must name columns among {', '.join(self._columns)}"
            wrong = f", and {unknown[0][:40]!r} is none" if unknown else ""
            raise FileMalformed(file=self._name, reason=f"{said}{wrong}")
        return heading

    @staticmethod
    def _named(cells: Sequence[str], heading: Sequence[str]) -> dict[str, str]:
        row = dict(zip(heading, (cell.strip() for cell in cells), strict=False))
        if len(cells) > len(heading):
            row[""] = f"it has {len(cells)} cells, and the heading has {len(heading)}"
        return row


def _short(text: str, name: str, row: int) -> None:
    if len(text) > ROW_MAX_BYTES or len(text.encode()) > ROW_MAX_BYTES:
        raise RowTooLong(file=name, row=row, most=ROW_MAX_BYTES)


# --- whole files ----------------------------------------------------------------------------------


def parts_of(reader: Reader, file: Path) -> Iterator[list[Row]]:
    """Yield the parts of a file on the disk; raises `FileMalformed`."""
    try:
        with file.open("rb") as content:
            while chunk := content.read(CHUNK_BYTES):
                yield from reader.feed(chunk)
        yield from reader.end()
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise FileMalformed(file=file.name, reason=reason) from None


# --- as they are kept -----------------------------------------------------------------------------


def body_of(rows: Sequence[Row]) -> str:
    """Return rows as text."""
    return msgspec.json.encode([(row.row, row.cells) for row in rows]).decode()


def rows_in(body: str) -> list[Row]:
    """Return the rows that `body_of` wrote."""
    found: list[tuple[int, dict[str, Any]]] = msgspec.json.decode(body)
    return [Row(row, cells) for row, cells in found]
