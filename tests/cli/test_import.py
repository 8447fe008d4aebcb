"""`baohao lines import`: what people see, and what stands next to the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Run

ROUNDED = "a spreadsheet rounded it; format the column as text"
GOOD = "66123456,8985301234567890129\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lines.csv"


@pytest.fixture
def imported(file: Path, run: Run) -> Run:
    """Import the file as lines of the demo operator's plan."""
    return lambda *options: run(
        "lines", "import", file, "--operator", "demo", "--plan", "keep12", *options
    )


def test_bad_lines_are_told_and_stand_in_a_report(file: Path, imported: Run) -> None:
    file.write_text(f"number,iccid,puk\n{GOOD.strip()},1\n66123457,8.985301E+18,2\n")
    ran = imported()
    assert ran.code == 1
    assert "8.985301E+18" in ran.out
    assert "puk" in ran.out
    report = file.with_name("lines.csv.rejected.csv").read_text(encoding="utf-8-sig")
    assert report.splitlines() == [
        "line,column,value,reason,code",
        f"3,iccid,8.985301E+18,{ROUNDED},malformed.iccid.scientific",
    ]


def test_without_faults_there_is_no_report(file: Path, imported: Run) -> None:
    file.write_text(f"number,iccid\n{GOOD}")
    imported()
    ran = imported("--json")
    assert ran.code == 0
    assert ran.facts["unchanged"] == 1
    assert ran.facts["report"] is None
    assert [path.name for path in file.parent.iterdir()] == ["lines.csv"]


def test_all_or_nothing_says_so(file: Path, imported: Run) -> None:
    file.write_text("number\n66123458\n661\n")
    ran = imported("--all-or-nothing")
    assert ran.code == 1
    assert "Nothing went in" in ran.out
    assert imported("--dry-run", "--json").facts["new"] == 1


@pytest.mark.parametrize(
    ("content", "options", "code"),
    [
        ("號碼\n66123459\n".encode("big5"), (), "sheet.encoding"),
        (b"number\n1\n", ("--encoding", "klingon"), "sheet.encoding_unknown"),
        (b"iccid\n1\n", (), "inventory.column_missing"),
        (b"", (), "sheet.empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(
    file: Path, imported: Run, content: bytes, options: tuple[str, ...], code: str
) -> None:
    file.write_bytes(content)
    ran = imported("--json", *options)
    assert (ran.code, ran.facts["refused"]["code"]) == (1, code)


def test_a_declared_encoding_is_read(file: Path, imported: Run) -> None:
    file.write_bytes("號碼,批次\n66123459,澳門\n".encode("big5"))
    assert imported("--json", "--encoding", "big5").facts["new"] == 1


def test_a_missing_file_is_wrong_use(file: Path, imported: Run) -> None:
    assert imported().code == 2
