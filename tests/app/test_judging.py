"""A contributor's file is judged by the linter, by its example histories and by its drawing."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from baohao.app.judging import Judged, judge
from baohao.app.library import policy_files
from baohao.app.policies import load, shipped
from baohao.cli.main import app

GIFFGAFF = shipped() / "gb" / "giffgaff.payg.toml"


def judged(folder: Path, *changes: tuple[str, str]) -> Judged:
    """Judge the file of giffgaff with some words changed."""
    text = GIFFGAFF.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "changed.toml"
    file.write_text(text, encoding="utf-8")
    return judge(file)


def test_the_examples_of_the_library_come_out_right() -> None:
    have = [load(file) for file in policy_files(shipped())]
    with_examples = [each for each in have if each.policy is not None and each.policy.examples]
    assert len(with_examples) >= 10
    for each in with_examples:
        assert [str(finding) for finding in judge(Path(each.file)).findings] == []


def test_a_wrong_example_is_refused_at_its_line(tmp_path: Path) -> None:
    found = judged(tmp_path, ("safe_until = 2026-07-10", "safe_until = 2026-07-11"))
    (finding,) = found.findings
    assert finding.finding.code == "policy.example.differs"
    assert "on 2026-05-01, safe_until is 2026-07-10, not 2026-07-11." in finding.finding.message
    assert "2026-07-11" in finding.quoted[0][1]
    assert [each.is_right for each in found.played] == [False, True]


def test_a_rule_that_is_written_wrong_is_found_by_the_example(tmp_path: Path) -> None:
    found = judged(tmp_path, ('term  = "6 months"', 'term  = "180 days"'))
    assert {each.finding.code for each in found.findings} == {"policy.example.differs"}
    assert any("2026-12-28, not 2027-01-01" in str(each) for each in found.findings)


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ('kind = "call_in",  at', 'kind = "wave",  at', "policy.example.not_played", "'wave'"),
        ("safe_until = 2026-07-10", 'safe_until = "soon"', "policy.type", '"never"'),
        ("safe_until = 2026-07-10", "safe_til = 2026-07-10", "policy.key.unknown", "safe_until"),
        ('kind = "call_in",  at = 2026-03-01', 'kind = "call_in"', "policy.example.not_played", ""),
        ("safe_until = 2027-01-01", 'stage = "gone"', "policy.example.differs", "not gone"),
        (
            "safe_until = 2027-01-01",
            "safe_until = { earliest = 2027-01-01, latest = 2027-02-01 }",
            "policy.example.differs",
            "not 2027-01-01 to 2027-02-01",
        ),
    ],
)
def test_nonsense_is_refused_by_name(
    tmp_path: Path, old: str, new: str, code: str, says: str
) -> None:
    found = judged(tmp_path, (old, new))
    assert code in {each.finding.code for each in found.findings}
    assert any(says in each.finding.message for each in found.findings)


def test_a_file_without_an_example_is_not_judged_good(tmp_path: Path) -> None:
    text = GIFFGAFF.read_text(encoding="utf-8").partition("\n[[examples]]")[0]
    file = tmp_path / "bare.toml"
    file.write_text(text, encoding="utf-8")
    assert [each.finding.code for each in judge(file).findings] == ["policy.example.none"]
    assert load(file).findings == ()


def test_the_command_draws_and_says_what_came_out(tmp_path: Path) -> None:
    drawing = tmp_path / "life.svg"
    good = CliRunner().invoke(app, ["policy", "judge", str(GIFFGAFF), "--svg", str(drawing)])
    assert good.exit_code == 0
    assert "What counts" in good.stdout
    assert "right: Six months from 31 August" in good.stdout
    assert drawing.read_text(encoding="utf-8").startswith("<svg")
    judged(tmp_path, ("safe_until = 2026-07-10", "safe_until = 2026-07-11"))
    bad = CliRunner().invoke(app, ["policy", "judge", str(tmp_path / "changed.toml")])
    assert bad.exit_code == 1
    assert "WRONG: A text keeps it" in bad.stdout
