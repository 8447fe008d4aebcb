"""The pictures in the docs are those that the journeys take, and stay small."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
MOST_BYTES = 3_000_000


def test_the_docs_show_what_journeys_take() -> None:
    taken = set(
        re.findall(r'"([a-z]+(?:-[a-z]+)+)"', "".join(_shows(file) for file in HERE.glob("test_*")))
    )
    page = (DOCS / "how-to" / "pictures.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\(\.\./pictures/([\w-]+)\.webp\)", page))
    kept = list((DOCS / "pictures").iterdir())
    assert taken == shown == {file.stem for file in kept}
    assert sum(file.stat().st_size for file in kept) < MOST_BYTES


def _shows(file: Path) -> str:
    """What is said where a screen is shown."""
    return "\n".join(re.findall(r"\.shows\((.*)\)", file.read_text(encoding="utf-8")))
