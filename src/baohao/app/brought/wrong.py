"""
What can be wrong with a file, a card in it, or a cell.

    Refusal
    ├── FileRefused            the file as a whole is none that can be read
    │   ├── FileTooLarge       FileEmpty, FileBinary, FileBroken, FilePacked, FileNoList,
    │   └── ...                FileSealed, FileOther
    ├── RowRefused             a card is left out, or looked at twice
    └── (Malformed)
        └── CellWrong          a cell cannot be read as what it is meant for
"""

from __future__ import annotations

from dataclasses import dataclass

from baohao.core.refusals import Malformed, Refusal


class FileRefused(Refusal):
    """{file} cannot be read."""

    code = "brought"


class FileTooLarge(FileRefused):
    """{file} is too large: at most {megabytes} MB and {rows} cards at once; send it in parts."""

    code = "brought.too_large"


class FileEmpty(FileRefused):
    """There is nothing in {file}."""

    code = "brought.empty"


class FileBinary(FileRefused):
    """{file} is no text, and no workbook that can be read; save it as CSV, or as .xlsx."""

    code = "brought.binary"


class FileBroken(FileRefused):
    """{file} breaks off or goes wrong at line {line}; a quote or a bracket is not closed."""

    code = "brought.broken"


class FilePacked(FileRefused):
    """{file} is an archive: unpack it, and send the file of cards that is in it."""

    code = "brought.packed"


class FileNoList(FileRefused):
    """
    {file} is no list of cards that is known here. A CSV file can always be read whose first line
    names the columns: one for the number and one for a day. There is an example to download.
    """

    code = "brought.unknown"


class FileSealed(FileRefused):
    """{file} is an encrypted backup: export it from {tracker} once more, without a passphrase."""

    code = "brought.sealed"


class FileOther(FileRefused):
    """
    {file} is of {tracker} and holds passwords, not cards. Nothing of it was kept: export the
    numbers.
    """

    code = "brought.other"


class RowRefused(Refusal):
    """The card cannot be taken."""

    code = "brought.row"


class NumberMissing(RowRefused):
    """There is no number."""

    code = "brought.row.number_missing"


class NumberNowhere(RowRefused):
    """There is no number in its name or its notes; write one there, with + in front."""

    code = "brought.row.number_nowhere"


class NumberTwice(RowRefused):
    """The number is in row {other} already, and that one is taken."""

    code = "brought.row.number_twice"


class ClosedThere(RowRefused):
    """It is closed or switched off there; if the card still lives, add it by hand."""

    code = "brought.row.closed"


class HalfRow(RowRefused):
    """Half a row: say when the card was last kept, or until when it is good."""

    code = "brought.row.half"


class CellsTooMany(RowRefused):
    """There are more cells than headings; a comma inside a cell needs quotes around it."""

    code = "brought.row.cells"


class ActUnclear(RowRefused):
    """No act is called so here; it is taken as one that counted."""

    code = "brought.row.act"


class VersionUnknown(RowRefused):
    """The file is of another version than those known here; look closely at what was read."""

    code = "brought.row.version"


class CellWrong(Malformed):
    """'{value}' cannot be read."""

    code = "malformed.cell"


class CellNoDay(CellWrong):
    """'{value}' is no day; write it as in 2026-12-31."""

    code = "malformed.cell.day"


class DayNever(CellWrong):
    """'{value}' is no day of any calendar, or lies outside the years from 1990 to 2099."""

    code = "malformed.cell.day_never"


class DayCounted(CellWrong):
    """'{value}' is how a spreadsheet counts days; format the column as dates, the year first."""

    code = "malformed.cell.day_counted"


class DayHidden(CellWrong):
    """The column was too narrow for its days when it was copied; widen it, and save again."""

    code = "malformed.cell.day_hidden"


class YearShort(CellWrong):
    """'{value}' is no clear day; write the year with four digits, as in 2026-12-31."""

    code = "malformed.cell.year_short"


class DayAmbiguous(CellWrong):
    """'{value}' is {first} or {second}: say whether the day or the month comes first."""

    code = "malformed.cell.day_ambiguous"


class InstantMalformed(CellWrong):
    """'{value}' is no instant with an offset, as in 2026-12-31T09:00:00+08:00."""

    code = "malformed.cell.instant"


class AmountMalformed(CellWrong):
    """'{value}' is no amount; write digits, and a currency where it helps, as in 12.50 GBP."""

    code = "malformed.cell.amount"


class AmountUnclear(CellWrong):
    """'{value}' may be thousands or a fraction; write it as in 1234.50."""

    code = "malformed.cell.amount_unclear"


class EveryMalformed(CellWrong):
    """'{value}' is no span of time up to ten years; write it as in "180 days"."""

    code = "malformed.cell.every"


class NumberUnclear(CellWrong):
    """'{value}' could be {first} or {second}: write it with + and the country code."""

    code = "malformed.cell.number_unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One thing that could not be taken as it stands."""

    #: Its line in the file, or its place in a list, counted from 1; 0: the file as a whole.
    row: int
    #: The file's own name for it; empty: the row as a whole.
    column: str
    value: str
    refusal: Refusal
    #: Whether the row is left out for it; otherwise only this is.
    is_fatal: bool = True
