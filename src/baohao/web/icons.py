"""
Draw the icons of the installed app: `python -m baohao.web.icons`, when their drawing was changed.

A maskable icon is cut to any shape: its ground goes to the edges, and the drawing keeps within the
middle four fifths.
"""

from __future__ import annotations

from pathlib import Path

import typst

STATIC = Path(__file__).parent / "static" / "web"
#: File -> (pixels a side, whether it is maskable).
ICONS = {
    "icon-192.png": (192, False),
    "icon-512.png": (512, False),
    "icon-mask-512.png": (512, True),
    # What an iPhone takes for its home screen; it cuts the corners itself.
    "icon-touch-180.png": (180, True),
}
_GROUND = '<rect width="64" height="64" rx="14" fill="#0b6e4f"/>'


def drawing(*, maskable: bool) -> str:
    """Return the drawing as SVG."""
    svg = (STATIC / "icon.svg").read_text(encoding="utf-8")
    if not maskable:
        return svg
    head, rest = svg.split(_GROUND)
    inner = rest.removesuffix("</svg>\n").removesuffix("</svg>")
    ground = '<rect width="64" height="64" fill="#0b6e4f"/>'
    return f'{head}{ground}<g transform="translate(9.6 9.6) scale(.7)">{inner}</g></svg>'


def drawn(side: int, *, maskable: bool) -> bytes:
    """Return an icon as PNG: the same for the same drawing."""
    svg = drawing(maskable=maskable).replace('"', '\\"').replace("\n", "")
    page = (
        f"#set page(width: {side}pt, height: {side}pt, margin: 0pt, fill: none)\n"
        f'#image(bytes("{svg}"), format: "svg", width: {side}pt, height: {side}pt)'
    )
    found = typst.compile(page.encode(), format="png", ppi=72.0)
    assert isinstance(found, bytes)  # noqa: S101 - of one page
    return found


if __name__ == "__main__":
    for name, (side, maskable) in ICONS.items():
        (STATIC / name).write_bytes(drawn(side, maskable=maskable))
