"""
The commands in the docs work: those in blocks marked `sh`, run in order, page by page.

Each page has a house of its own and a copy of the examples. RECEIPT, QUOTE and the like stand for
what an earlier command printed; a remark says when a command is to end otherwise than with 0.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from tests.cli.inside import inside
from tests.database import FORGETFUL, SMALL, made_data_dir

from baohao.cli.main import app
from baohao.store.embedded import Embedded

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "how-to"
COMMAND_LINE = HOW_TO / "command-line.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"\s+# exit (\d)$")
#: Commands without a database.
WITHOUT_DATA = ("policy",)
PAGES = [page for page in sorted(ROOT.glob("docs/**/*.md")) if BLOCK.search(page.read_text())]


def commands(page: Path) -> Iterator[tuple[list[str], int]]:
    """The commands of a page, each with the code that it ends with."""
    for block in BLOCK.findall(page.read_text()):
        for line in block.splitlines():
            said = EXIT.search(line)
            words = shlex.split(EXIT.sub("", line))
            assert words[0] == "baohao", line
            yield words[1:], int(said[1]) if said else 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_work(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    debian_font: Callable[[str, str], None],
) -> None:
    if "baohao receipt issue" in page.read_text():
        debian_font("Noto Sans CJK HK", "fonts-noto-cjk")
    examples = shutil.copytree(HOW_TO / "examples", tmp_path / "examples")
    (examples / "policies").symlink_to(ROOT / "policies")
    monkeypatch.chdir(examples)
    known = {"RECEIPT": "", "QUOTE": "", "KEY": "", "FILE": "", "ENDPOINT": "", "TOKEN": ""}
    with made_data_dir() as folder:
        Embedded(folder, settings={**SMALL, **FORGETFUL}).start()
        for words, code in commands(page):
            asked = [known.get(word, word) for word in words]
            data = () if words[0] in WITHOUT_DATA else ("--data", folder)
            ran = inside(*asked, *data)
            assert ran.code == code, f"{shlex.join(words)}\n{ran.out}\n{ran.err}"
            for name in known:
                found = re.search(rf"^{name.lower()} +(\S+)", ran.out, re.MULTILINE)
                known[name] = found[1] if found else known[name]


def test_every_command_stands_on_the_page() -> None:
    page = COMMAND_LINE.read_text()
    missing = [name for name in names(app, "baohao") if name not in page]
    assert missing == []


def names(group: typer.Typer, before: str) -> Iterator[str]:
    """The names of all commands, as they are typed."""
    for command in group.registered_commands:
        assert command.callback is not None
        yield f"{before} {command.name or command.callback.__name__}"
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from names(inner.typer_instance, f"{before} {inner.name}")
