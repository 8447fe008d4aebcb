"""A policy as text for a terminal: a bar of a line's life, its stages, and the rules in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from textwrap import wrap
from unicodedata import east_asian_width

from baohao.app import wording
from baohao.core.line.life import Between, Life, Stretch
from baohao.core.policy.model import Policy

#: Columns: what a terminal of eighty holds with a margin.
WIDTH = 78

#: How a stage of each kind is filled; no two alike, so that no colour is needed.
FILLS = {
    "stock": "·",
    "live": "█",
    "grace": "▓",
    "suspended": "▒",
    "lost": "░",
    "quarantined": "░",
    "recycled": "·",
}
_UNSURE = "?"


def as_text(policy: Policy, life: Life) -> str:
    """Return the whole policy as lines of at most `WIDTH` columns, but for single long words."""
    parts = (
        _head(policy),
        _life(policy, life),
        _section("What counts", _events(policy)),
        _section("Clocks", [(c.id, wording.clock(c)) for c in policy.clocks.values()]),
        _section("What is taken", [(c.id, wording.charge(policy, c)) for c in policy.charges]),
        _section("Not known", _unknowns(policy)),
        _section("Sources", _sources(policy)),
    )
    return "\n".join(line.rstrip() for part in parts for line in part) + "\n"


def _head(policy: Policy) -> Iterator[str]:
    yield policy.title
    facts = [policy.pin, policy.brand or policy.operator, policy.country, policy.zone_name]
    yield " · ".join([*facts, policy.currency])
    until = "" if policy.effective_to is None else f" until {policy.effective_to}"
    yield f"in force from {policy.effective_from}{until} · confidence {policy.confidence}"
    if policy.invented:
        yield "This operator is invented."
    if policy.observed:
        yield from wrap(f"Observed, and not relied on: {policy.observed}", WIDTH)


# --- the life ------------------------------------------------------------------------------------


def _life(policy: Policy, life: Life) -> Iterator[str]:
    yield ""
    yield from wrap(_begins(policy, life), WIDTH)
    yield ""
    yield from _bar(policy, life)
    yield ""
    rows = [_row(policy, life, stretch) for stretch in life.stretches]
    yield from _columns(("", "stage", "from day", "date", "what works"), rows)
    for stretch in life.stretches:
        notes = [wording.way_back(policy, stretch.stage), wording.balance(policy, stretch.stage)]
        said = "; ".join(note for note in notes if note)
        if said:
            yield from _hung(f"  {stretch.stage.name}: ", said)


def _begins(policy: Policy, life: Life) -> str:
    """Say what the life begins with."""
    day = life.begins.astimezone(policy.zone).date()
    if life.purchase is None:
        return f"Activated on {day}, and then nothing happens:"
    bought = wording.purchase(policy, life.purchase)
    return f"Activated on {day} with a {bought}, and then nothing happens:"


def _bar(policy: Policy, life: Life) -> Iterator[str]:
    """Draw the stretches in proportion, each at least two columns wide, with days under them."""
    edges = edges_of(life)
    if len(edges) < 2:
        yield FILLS[life.stretches[0].stage.kind] * WIDTH if life.stretches else ""
        return
    columns = spread(edges, WIDTH - 8, least=2)
    cells = [" "] * (columns[-1] + 6)
    for stretch in life.stretches:
        first = columns[edges.index(stretch.begins.earliest)]
        end = None if stretch.ends is None else stretch.ends.latest or stretch.ends.earliest
        last = len(cells) if end is None else columns[edges.index(end)]
        cells[first:last] = FILLS[stretch.stage.kind] * (last - first)
    for stretch in life.stretches:
        for unsure in (stretch.begins, stretch.ends):
            if unsure is not None and unsure.latest is not None and not unsure.is_known:
                first, last = (
                    columns[edges.index(unsure.earliest)],
                    columns[edges.index(unsure.latest)],
                )
                cells[first:last] = _UNSURE * (last - first)
    yield "".join(cells) + "→"
    days = [f"{day_of(life, at)}" for at in edges]
    yield _ruler(columns, days)


def _ruler(columns: Sequence[int], labels: Sequence[str]) -> str:
    """Write labels under their columns, leaving out those for which there is no room."""
    line = ""
    for column, label in zip(columns, labels, strict=True):
        if column >= len(line) + (1 if line else 0):
            line = line.ljust(column) + label
    return line


def edges_of(life: Life) -> list[datetime]:
    """Return every instant at which a stretch may begin or end, in order."""
    ranges = [r for s in life.stretches for r in (s.begins, s.ends) if r is not None]
    instants = {r.earliest for r in ranges} | {r.latest for r in ranges if r.latest is not None}
    return sorted(instants)


def spread(edges: Sequence[datetime], width: int, least: int) -> list[int]:
    """Place instants over a width in proportion to time, at least `least` apart."""
    gaps = [(after - before).total_seconds() for before, after in pairwise(edges)]
    room = max(0, width - least * len(gaps))
    total = sum(gaps) or 1
    places, at = [0], 0.0
    for gap in gaps:
        at += least + room * gap / total
        places.append(round(at))
    return places


def day_of(life: Life, at: datetime) -> int:
    """Return how many nights lie between the beginning and `at`, in the zone of the beginning."""
    zone = life.begins.tzinfo
    return (at.astimezone(zone).date() - life.begins.astimezone(zone).date()).days


def days_of(life: Life, at: Between) -> str:
    """Return the day of an instant, or two of a range."""
    first = day_of(life, at.earliest)
    last = first if at.latest is None else day_of(life, at.latest)
    return str(first) if first == last else f"{first}…{last}"


def _row(policy: Policy, life: Life, stretch: Stretch) -> tuple[str, ...]:
    name = stretch.stage.name if stretch.is_sure else f"({stretch.stage.name})"
    return (
        FILLS[stretch.stage.kind] * 2,
        name,
        days_of(life, stretch.begins),
        wording.between(stretch.begins, policy),
        wording.services(stretch.stage.services),
    )


# --- sections and columns ------------------------------------------------------------------------


def _section(title: str, entries: Sequence[tuple[str, str]]) -> Iterator[str]:
    if not entries:
        return
    yield ""
    yield title
    for name, said in entries:
        yield from _hung(f"  {name}: ", said)


def _hung(label: str, said: str) -> list[str]:
    return wrap(
        label + said,
        WIDTH,
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _events(policy: Policy) -> list[tuple[str, str]]:
    entries = []
    for rule in policy.events:
        gives = [wording.extension(policy, extension) for extension in rule.extends]
        what = "; ".join(gives) or "counts, without moving a clock"
        entries.append((rule.id, f"{wording.event(policy, rule)} → {what}"))
    return entries


def _unknowns(policy: Policy) -> list[tuple[str, str]]:
    return [(unknown.path, wording.unknown(unknown)) for unknown in policy.unknowns]


def _sources(policy: Policy) -> list[tuple[str, str]]:
    return [(f"{s.checked} {s.confidence}", s.url) for s in policy.sources]


def _columns(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Align columns; the last one is wrapped."""
    widths = [max(_cells(row[i]) for row in (heads, *rows)) for i in range(len(heads) - 1)]
    left = sum(widths) + 2 * len(widths)
    for row in (heads, *rows):
        start = "".join(_pad(cell, width + 2) for cell, width in zip(row, widths, strict=False))
        lines = wrap(row[-1], max(20, WIDTH - left)) or [""]
        yield start + lines[0]
        for line in lines[1:]:
            yield " " * left + line


def _cells(text: str) -> int:
    """How many columns text takes; Chinese takes two for each character."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _cells(text))
