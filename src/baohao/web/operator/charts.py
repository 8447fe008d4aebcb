"""
Charts, drawn here as SVG: rows and columns that open the list behind them.

Each has a title and a description, and its page has the same figures in a table. Looks are in the
style sheet alone; no chart carries a style.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

#: In user units; a phone shows about as many pixels.
WIDTH, HEIGHT = 400, 230
_ROW, _BAR, _TOP, _FOOT = 44, 12, 22, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One bar."""

    #: What stands beside or under it, and what it says when it is read out.
    label: str
    said: str
    value: int
    #: How the value is written.
    written: str
    url: str = ""
    #: A class of the style sheet, such as a kind of stage.
    look: str = ""
    #: How label and value are written where there is little room; empty: they are left out.
    short_label: str = ""
    short_value: str = ""


def rows(name: str, title: str, said: str, marks: Sequence[Mark]) -> SafeString:
    """Draw bars under each other, the longest over the whole width."""
    most = max((mark.value for mark in marks), default=0) or 1
    drawn = format_html_join(
        "",
        '<a href="{}" aria-label="{}"><rect class="hit" y="{}" width="{}" height="{}"/>'
        '<text y="{}">{}</text><text class="end" x="{}" y="{}">{}</text>'
        '<rect class="track" y="{}" width="{}" height="{}" rx="6"/>'
        '<rect class="bar {}" y="{}" width="{}" height="{}" rx="6"/></a>',
        (
            (
                *(mark.url, mark.said, n * _ROW, WIDTH, _ROW - 2),
                *(n * _ROW + 18, mark.label, WIDTH, n * _ROW + 18, mark.written),
                *(n * _ROW + 25, WIDTH, _BAR),
                *(mark.look, n * _ROW + 25, _long(mark.value, most), _BAR),
            )
            for n, mark in enumerate(marks)
        ),
    )
    return _whole(name, title, said, len(marks) * _ROW, drawn)


def columns(name: str, title: str, said: str, marks: Sequence[Mark]) -> SafeString:
    """Draw bars beside each other, the highest over the whole height."""
    most = max((mark.value for mark in marks), default=0) or 1
    step = WIDTH / max(len(marks), 1)
    foot = HEIGHT - _FOOT
    drawn = format_html_join(
        "",
        '<a href="{}" aria-label="{}"><rect class="hit" x="{}" width="{}" height="{}"/>'
        '<rect class="bar {}" x="{}" y="{}" width="{}" height="{}" rx="3"/>'
        '<text class="mid small" x="{}" y="{}">{}</text>'
        '<text class="mid small faint" x="{}" y="{}">{}</text></a>',
        (_column(mark, n, step, foot, most) for n, mark in enumerate(marks)),
    )
    line = format_html('<path class="axis" d="M0 {}H{}"/>', foot + 0.5, WIDTH)
    return _whole(name, title, said, HEIGHT, drawn + line)


def _column(mark: Mark, n: int, step: float, foot: int, most: int) -> tuple[object, ...]:
    height = round(max((foot - _TOP) * mark.value / most, 1.5 if mark.value else 0), 1)
    left, middle = round(n * step, 1), round((n + 0.5) * step, 1)
    return (
        *(mark.url, mark.said, left, round(step, 1), HEIGHT),
        *(mark.look, round(left + step * 0.14, 1), round(foot - height, 1)),
        *(round(step * 0.72, 1), height),
        *(_inside(middle, mark.short_value), round(foot - height - 6, 1), mark.short_value),
        *(_inside(middle, mark.short_label), HEIGHT - 7, mark.short_label),
    )


def _inside(middle: float, text: str) -> float:
    """Return where the middle of a text lies that is not to run over the edge."""
    half = len(text) * 3.6
    return min(max(middle, half), WIDTH - half)


def _long(value: int, most: int) -> float:
    return round(max(WIDTH * value / most, _BAR if value else 0), 1)


def _whole(name: str, title: str, said: str, height: int, drawn: SafeString) -> SafeString:
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="group" aria-labelledby="{}-t {}-d">'
        '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>{}</svg>',
        *(WIDTH, height, name, name, name, title, name, said, drawn),
    )
