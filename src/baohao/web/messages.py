"""
Compile the pages' texts: `python -m baohao.web.messages`, after a `django.po` was changed.

A language is a folder below `locale`, named as Django names it: whoever adds one adds no code.
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

_ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)
LOCALE = Path(__file__).parent / "locale"


def catalogues() -> list[Path]:
    """Return the text of every language that is there."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def compiled(file: Path) -> bytes:
    """Return what Django reads of a text: the same for the same text."""
    with file.open("rb") as text:
        catalogue = read_po(text, locale=file.parent.parent.name)
    # It is kept in git: when it was compiled is nobody's concern.
    catalogue.creation_date = catalogue.revision_date = _ALWAYS
    made = BytesIO()
    write_mo(made, catalogue)
    return made.getvalue()


if __name__ == "__main__":
    for each in catalogues():
        each.with_suffix(".mo").write_bytes(compiled(each))
