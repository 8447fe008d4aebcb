"""
Receipts set by typst, from one template for A5 and for a roll of 80 mm.

Words come in as data, so nothing that somebody wrote is ever read as markup, and the page fetches
nothing. Compiler and fonts are read once: the fonts alone take ten times as long as a page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import segno
import typst

from baohao.app.ports import LANGUAGES, PAPERS, Page, PaperRefused
from baohao.outside.paper.wording import worded

_TEMPLATE = Path(__file__).parent / "receipt.typ"
#: It has the characters of Macau and Hong Kong, and those of Portuguese and English.
FONT = "Noto Sans CJK HK"


class Typesetter:
    """Sets receipts; the adapter of `Printer`."""

    def __init__(self) -> None:
        # A compiler works on one page at a time.
        self._lock = Lock()

    def pdf(self, page: Page) -> bytes:
        """Return a page as a PDF, the same for the same page; raises `PaperRefused`."""
        if page.language not in LANGUAGES or page.paper not in PAPERS:
            wanted = f"{', '.join(LANGUAGES)}; {', '.join(PAPERS)}"
            raise PaperRefused(reason=f"{page.language}, {page.paper} is none of {wanted}")
        words = worded(page) | {"qr": _qr(page.token)}
        at = datetime.fromisoformat(str(page.facts["issued_at"]))
        with self._lock:
            return self._set(words, at)

    def _set(self, words: Mapping[str, Any], at: datetime) -> bytes:
        try:
            made = self._compiler.compile(
                sys_inputs={"page": json.dumps(words)}, format="pdf", timestamp=int(at.timestamp())
            )
        except typst.TypstError as error:
            raise PaperRefused(reason=str(error.message)) from error
        if not isinstance(made, bytes):
            raise PaperRefused(reason="it has no page")
        return made

    @cached_property
    def _compiler(self) -> typst.Compiler:
        fonts = typst.Fonts()
        if FONT not in fonts.families():
            how = "install it with: sudo apt install fonts-noto-cjk"
            raise PaperRefused(reason=f"the font {FONT} is missing; {how}")
        return typst.Compiler(_TEMPLATE, root=_TEMPLATE.parent, font_paths=fonts)


def _qr(token: str) -> str:
    """Return a QR code as SVG; with a quiet zone, for it is read from paper."""
    # Finding the best of eight masks takes longer than the page, and what is signed looks like
    # noise under any.
    code = segno.make(token, error="m", micro=False, mask=0)
    return code.svg_inline(border=4, omitsize=True)
