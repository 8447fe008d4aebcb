"""Policies come from files: whole, or with findings that name file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from baohao.app.library import LibraryRefused, check, library, policy_files, read_library
from baohao.app.policies import PolicyRefused, load, shipped, shipped_laws

DEMO = shipped() / "demo" / "keep12.toml"


def test_a_good_file_is_a_policy() -> None:
    loaded = load(DEMO)
    assert loaded.findings == ()
    assert loaded.accepted().pin == "mo.demo.keep12@2026-01"


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    copied = tmp_path / "keep12.toml"
    shutil.copy(DEMO, copied)
    return copied


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_finding_names_file_line_and_code(demo: Path) -> None:
    _edit(demo, 'confidence = "X"', 'confidance = "X"')
    loaded = load(demo)
    told = [str(found) for found in loaded.findings]
    line = demo.read_text(encoding="utf-8").split("\n").index('confidance = "X"') + 1
    assert any(t.startswith(f"{demo}:{line}: policy.key.unknown: ") for t in told)
    with pytest.raises(PolicyRefused, match="2 findings"):
        loaded.accepted()


def test_a_contradiction_quotes_both_lines(demo: Path) -> None:
    _edit(demo, 'for      = "60 days"', 'for      = "120 days"')
    (found,) = load(demo).findings
    assert found.finding.code == "policy.overlay.barred_days"
    assert [text for _, text in found.quoted] == [
        'overlays   = ["mo.reg15-2002"]',
        'for      = "120 days"',
    ]
    assert f"(against line {found.quoted[0][0]})" in str(found)


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b'\xef\xbb\xbfpolicy = "a"\n', "policy.file.encoding", "byte order mark"),
        ('policy = "a"\n'.encode("utf-16"), "policy.file.encoding", "UTF-16"),
        (b'policy = "a"\nx = "\0"\n', "policy.file.encoding", "NUL byte in line 2"),
        ('title = "保號卡"\n'.encode("gb18030"), "policy.file.encoding", "line 1"),
        ('title = "保號卡"\n'.encode("big5"), "policy.file.encoding", "not UTF-8"),
        (b"policy = \n", "policy.file.toml", "Invalid value"),
        (b"a = 1\na = 2\n", "policy.file.toml", "overwrite"),
        (b"a = " + b"[" * 20000 + b"]" * 20000, "policy.file.toml", "deep"),
        (b"a = " + b"9" * 5000, "policy.file.toml", "digits"),
        (b'a = "\\ud800"\n', "policy.file.toml", "scalar"),
        (b"#" * 1_000_001, "policy.file.unreadable", "larger"),
        (b"", "policy.key.missing", "policy"),
    ],
)
def test_what_is_no_policy_says_why(tmp_path: Path, data: bytes, code: str, says: str) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(data)
    loaded = load(file)
    assert loaded.policy is None
    assert code in {found.finding.code for found in loaded.findings}
    assert any(says in str(found) for found in loaded.findings)


def test_a_toml_error_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("a = 1\nb = 2\nc = ?\n")
    assert load(file).findings[0].line == 3


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    (found,) = load(tmp_path / "gone.toml").findings
    assert found.finding.code == "policy.file.unreadable"


# --- the library ---------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A library of two products, their operator, and the laws."""
    folder = tmp_path / "policies"
    shutil.copytree(shipped() / "overlays", folder / "overlays")
    shutil.copytree(shipped() / "demo", folder / "demo")
    (folder / "operators").mkdir()
    shutil.copy(shipped() / "operators" / "demo.toml", folder / "operators")
    return folder


def _codes(folder: Path) -> list[str]:
    return [found.finding.code for found in read_library(folder).findings]


def test_the_shipped_library_is_whole() -> None:
    read = read_library(shipped()).accepted()
    assert len(read.policies) == len(policy_files(shipped()))
    assert set(read.laws) == set(shipped_laws())
    assert all(policy.operator in read.operators for policy in read.policies.values())


def test_a_small_library_is_accepted(small: Path) -> None:
    assert _codes(small) == []
    assert "mo.demo.keep12@2026-01" in library(small)


def test_the_same_pin_twice_is_refused(small: Path) -> None:
    shutil.copy(DEMO, small / "demo" / "again.toml")
    assert "policy.library.pin" in _codes(small)
    with pytest.raises(LibraryRefused, match=r"again\.toml|keep12\.toml"):
        library(small)


def test_two_versions_of_one_day_are_refused(small: Path) -> None:
    again = small / "demo" / "again.toml"
    shutil.copy(DEMO, again)
    _edit(again, 'version    = "2026-01"', 'version    = "2026-02"')
    assert _codes(small) == ["policy.library.versions"]
    _edit(again, "effective  = { from = 2025-01-01 }", "effective  = { from = 2027-01-01 }")
    _edit(
        small / "demo" / "keep12.toml",
        "effective  = { from = 2025-01-01 }",
        "effective  = { from = 2025-01-01, to = 2027-01-01 }",
    )
    assert _codes(small) == []


def test_an_operator_that_is_not_there_is_refused(small: Path) -> None:
    _edit(small / "demo" / "keep12.toml", 'operator   = "demo"', 'operator   = "demmo"')
    assert _codes(small) == ["policy.library.operator"]


def test_an_operator_twice_is_refused(small: Path) -> None:
    shutil.copy(small / "operators" / "demo.toml", small / "operators" / "demo_again.toml")
    assert _codes(small) == ["policy.library.operator_twice"]


def test_one_bad_file_refuses_the_library(small: Path) -> None:
    (small / "demo" / "bad.toml").write_text("policy = \n")
    (small / "overlays" / "bad.toml").write_bytes(b"\xff\xfe")
    assert sorted(_codes(small)) == ["policy.file.encoding", "policy.file.toml"]


def test_an_empty_folder_is_no_library(tmp_path: Path) -> None:
    assert _codes(tmp_path) == ["policy.library.empty"]


def test_check_reads_each_file_as_what_its_folder_says(small: Path) -> None:
    files = [small / "operators" / "demo.toml", small / "overlays", DEMO]
    count, found = check(files)
    assert (count, found) == (2 + len(list((small / "overlays").glob("*.toml"))), ())
    (small / "operators" / "demo.toml").write_text("operator = 1\n")
    _, found = check(files[:1])
    assert "policy.type" in {each.finding.code for each in found}


def test_without_overlays_of_its_own_a_folder_is_held_to_the_shipped_ones(small: Path) -> None:
    shutil.rmtree(small / "overlays")
    _edit(small / "demo" / "keep12.toml", 'for      = "60 days"', 'for      = "120 days"')
    assert _codes(small) == ["policy.overlay.barred_days"]
