"""Read: which format a file is of, by what is in it, and what it says of its cards."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from baohao.app.brought import (
    aspeternity,
    baohaotong,
    esim_keeper,
    giffgaff_reminder,
    own_csv,
    own_json,
    prepaid_balance,
    simhub,
    subscriptions,
    table,
)
from baohao.app.brought.model import BYTES_MAX, ROWS_MAX, Brought, Given, Taken
from baohao.app.brought.table import Table, too_large
from baohao.app.brought.text import decoded
from baohao.app.brought.wrong import (
    CellsTooMany,
    FileBinary,
    FileBroken,
    FileEmpty,
    FileNoList,
    FilePacked,
    NumberTwice,
    Wrong,
)
from baohao.core.identifiers.malformed import shown

_DOCUMENTS: Sequence[Callable[[object, Given], Taken | None]] = (
    own_json.read,
    aspeternity.read,
    simhub.read,
    esim_keeper.read,
    subscriptions.read_renewlet,
    baohaotong.read,
    subscriptions.read_wallos,
)
#: Whoever's headings are their own comes before whoever takes any.
_TABLES: Sequence[Callable[[Table, Given], Taken | None]] = (
    simhub.read_table,
    giffgaff_reminder.read_table,
    subscriptions.read_wallos_table,
    prepaid_balance.read_table,
    own_csv.read_table,
)
_ZIP = b"PK\x03\x04"


def read(data: bytes, given: Given) -> Taken:
    """
    Return what a file says of cards; raises `FileRefused`.

    Of a number that stands in it twice, the first row is taken.
    """
    if len(data) > BYTES_MAX:
        raise too_large(given.file)
    if data.startswith(_ZIP):
        return _once(_packed(data, given))
    text = decoded(data, given.file)
    if not text.strip(" \t\r\n\ufeff"):
        raise FileEmpty(file=given.file)
    if text.lstrip(" \t\r\n\ufeff").startswith(("{", "[")):
        return _once(_of_document(text, given))
    return _once(_of_table(table.of_text(text, given.file), given))


def _packed(data: bytes, given: Given) -> Taken:
    """Read a ZIP: a workbook, or a backup with its data beside pictures."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = packed.namelist()
            if "data.json" in names:
                if packed.getinfo("data.json").file_size > BYTES_MAX:
                    raise too_large(given.file)
                return _of_document(decoded(packed.read("data.json"), given.file), given)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        raise FileBinary(file=given.file) from None
    if "xl/workbook.xml" not in names:
        raise FilePacked(file=given.file)
    return _of_table(table.of_workbook(data, given.file), given)


def _of_document(text: str, given: Given) -> Taken:
    try:
        document = json.loads(text.lstrip("\ufeff"), parse_float=Decimal, parse_constant=str)
    except json.JSONDecodeError as error:
        raise FileBroken(file=given.file, line=error.lineno) from None
    except (ValueError, RecursionError):
        raise FileBroken(file=given.file, line=1) from None
    for reader in _DOCUMENTS:
        if (taken := reader(document, given)) is not None:
            if len(taken.rows) > ROWS_MAX:
                raise too_large(given.file)
            return taken
    raise FileNoList(file=given.file)


def _of_table(found: Table, given: Given) -> Taken:
    for reader in _TABLES:
        if (taken := reader(found, given)) is not None:
            wide = [
                Wrong(row=row, column="", value=shown(text), refusal=CellsTooMany())
                for row, text in found.overfull
            ]
            return replace(
                taken,
                wrong=(*wide, *taken.wrong),
                headings=found.headings,
                cells=dict(found.rows),
            )
    raise FileNoList(file=given.file)


def _once(taken: Taken) -> Taken:
    first: dict[str, Brought] = {}
    again: list[Wrong] = []
    for row in taken.rows:
        known = first.setdefault(row.number, row)
        if known is not row:
            why = NumberTwice(other=known.row)
            again.append(Wrong(row=row.row, column="", value=row.number, refusal=why))
    wrong = sorted((*taken.wrong, *again), key=lambda each: each.row)
    return replace(taken, rows=tuple(first.values()), wrong=tuple(wrong))
