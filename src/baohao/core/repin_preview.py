"""
A move of many lines to another policy, before it is made: who gains, who loses, and who cannot.

Nothing is changed. A line that would lose is not moved by `repin`; the owner of the change sees
here how many those are, and by how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from baohao.core.line.acts import Act
from baohao.core.line.evolve import acted
from baohao.core.line.fold import Rules
from baohao.core.line.prospect import Range, prospect
from baohao.core.line.state import LineState
from baohao.core.refusals import Refusal

GAINS, LOSES, SAME, UNKNOWN, REFUSED = "gains", "loses", "same", "unknown", "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a move would do to one line."""

    number: str
    #: "gains", "loses", "same", "unknown" (the worlds of a policy differ) or "refused".
    outcome: str
    #: By how many days it is safe for longer; negative: shorter. `None`: one of them has no end.
    days: int | None = None
    #: The last good day now and then; `None`: no end in sight, or lost.
    now: date | None = None
    then: date | None = None
    #: Of a line that is refused: the stable code.
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The sum of a move."""

    #: outcome -> lines.
    lines: dict[str, int] = field(default_factory=dict)
    #: The most that any line gains and loses, in days.
    most_gained: int = 0
    most_lost: int = 0


def preview(lines: Iterable[LineState], pin: str, rules: Rules, now: datetime) -> Iterator[Moved]:
    """
    Yield what moving each line to the policy `pin` at `now` would do to its last safe day.

    Lines are settled up to `now`; the rest of a stream is not held in memory.
    """
    act = Act(id="preview", kind="repin", at=now, pin=pin)
    for line in lines:
        try:
            moved, _ = acted(line, act, rules)
            yield _compared(
                line.number,
                prospect(line, rules, now).safe_until,
                prospect(moved, rules, now).safe_until,
            )
        except Refusal as refusal:
            yield Moved(number=line.number, outcome=REFUSED, code=refusal.code)


def _compared(number: str, was: Range, will: Range) -> Moved:
    now = was.earliest.last_day if was.earliest else None
    then = will.earliest.last_day if will.earliest else None
    if not (was.is_known and will.is_known):
        return Moved(number=number, outcome=UNKNOWN, now=now, then=then)
    if now is None or then is None:
        outcome = SAME if now is then else LOSES if now is None else GAINS
        return Moved(number=number, outcome=outcome, now=now, then=then)
    days = (then - now).days
    outcome = SAME if not days else GAINS if days > 0 else LOSES
    return Moved(number=number, outcome=outcome, days=days, now=now, then=then)


def summed(moves: Iterable[Moved]) -> Preview:
    """Return how many lines gain, lose, stay, and by how much at most."""
    lines: dict[str, int] = {}
    gained = lost = 0
    for move in moves:
        lines[move.outcome] = lines.get(move.outcome, 0) + 1
        gained, lost = max(gained, move.days or 0), min(lost, move.days or 0)
    return Preview(lines=lines, most_gained=gained, most_lost=-lost)
