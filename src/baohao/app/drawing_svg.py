"""A policy as a picture: a line's life as a bar and as a ladder, what works as icons and words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.sax.saxutils import escape

from baohao.app import wording
from baohao.app.drawing import day_of, days_of, edges_of, spread
from baohao.app.picture import LINE, MARGIN, PATTERNS, STYLE, WIDTH, Page, wrapped
from baohao.core.line.life import Life, Stretch
from baohao.core.policy.model import Policy, Stage

_BAR = 34.0
_INNER = WIDTH - 2 * MARGIN

#: What an icon stands for: its drawing, its word, and the services it shows with their words.
_ICONS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "M3 2h4l2 5-2.5 1.5a9 9 0 0 0 5 5L13 11l5 2v4c0 1-1 2-2 2A14 14 0 0 1 1 4c0-1 1-2 2-2z",
        "calls",
        (("voice_out", "out"), ("voice_in", "in")),
    ),
    ("M2 3h16v11H9l-5 4v-4H2z", "SMS", (("sms_out", "out"), ("sms_in", "in"))),
    (
        "M6 3v14M2.5 6.5 6 3l3.500 3.500M14 17V3M10.500 13.500 14 17l3.500-3.500",
        "data",
        (("data", "yes"),),
    ),
    (
        "M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM2 10h16M10 2c-5 5-5 11 0 16M10 2c5 5 5 11 0 16",
        "roaming",
        (("roaming", "yes"),),
    ),
    ("M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM10 6v8M6 10h8", "top-up", (("topup", "yes"),)),
    ("M10 2 19 18H1zM10 8v4M10 15v.2", "SOS", (("emergency", "yes"),)),
)


def as_svg(policy: Policy, life: Life) -> str:
    """Return a picture that fits a phone, in light and dark, readable without colours."""
    page = Page()
    _head(page, policy, life)
    _bar(page, life)
    for stretch in life.stretches:
        _rung(page, policy, life, stretch)
    _foot(page, policy, life)
    height = round(page.y + MARGIN)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        ' aria-labelledby="title desc" style="width:100%;max-width:560px;height:auto">'
    )
    parts = (
        head,
        f'<title id="title">{escape(policy.title)}: the life of a line</title>',
        f'<desc id="desc">{escape(_described(policy, life))}</desc>',
        f"<style>{STYLE}</style>",
        PATTERNS,
        f'<rect class="paper" width="{WIDTH}" height="{height}" rx="14"/>',
        *page.parts,
        "</svg>",
    )
    return "\n".join(parts) + "\n"


def _described(policy: Policy, life: Life) -> str:
    """Say in words what the picture shows."""
    return " ".join(
        f"From day {days_of(life, stretch.begins)} {stretch.stage.name}:"
        f" {wording.services(stretch.stage.services)}."
        for stretch in life.stretches
    )


def _head(page: Page, policy: Policy, life: Life) -> None:
    page.y = MARGIN + 8
    for line in wrapped(policy.title, _INNER, 19):
        page.text(MARGIN, line, "h")
        page.y += 24
    page.y -= 4
    operator = policy.brand or policy.operator
    facts = f"{operator} · {policy.country} · {policy.zone_name} · {policy.currency}"
    lines = [facts, f"{policy.pin} · from {policy.effective_from} · {policy.confidence}"]
    if life.purchase is not None:
        lines.append(f"begun with a {wording.purchase(policy, life.purchase)}")
    for line in lines:
        page.text(MARGIN, line, "s")
        page.y += LINE
    if policy.invented:
        page.y += 6
        page.pill(MARGIN, "invented operator")
        page.y += 20
    page.y += 12


# --- the bar -------------------------------------------------------------------------------------


def _bar(page: Page, life: Life) -> None:
    """Draw the whole life in proportion, clocks above it and days under it."""
    edges = edges_of(life)
    tail = 26.0
    places = [float(MARGIN + x) for x in spread(edges, int(_INNER - tail), least=12)]
    page.y += _marks(page, life, edges, places)
    top = page.y
    page.parts.append(
        f'<clipPath id="bar"><rect x="{MARGIN}" y="{top}" width="{_INNER}"'
        f' height="{_BAR}" rx="8"/></clipPath><g clip-path="url(#bar)">'
    )
    for stretch in life.stretches:
        first = places[edges.index(stretch.begins.earliest)]
        last = float(WIDTH - MARGIN)
        if stretch.ends is not None:
            last = places[edges.index(stretch.ends.latest or stretch.ends.earliest)]
        page.box(first, top, last - first, _BAR, f"k-{stretch.stage.kind}")
        if first > MARGIN:
            page.parts.append(f'<path class="gap" d="M{first:.1f} {top:.1f}v{_BAR}"/>')
    for first, last in _unsure(life, edges, places):
        page.box(first, top, last - first, _BAR, "unsure")
        if last - first > 16:
            page.label((first + last) / 2, top + _BAR / 2 + 5, "?", "q")
    page.parts.append("</g>")
    page.y = top + _BAR + 15
    _days(page, life, edges, places)
    page.y += 24


def _marks(page: Page, life: Life, edges: Sequence[datetime], places: Sequence[float]) -> float:
    """Draw the clocks' first deadlines over the bar, in rows; return how high these are."""
    rows: list[float] = []
    drawn = []
    for mark in life.marks:
        if mark.at.earliest > edges[-1] or len(edges) < 2:
            continue
        x = _place(mark.at.earliest, edges, places)
        wide = 7 + 6.2 * len(mark.clock)
        # A label near the right edge is written to the left of its mark.
        left = x - wide if x + wide > WIDTH - MARGIN else x
        row = next((i for i, end in enumerate(rows) if left > end + 4), len(rows))
        rows[row : row + 1] = [left + wide]
        drawn.append((mark.clock.replace("_", " "), x, left < x, row))
    height = 16.0 * len(rows) + (10 if rows else 0)
    for name, x, is_left, row in drawn:
        y = page.y + 16 * row + 6
        bottom = page.y + height - 3
        page.parts.append(
            f'<path class="mark" d="M{x:.1f} {y - 6:.1f}V{bottom:.1f}"/>'
            f'<path class="tip" d="M{x:.1f} {bottom + 3:.1f}l-4 -7h8z"/>'
        )
        page.label(x + (-6 if is_left else 6), y + 4, name, "c end" if is_left else "c")
    return height


def _place(at: datetime, edges: Sequence[datetime], places: Sequence[float]) -> float:
    """Return where an instant between two edges lies."""
    for i in range(len(edges) - 1):
        if edges[i] <= at <= edges[i + 1]:
            share = (at - edges[i]) / (edges[i + 1] - edges[i])
            return places[i] + share * (places[i + 1] - places[i])
    return places[-1]


def _unsure(
    life: Life, edges: Sequence[datetime], places: Sequence[float]
) -> Iterator[tuple[float, float]]:
    for first, last in _ranges(life):
        yield places[edges.index(first)], places[edges.index(last)]


def _ranges(life: Life) -> Iterator[tuple[datetime, datetime]]:
    """Yield the two ends of every instant that is not known."""
    ranges = {s.begins for s in life.stretches} | {s.ends for s in life.stretches if s.ends}
    for between in sorted(ranges, key=lambda each: each.earliest):
        if between.latest is not None and not between.is_known:
            yield between.earliest, between.latest


def _days(page: Page, life: Life, edges: Sequence[datetime], places: Sequence[float]) -> None:
    free = 0.0
    for at, x in zip(edges, places, strict=True):
        said = f"day {day_of(life, at)}" if at == edges[0] else str(day_of(life, at))
        if x >= free:
            page.text(x, said, "d")
            free = x + 6.5 * len(said) + 6


# --- the ladder ----------------------------------------------------------------------------------


def _rung(page: Page, policy: Policy, life: Life, stretch: Stretch) -> None:
    """Draw one stage: its name and days, what works, what it does to the balance, the way back."""
    stage, top, left = stretch.stage, page.y, MARGIN + 26
    page.chip(MARGIN, top - 1, f"k-{stage.kind}")
    page.y += 11.5
    page.text(left, stage.name.replace("_", " ") + ("" if stretch.is_sure else " (perhaps)"), "n")
    page.text(WIDTH - MARGIN, f"day {days_of(life, stretch.begins)}", "n end")
    page.y += 17
    page.text(left, wording.between(stretch.begins, policy), "s")
    page.text(WIDTH - MARGIN, _lasts(life, stretch), "s end")
    page.y += 12
    _icons(page, stage, left)
    notes = (_abroad(stage), wording.balance(policy, stage), wording.way_back(policy, stage))
    for note in notes:
        for line in wrapped(note, WIDTH - MARGIN - left, 12):
            page.text(left, line, "t")
            page.y += LINE
    page.y += 4
    page.parts.append(f'<path class="rail" d="M{MARGIN + 7} {top + 18:.1f}V{page.y - 2:.1f}"/>')
    page.y += 8


def _lasts(life: Life, stretch: Stretch) -> str:
    if stretch.ends is None:
        return "from then on"
    first = day_of(life, stretch.ends.earliest) - day_of(life, stretch.begins.earliest)
    latest = stretch.ends.latest
    if stretch.begins.latest is None or latest is None:
        return f"{first} days or more"
    last = day_of(life, latest) - day_of(life, stretch.begins.latest)
    low, high = sorted((first, last))
    return f"{low} days" if low == high else f"{low} to {high} days"


def _icons(page: Page, stage: Stage, left: float) -> None:
    works = stage.services.get("home", frozenset())
    if not any(stage.services.values()):
        page.y += 6
        page.text(left, "nothing works", "on")
        page.y += 18
        return
    step = (WIDTH - MARGIN - left) / len(_ICONS)
    for number, (drawing, word, shows) in enumerate(_ICONS):
        said = "+".join(text for service, text in shows if service in works)
        x, is_off = left + number * step, not said
        kind = "icon off" if is_off else "icon"
        slash = '<path d="M1 19 19 1"/>' if is_off else ""
        page.parts.append(
            f'<g class="{kind}" transform="translate({x:.1f} {page.y:.1f})'
            f' scale(.85)"><path d="{drawing}"/>{slash}</g>'
        )
        page.label(x, page.y + 29, word, "w")
        page.label(x, page.y + 40, said or "no", "w off" if is_off else "w on")
    page.y += 58


def _abroad(stage: Stage) -> str:
    places = {frozenset(works) for works in stage.services.values()}
    return "at home " + wording.services(stage.services) if len(places) > 1 else ""


def _foot(page: Page, policy: Policy, life: Life) -> None:
    notes = []
    if policy.worlds:
        hatched = "Hatched: left open by the sources. " if list(_ranges(life)) else ""
        notes.append(f"{hatched}The rules have {len(policy.worlds)} readings.")
    notes += [f"Not known: {unknown.why}" for unknown in policy.unknowns if unknown.why]
    checked = max((source.checked for source in policy.sources), default=None)
    if checked is not None:
        count = len(policy.sources)
        notes.append(f"{count} source{'' if count == 1 else 's'}, last checked {checked}.")
    page.parts.append(f'<path class="rule" d="M{MARGIN} {page.y:.1f}H{WIDTH - MARGIN}"/>')
    page.y += 18
    for note in notes:
        for line in wrapped(note, _INNER, 12):
            page.text(MARGIN, line, "t")
            page.y += LINE
