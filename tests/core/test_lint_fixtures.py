"""
Policies and schedules that must be refused, one reason each, each in a file that says so.

`# refused:` is for people, `# code:` is the finding that must be among those of the file, and where
`# <-` marks lines, the finding must name just those: a contradiction has two.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from baohao.app.library import check
from baohao.app.policies import Located

FILES = sorted((Path(__file__).parent / "lint").rglob("*.toml"))


def found_in(file: Path) -> tuple[Located, ...]:
    """What the parser and, where it finds nothing, the linter say of a file in such a folder."""
    return check([file])[1]


def said(text: str, what: str) -> str:
    """What a fixture's heading says of itself."""
    return next(
        line.removeprefix(f"# {what}: ")
        for line in text.splitlines()
        if line.startswith(f"# {what}: ")
    )


def marked(text: str) -> set[int]:
    """The lines that the finding must name."""
    return {number for number, line in enumerate(text.splitlines(), start=1) if "# <-" in line}


@pytest.mark.parametrize("file", [pytest.param(file, id=file.stem) for file in FILES])
def test_the_linter_refuses_by_name(file: Path) -> None:
    text = file.read_text()
    found = found_in(file)
    told = "\n".join(map(str, found)) or "nothing was found"
    of_code = [one for one in found if one.finding.code == said(text, "code")]
    assert of_code, f"{said(text, 'refused')}: {told}"
    if marked(text):
        named = [{one.line, one.other_line} - {None} for one in of_code]
        assert marked(text) in named, f"the lines {marked(text)}: {told}"
