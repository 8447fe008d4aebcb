"""
A line's life as a picture: the stages it went through, today, and those that follow.

Each kind has a pattern of its own beside its colour, and the page has the same as a list. Looks are
in the style sheet alone; the picture carries no style.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from baohao.app.drawing import spread
from baohao.app.timeline import Stay
from baohao.web.templatetags.saying import day, short_day
from baohao.web.wording import STAGES

#: In user units; a phone shows about as many pixels.
WIDTH, HEIGHT = 400, 100
#: What the last stage is drawn with, for it has no end; and the least between two days.
_TAIL, _LEAST = 44, 24
#: How much of the past is drawn.
PAST = timedelta(days=270)
_TOP, _BAR = 24, 30
#: About as wide is a letter of a day.
_LETTER = 6.4

#: Over the colour, so that nobody needs to tell colours apart.
PATTERNS = mark_safe(
    "<defs>"
    '<pattern id="life-grace" width="8" height="8" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><path d="M0 0V8"/></pattern>'
    '<pattern id="life-suspended" width="7" height="7" patternUnits="userSpaceOnUse">'
    '<path d="M0 3.5H7"/></pattern>'
    '<pattern id="life-lost" width="8" height="8" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><path d="M0 0V8M0 0H8"/></pattern>'
    "</defs>"
)
#: The pattern of a kind of stage, where it has one.
PATTERN = {
    "grace": "life-grace",
    "suspended": "life-suspended",
    "lost": "life-lost",
    "quarantined": "life-lost",
}


def drawn(found: Sequence[Stay], now: datetime) -> SafeString:
    """Draw stays in proportion to time; empty where the line has no life yet."""
    since = now - PAST
    shown = [stay for stay in found if stay.ends is None or stay.ends > since]
    if not shown:
        return SafeString()
    # The past is cut to a window, so that what comes has room.
    first = max(shown[0].begins, since) if shown[0].begins < now else shown[0].begins
    edges = sorted({first, now, *(stay.begins for stay in shown[1:])})
    places = dict(zip(edges, spread(edges, WIDTH - _TAIL, least=_LEAST), strict=True))
    bars = [
        _bar(stay, places[max(stay.begins, first)], _end(stay, places), now=now) for stay in shown
    ]
    return format_html(
        '<svg class="life" viewBox="0 0 {} {}" role="img" aria-labelledby="life-t life-d">'
        '<title id="life-t">{}</title><desc id="life-d">{}</desc>{}{}{}{}</svg>',
        *(WIDTH, HEIGHT, gettext("The life of this number"), said(shown), PATTERNS),
        format_html_join("", "{}", ((bar,) for bar in bars)),
        _days(shown, places, now),
        _today(places[now]),
    )


def said(found: Sequence[Stay]) -> str:
    """Say in words what the picture shows."""
    return " ".join(
        gettext("From {day}: {stage}.").format(
            day=day(stay.begins.date()), stage=STAGES.get(stay.kind, stay.kind)
        )
        for stay in found
    )


def _end(stay: Stay, places: dict[datetime, int]) -> int:
    return WIDTH if stay.ends is None else places[stay.ends]


def _bar(stay: Stay, left: int, right: int, *, now: datetime) -> SafeString:
    width = max(right - left - 1, 1)
    past = " past" if stay.ends is not None and stay.ends <= now else ""
    solid = format_html(
        '<rect class="bar {}{}" x="{}" y="{}" width="{}" height="{}" rx="3"/>',
        *(stay.kind, past, left, _TOP, width, _BAR),
    )
    if stay.kind not in PATTERN:
        return solid
    over = format_html(
        '<rect fill="url(#{})" x="{}" y="{}" width="{}" height="{}" rx="3"/>',
        *(PATTERN[stay.kind], left, _TOP, width, _BAR),
    )
    return solid + over


def _days(found: Sequence[Stay], places: dict[datetime, int], now: datetime) -> SafeString:
    """Write the day under each stage's beginning; in a second row where the first is taken."""
    free = [0.0, 0.0]
    drawn_: list[tuple[object, ...]] = []
    for stay in found:
        if stay.begins not in places or stay.begins < now:
            continue
        label = short_day(stay.begins.date())
        left = min(float(places[stay.begins]), WIDTH - len(label) * _LETTER)
        row = next((n for n, end in enumerate(free) if left >= end), None)
        if row is None:
            continue
        free[row] = left + len(label) * _LETTER + 6
        drawn_.append((round(left, 1), _TOP + _BAR + 16 + row * 15, label))
    return format_html_join("", '<text x="{}" y="{}">{}</text>', drawn_)


def _today(x: int) -> SafeString:
    word = gettext("Today")
    half = len(word) * _LETTER / 2
    middle = min(max(float(x), half), WIDTH - half)
    return format_html(
        '<text class="mid" x="{}" y="14">{}</text><path class="now" d="M{} {}V{}"/>',
        *(round(middle, 1), word, x, _TOP - 5, _TOP + _BAR + 5),
    )
