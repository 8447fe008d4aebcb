"""A line's own life as text: the stages it went through, the one it is in, those that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from baohao.app.drawing import FILLS, WIDTH, spread
from baohao.core.line.fold import Folded
from baohao.core.line.project import Projection
from baohao.core.policy.model import Policy

#: The arrow at the end, and what the last stage is drawn with, for it has no end.
_ARROW, _TAIL = "→", 4


@dataclass(frozen=True, slots=True)
class Stay:
    """The time a line spends in a stage."""

    stage: str
    kind: str
    begins: datetime
    #: `None`: it lasts.
    ends: datetime | None


def stays(policy: Policy, folded: Folded, view: Projection) -> tuple[Stay, ...]:
    """Return the stages of a line from its beginning, in one world."""
    kinds = {stage.name: stage.kind for stage in policy.stages}
    # A stage that lasted no time at all was passed through, not stayed in.
    entered: list[tuple[str, datetime]] = []
    begun = folded.standing.begun.get("activation")
    if begun is not None:
        entered.append((_first(policy, folded, view), begun))
    entered += [(s.id, s.at) for s in folded.settled if s.what == "stage"]
    if entered and entered[-1][0] != view.stage and folded.standing.stage_since is not None:
        entered.append((view.stage, folded.standing.stage_since))
    entered += [(boundary.stage, boundary.at) for boundary in view.ahead]
    found = []
    for index, (stage, at) in enumerate(entered):
        ends = entered[index + 1][1] if index + 1 < len(entered) else None
        if ends is None or ends > at:
            found.append(Stay(stage, kinds.get(stage, "stock"), at, ends))
    return tuple(found)


def _first(policy: Policy, folded: Folded, view: Projection) -> str:
    """Return the stage that a life began in: what the first change of stage left."""
    changes = [s for s in folded.settled if s.what == "stage" and s.origin not in ("", "stock")]
    if changes:
        return changes[0].origin
    return view.stage


def drawn(policy: Policy, found: Sequence[Stay], at: datetime) -> list[str]:
    """Draw a life in proportion to time: a bar, a mark under the instant, and what is what."""
    if not found:
        return []
    edges = sorted({each.begins for each in found} | {at})
    columns = dict(zip(edges, spread(edges, WIDTH - _TAIL - 2, least=1), strict=True))
    width = columns[edges[-1]] + _TAIL
    cells = [" "] * width
    for each in found:
        last = width if each.ends is None else columns[each.ends]
        cells[columns[each.begins] : last] = FILLS[each.kind] * (last - columns[each.begins])
    lines = ["".join(cells) + _ARROW, " " * columns[at] + "▲ " + _day(policy, at)]
    for each in found:
        until = "" if each.ends is None else f" to {_day(policy, each.ends, last=True)}"
        here = " ◀" if each.begins <= at and (each.ends is None or at < each.ends) else ""
        lines.append(
            f"{FILLS[each.kind] * 2} {each.stage}: {_day(policy, each.begins)}{until}{here}"
        )
    return lines


def _day(policy: Policy, at: datetime, *, last: bool = False) -> str:
    """Write an instant as its day; as the last good day before it where it ends something."""
    day = at - timedelta(microseconds=1) if last else at
    return day.astimezone(policy.zone).date().isoformat()
