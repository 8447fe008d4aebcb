"""A page of a picture: where the pen is, what is drawn, and how everything looks."""

from __future__ import annotations

from unicodedata import east_asian_width
from xml.sax.saxutils import escape

#: In user units; a phone shows about as many pixels.
WIDTH = 400
MARGIN = 20
LINE = 16

# Each kind of stage has a pattern of its own, so that nobody needs to tell colours apart. Colours
# keep a contrast of 3 to 1 at least against the paper, texts 4.5 to 1.
STYLE = """
text{font-family:system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK TC",sans-serif;
font-size:12px;fill:#1c2430}
.h{font-size:19px;font-weight:700}.n{font-size:14px;font-weight:650}
.s,.d,.t,.c,.w{fill:#55606e}.d,.c{font-size:11px}.w{font-size:9.5px}
.c{font-weight:600;fill:#1c2430}.q{font-weight:700;font-size:15px;text-anchor:middle;paint-order:stroke;stroke:#fbfaf7;stroke-width:5px}
.on{fill:#1c2430;font-weight:650}.end{text-anchor:end}
.paper{fill:#fbfaf7}.rule,.rail{stroke:#d8d5cc;fill:none}.rail{stroke-width:2}
.k-stock{fill:#8d96a3}.k-live{fill:#1f8a63}.k-grace{fill:url(#grace)}
.k-suspended{fill:url(#suspended)}.k-lost{fill:url(#lost)}.k-quarantined{fill:url(#quarantined)}
.k-recycled{fill:url(#recycled)}.unsure{fill:url(#unsure)}
.p-grace{fill:#e0a526}.p-suspended{fill:#c9562f}.p-lost{fill:#6b7482}.p-quarantined{fill:#8a7bb5}
.p-recycled{fill:#e6e3da}.p-paper{fill:#fbfaf7}
.p-line{stroke:#fbfaf7;stroke-width:2;fill:none}.p-dot{fill:#fbfaf7}.p-grey{fill:#8d96a3}
.p-ink{stroke:#1c2430;stroke-width:1.6;fill:none}
.gap{stroke:#fbfaf7;stroke-width:2}.mark{stroke:#1c2430;fill:none}.tip{fill:#1c2430}
.icon path{fill:none;stroke:#1c2430;stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round}
.icon.off path{stroke:#9aa2ad}.pill{fill:none;stroke:#b3471f}.pilltext{fill:#b3471f;font-size:11px;
font-weight:650}
@media (prefers-color-scheme:dark){text,.c,.on{fill:#eef1f5}.s,.d,.t,.w{fill:#a7b0bd}
.paper,.p-paper{fill:#151a21}.rule,.rail{stroke:#39424f}.k-live{fill:#2fae80}.p-grace{fill:#d99a1c}
.p-suspended{fill:#e0693f}.p-lost{fill:#8590a0}.p-quarantined{fill:#9f8fd0}.p-recycled{fill:#2a323d}
.p-line{stroke:#151a21}.p-dot{fill:#151a21}.p-ink,.gap{stroke:#fbfaf7;stroke-width:2}.mark{stroke:#eef1f5}.tip{fill:#eef1f5}
.icon path{stroke:#eef1f5}.icon.off path{stroke:#667080}.pill{stroke:#ff9a72}.pilltext{fill:#ff9a72}
.on{fill:#eef1f5}.q,.gap{stroke:#151a21}}
"""


def _pattern(name: str, size: int, inner: str, turn: int = 0) -> str:
    turned = f' patternTransform="rotate({turn})"' if turn else ""
    return (
        f'<pattern id="{name}" width="{size}" height="{size}" patternUnits="userSpaceOnUse"'
        f'{turned}><rect class="p-{name}" width="{size}" height="{size}"/>{inner}</pattern>'
    )


_UNSURE = (
    '<pattern id="unsure" width="7" height="7" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(-45)"><rect class="p-paper" width="7" height="7" opacity=".93"/>'
    '<path class="p-ink" d="M0 0V7"/></pattern>'
)

PATTERNS = "".join(
    (
        "<defs>",
        _pattern("grace", 8, '<path class="p-line" d="M0 0V8"/>', turn=45),
        _pattern("suspended", 7, '<path class="p-line" d="M0 3.5H7"/>'),
        _pattern("lost", 8, '<path class="p-line" d="M0 0V8M0 0H8"/>', turn=45),
        _pattern("quarantined", 8, '<circle class="p-dot" cx="4" cy="4" r="1.8"/>'),
        _pattern("recycled", 8, '<circle class="p-grey" cx="4" cy="4" r="1.2"/>'),
        _UNSURE,
        "</defs>",
    )
)


class Page:
    """What is drawn so far, and how far down the page the pen is."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.y = 0.0

    def text(self, x: float, said: str, look: str) -> None:
        """Write at the pen's height."""
        self.label(x, self.y, said, look)

    def label(self, x: float, y: float, said: str, look: str) -> None:
        """Write anywhere."""
        self.parts.append(f'<text class="{look}" x="{x:.1f}" y="{y:.1f}">{escape(said)}</text>')

    def box(
        self, x: float, y: float, width: float, height: float, look: str, radius: float = 0
    ) -> None:
        """Draw a box."""
        self.parts.append(
            f'<rect class="{look}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}"'
            f' height="{height:.1f}" rx="{radius}"/>'
        )

    def chip(self, x: float, y: float, look: str) -> None:
        """Draw a small box, its pattern always in the same place."""
        self.parts.append(
            f'<g transform="translate({x:.1f} {y:.1f})">'
            f'<rect class="{look}" width="16" height="16" rx="4"/></g>'
        )

    def pill(self, x: float, said: str) -> None:
        """Write in a rounded frame."""
        self.box(x, self.y - 11, wide(said, 12.5) + 16, 19, "pill", radius=9.5)
        self.label(x + 8, self.y + 2.5, said, "pilltext")


def wide(said: str, size: float) -> float:
    """Return about how wide text is; a little more than most faces, so that nothing runs over."""
    return sum(size if east_asian_width(char) in "WF" else size * 0.56 for char in said)


def wrapped(said: str, width: float, size: float) -> list[str]:
    """Break text into lines that fit; Chinese breaks anywhere, other text at spaces."""
    lines: list[str] = []
    line = ""
    for word in _words(said):
        if line and wide(line + word.rstrip(), size) > width:
            lines.append(line.rstrip())
            line = ""
        line += word
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(said: str) -> list[str]:
    words = [""]
    for char in said:
        if east_asian_width(char) in "WF" or words[-1].endswith(" "):
            words.append("")
        words[-1] += char
    return words
