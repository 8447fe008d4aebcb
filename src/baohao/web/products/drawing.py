"""
The life of a line of a product, when nothing is done: the stages in proportion, their days under
them, and hatched where the sources leave a day open.

Looks are in the style sheet alone; the list beside it says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from baohao.app.drawing import day_of, days_of, edges_of, spread
from baohao.core.line.life import Between, Life, Stretch
from baohao.web.formats import grouped
from baohao.web.holder.drawing import PATTERN, PATTERNS
from baohao.web.wording import STAGES

#: In user units; a phone shows about as many pixels.
WIDTH, HEIGHT = 400, 76
#: What the last stage is drawn with, for it has no end; and the least between two days.
_TAIL, _LEAST = 44, 24
_TOP, _BAR = 4, 44
#: About as wide is a digit of a day.
_LETTER = 9

_UNSURE = mark_safe(
    '<defs><pattern id="life-unsure" width="7" height="7" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(-45)"><rect width="7" height="7"/><path d="M0 0V7"/></pattern>'
    "</defs>"
)


def drawn(life: Life) -> SafeString:
    """Draw a life; empty where there is none to draw."""
    edges = edges_of(life)
    if not life.stretches or not edges:
        return SafeString()
    places = dict(zip(edges, spread(edges, WIDTH - _TAIL, least=_LEAST), strict=True))
    return format_html(
        '<svg class="life" viewBox="0 0 {} {}" role="img" aria-labelledby="life-t life-d">'
        '<title id="life-t">{}</title><desc id="life-d">{}</desc>{}{}{}{}{}</svg>',
        *(WIDTH, HEIGHT, gettext("The life of a number that is left alone"), said(life)),
        *(PATTERNS, _UNSURE),
        format_html_join("", "{}", ((_bar(each, places),) for each in life.stretches)),
        format_html_join("", "{}", ((each,) for each in _unsure(life, places))),
        _days(life, edges, places),
    )


def said(life: Life) -> str:
    """Say in words what the picture shows."""
    return " ".join(
        gettext("From day {day}: {stage}.").format(
            day=days_of(life, each.begins), stage=STAGES.get(each.stage.kind, each.stage.kind)
        )
        for each in life.stretches
    )


def _bar(stretch: Stretch, places: dict[datetime, int]) -> SafeString:
    left, kind = places[stretch.begins.earliest], stretch.stage.kind
    right = WIDTH
    if stretch.ends is not None:
        right = places[stretch.ends.latest or stretch.ends.earliest]
    width = max(right - left - 1, 1)
    solid = format_html(
        '<rect class="bar {}" x="{}" y="{}" width="{}" height="{}" rx="3"/>',
        *(kind, left, _TOP, width, _BAR),
    )
    if kind not in PATTERN:
        return solid
    over = format_html(
        '<rect fill="url(#{})" x="{}" y="{}" width="{}" height="{}" rx="3"/>',
        *(PATTERN[kind], left, _TOP, width, _BAR),
    )
    return solid + over


def _unsure(life: Life, places: dict[datetime, int]) -> Iterator[SafeString]:
    """Hatch from the first to the last day on which something may happen."""
    ranges: set[Between] = {each.begins for each in life.stretches}
    ranges |= {each.ends for each in life.stretches if each.ends is not None}
    for between in sorted(ranges, key=lambda each: each.earliest):
        if between.latest is not None and not between.is_known:
            left, right = places[between.earliest], places[between.latest]
            yield format_html(
                '<rect class="unsure" fill="url(#life-unsure)" x="{}" y="{}" width="{}"'
                ' height="{}"/>',
                *(left, _TOP, right - left, _BAR),
            )


def _days(life: Life, edges: Sequence[datetime], places: dict[datetime, int]) -> SafeString:
    """Write the day under each change, as far as there is room."""
    free, found = 0.0, list[tuple[object, ...]]()
    for at in edges:
        label = grouped(day_of(life, at))
        if places[at] >= free:
            found.append((places[at], _TOP + _BAR + 20, label))
            free = places[at] + len(label) * _LETTER + 4
    return format_html_join("", '<text class="number" x="{}" y="{}">{}</text>', found)
