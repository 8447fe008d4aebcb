"""Sheets: whatever a spreadsheet program makes of a table, its cells and line numbers are found."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from baohao.app import sheets
from baohao.app.sheets import (
    EncodingOther,
    EncodingUnknown,
    Fault,
    SheetEmpty,
    SheetMissing,
    WorkbookUnreadable,
    read_sheet,
)

Rows = list[tuple[int, ...]]


def written(folder: Path, content: bytes, name: str = "a.csv") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def read(file: Path, encoding: str = "utf-8") -> tuple[tuple[str, ...], list[list[object]]]:
    """Headings, and each row as its line and cells; there must be no fault."""
    sheet = read_sheet(file, encoding)
    rows: list[list[object]] = []
    for part in sheet.parts:
        assert part.faults == ()
        rows += [list(row) for row in part.rows.iter_rows()]
    return sheet.headings, rows


def faults(file: Path) -> list[Fault]:
    return [fault for part in read_sheet(file).parts for fault in part.faults]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_found(tmp_path: Path, separator: str, end: str) -> None:
    lines = ["number,iccid", "1,2", "", ",", "3,4"]
    text = end.join(lines).replace(",", separator)
    assert read(written(tmp_path, text.encode())) == (
        ("number", "iccid"),
        [[2, "1", "2"], [5, "3", "4"]],
    )


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("utf-8", "utf-8"),
        ("UTF8", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("GBK", "gbk"),
        ("gb2312", "gb2312"),
        ("big5", "big5"),
        ("Big5_HKSCS", "big5hkscs"),
        ("utf-16", "utf-16"),
    ],
)
def test_what_is_declared_is_read(tmp_path: Path, declared: str, codec: str) -> None:
    text = "number,plan\n1,中文\n"
    assert read(written(tmp_path, text.encode(codec)), declared) == (
        ("number", "plan"),
        [[2, "1", "中文"]],
    )


@pytest.mark.parametrize("codec", ["gb18030", "big5"])
def test_another_encoding_is_refused_with_what_would_do(tmp_path: Path, codec: str) -> None:
    text = "number,plan\n1,a\n2,澳門電話號碼計劃\n"
    with pytest.raises(EncodingOther) as refused:
        read_sheet(written(tmp_path, text.encode(codec)))
    assert refused.value.facts["line"] == 3
    assert f"--encoding {codec}" in refused.value.message


def test_utf_16_is_known_by_its_mark(tmp_path: Path) -> None:
    with pytest.raises(EncodingOther, match="--encoding utf-16"):
        read_sheet(written(tmp_path, "number\n1\n".encode("utf-16")))


def test_an_encoding_that_nobody_uses_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncodingUnknown, match="gb18030"):
        read_sheet(written(tmp_path, b"number\n"), "rot13")


@pytest.mark.parametrize("quoted", [b"", b'"x",y\n'])
def test_a_lone_surrogate_is_a_fault_of_its_line(tmp_path: Path, quoted: bytes) -> None:
    # What UTF-8 never holds: half of a pair, written out.
    file = written(tmp_path, b"number,plan\n" + quoted + b"1,\xed\xa0\x80\n2,b\n")
    parts = list(read_sheet(file).parts)
    (found,) = [fault for part in parts for fault in part.faults]
    assert found.line == (3 if quoted else 2)
    assert found.code == "sheet.bytes"
    assert found.value.isprintable()
    assert parts[0].rows.rows()[-1][1:] == ("2", "b")


@pytest.mark.parametrize("row", ["1,2,3", '1,2,"3"', '"1",2,3'])
def test_a_comma_too_many_is_a_fault_of_its_line(tmp_path: Path, row: str) -> None:
    file = written(tmp_path, f"number,plan\n{row}\n4,5\n".encode())
    (found,) = faults(file)
    assert (found.line, found.code) == (2, "sheet.cells")


def test_empty_cells_at_the_end_are_a_habit(tmp_path: Path) -> None:
    assert read(written(tmp_path, b"number,plan\n1,2,, ,\n3\n"))[1] == [[2, "1", "2"], [3, "3", ""]]


def test_a_quote_that_goes_wrong_is_told_with_its_line(tmp_path: Path) -> None:
    file = written(tmp_path, b'number,plan\n1,"a\nb"\n2,"c"d\n3,e\n4,"f\n5,g\n')
    parts = list(read_sheet(file).parts)
    assert [row for part in parts for row in part.rows.rows()] == [(2, "1", "a\nb"), (5, "3", "e")]
    assert [(f.line, f.code) for part in parts for f in part.faults] == [
        (4, "sheet.quote"),
        (6, "sheet.quote"),
    ]


@pytest.mark.parametrize("content", [b"", b"\n \n,,\n", b"\xef\xbb\xbf\n"])
def test_nothing_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SheetEmpty):
        read_sheet(written(tmp_path, content))


def test_headings_alone_are_an_empty_table(tmp_path: Path) -> None:
    assert read(written(tmp_path, b"\xef\xbb\xbfnumber,plan")) == (("number", "plan"), [])


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.csv"):
        with pytest.raises(SheetMissing):
            read_sheet(path)


# --- workbooks ------------------------------------------------------------------------------------


def test_a_workbook_says_what_people_see(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(file))
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    time = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write_row(1, 0, ["number", "iccid", "activated", "until"])
    sheet.write_number(2, 0, 85366123456)
    sheet.write_number(2, 1, 8985301000000000001)
    sheet.write_datetime(2, 2, datetime(2025, 3, 1), day)  # noqa: DTZ001 - it has no zone
    sheet.write_datetime(2, 3, datetime(2025, 3, 1, 14, 30), time)  # noqa: DTZ001
    sheet.write_string(4, 0, "+853 6612 3456")
    sheet.write_number(4, 1, 1.5)
    book.close()
    assert read(file) == (
        ("number", "iccid", "activated", "until"),
        [
            [3, "85366123456", "8.985301E+18", "2025-03-01", "2025-03-01 14:30:00"],
            [5, "+853 6612 3456", "1.5", "", ""],
        ],
    )


@pytest.mark.parametrize("content", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0" + b"\0" * 600])
def test_a_damaged_or_locked_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(WorkbookUnreadable, match="without a password"):
        read_sheet(written(tmp_path, content, "a.xlsx"))


def test_a_workbook_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "_MOST_WORKBOOK_BYTES", 1 << 20)
    file = tmp_path / "a.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"\0" * (2 << 20))
    with pytest.raises(WorkbookUnreadable, match="unpacks to"):
        read_sheet(file)


def test_dates_are_cells_too() -> None:
    assert sheets._cell(date(2026, 2, 28)) == "2026-02-28"
    assert sheets._cell(True) == "True"


# --- laws -----------------------------------------------------------------------------------------

CELL = st.text(st.characters(exclude_characters='"\r\n\0,', exclude_categories=["Cs"]), max_size=5)
TABLE = st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=8)


@given(TABLE)
def test_lines_split_all_at_once_are_those_read_one_by_one(table: list[list[str]]) -> None:
    block = "".join(",".join(row) + "\n" for row in table)
    plain = sheets._plain(block, 1, ",", 3)
    slow = list(sheets._batched(sheets._records(io.StringIO(block, newline="\n"), 0, ","), 3))
    rows = pl.concat([part.rows for part in slow]).rows() if slow else []
    assert plain.rows.rows() == rows
    assert [f for part in slow for f in part.faults] == list(plain.faults)


@given(st.lists(st.tuples(CELL, st.text(max_size=6).filter(str.isprintable)), max_size=6))
def test_what_a_spreadsheet_quotes_is_read_back(cells: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(cells)
    parts = list(sheets._batched(sheets._records(out.getvalue().splitlines(True), 0, ","), 2))
    read = [row[1:] for part in parts for row in part.rows.rows()]
    assert read == [row for row in cells if any(cell.strip(" \t") for cell in row)]
