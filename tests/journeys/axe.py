"""What axe finds on a page, and what does not fit on a small screen."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

#: WCAG 2.2 AA, and what axe's makers hold to be good practice beside it.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: It is off unless it is named.
MORE = {"target-size": {"enabled": True}}
#: In the dark a page is the same page in other colours.
OF_COLOURS = ["color-contrast", "link-in-text-block"]

_OPEN = "document.querySelectorAll('details').forEach(each => { each.open = true; })"
_RUN = "said => axe.run(document, said)"
#: What reaches past the right edge, but for what scrolls in a frame of its own.
_WIDE = """() => {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge) return [];
  const scrolls = each => each && (getComputedStyle(each).overflowX !== "visible"
    || scrolls(each.parentElement));
  return [...document.body.querySelectorAll("*")]
    .filter(each => each.getBoundingClientRect().right > edge + 1 && !scrolls(each.parentElement))
    .map(each => each.outerHTML.slice(0, 90));
}"""
#: As in WCAG 1.4.12: what readers may set, and nothing may be lost by.
_SPACING = (
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em"
    " !important; } p { margin-bottom: 2em !important; }"
)


def faults(page: Page, *, only: list[str] | None = None) -> list[str]:
    """What axe finds, everything unfolded; `only` some rules."""
    page.evaluate(_OPEN)
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    run: dict[str, Any] = {"resultTypes": ["violations"]}
    if only is None:
        run |= {"runOnly": TAGS, "rules": MORE}
    else:
        run |= {"runOnly": {"type": "rule", "values": only}}
    found = page.evaluate(_RUN, run)["violations"]
    return [f"{each['id']}: {node['html'][:110]}" for each in found for node in each["nodes"]]


def overflows(page: Page) -> list[str]:
    """What does not fit into 320 pixels, which is also 1280 pixels at 400 %, nor widely spaced."""
    was = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 640})
    found = [f"at 320 px: {each}" for each in page.evaluate(_WIDE)]
    sheet = page.evaluate_handle(
        """css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);
           document.adoptedStyleSheets = [sheet]; }""",
        _SPACING,
    )
    found += [f"spaced: {each}" for each in page.evaluate(_WIDE)]
    page.evaluate("document.adoptedStyleSheets = []")
    sheet.dispose()
    if was is not None:
        page.set_viewport_size(was)
    return found


@cache
def _axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
