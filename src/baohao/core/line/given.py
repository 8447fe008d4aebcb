"""
What a change of a line gives and takes: benefits as rows, of which each stretch of time has one.
"""

from __future__ import annotations

from collections.abc import Mapping

from baohao.core.line.standing import Benefit
from baohao.core.line.state import LineState

#: What makes two benefits the same time given twice: clock, start, kind.
Place = tuple[str, object, str]


def live(state: LineState | None) -> Mapping[Place, Benefit]:
    """
    Return the benefits of a line by their place, in its first world.

    Where two acts gave time from the same instant on, such as two top-ups of one minute that each
    begin a term anew, the longer is the one that gives; a stretch of nothing is none.
    """
    found: dict[Place, Benefit] = {}
    if state is None or not state.standings:
        return found
    for benefit in state.standings[0].benefits:
        place = (benefit.clock, benefit.start, benefit.kind)
        known = found.get(place)
        if benefit.end > benefit.start and (known is None or known.end < benefit.end):
            found[place] = benefit
    return found


def change(
    before: LineState | None, after: LineState
) -> tuple[tuple[Benefit, ...], tuple[Benefit, ...]]:
    """Return the benefits that are no longer given, and those that are now."""
    was, will = live(before), live(after)
    gone = tuple(b for place, b in was.items() if will.get(place) != b)
    come = tuple(b for place, b in will.items() if was.get(place) != b)
    return gone, come
