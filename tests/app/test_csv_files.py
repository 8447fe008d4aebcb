"""CSV files that are written: whole, and harmless."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from baohao.app.csv_files import FileUnwritable, guarded, replaced, write_rows
from baohao.app.rejected import HEADINGS, report
from baohao.app.sheets import Fault


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("+85366123456", "+85366123456"),
        ("-5.00", "-5.00"),
        ("2026-02-28", "2026-02-28"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(cell: str, written: str) -> None:
    assert guarded(cell) == written


def test_a_report_stands_beside_the_file_and_goes_with_the_faults(tmp_path: Path) -> None:
    file = tmp_path / "lines.csv"
    faults = [
        Fault(line=9, column="iccid", value="=1", reason='a "quoted", reason', code="a.b"),
        Fault(line=2, column="", value="", reason="澳門", code="c"),
    ]
    path = report(file, faults)
    assert path == tmp_path / "lines.csv.rejected.csv"
    with path.open(encoding="utf-8-sig", newline="") as written:
        assert list(csv.reader(written)) == [
            list(HEADINGS),
            ["2", "", "", "澳門", "c"],
            ["9", "iccid", "'=1", 'a "quoted", reason', "a.b"],
        ]
    assert report(file, []) is None
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("old")

    def broken() -> None:
        with replaced(file) as out:
            write_rows(out, ["a"], [["new"]])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_what_cannot_be_written_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(FileUnwritable, match="No such file"), replaced(tmp_path / "no" / "a.csv"):
        pass
