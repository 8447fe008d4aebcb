"""Unknown rules: what every world answers lies within what is told."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from tests.core.laws.lives import Life, lives

from baohao.core.line.fold import fold
from baohao.core.line.project import Deadline, project
from baohao.core.line.prospect import Range, prospect
from baohao.core.line.state import LineState
from baohao.core.policy.model import KEEPING
from baohao.core.policy.worlds import worlds_of


def inside(deadline: Deadline | None, found: Range) -> bool:
    if deadline is None:
        return found.latest is None
    early = found.earliest is None or found.earliest.at <= deadline.at
    return early and (found.latest is None or deadline.at <= found.latest.at)


@given(lives(many=True))
def test_every_world_lies_within_the_range(life: Life) -> None:
    seen = tuple(act for act in life.acts if act.at <= life.at)
    folded = fold(life.rules, life.pin, seen, until=life.at)
    line = LineState(
        number="+85366000000",
        operator="o",
        plan="p",
        first_pin=life.pin,
        pin=life.pin,
        acts=seen,
        standings=tuple(f.standing for f in folded),
    )
    at = life.at + timedelta(days=1)
    told = prospect(line, life.rules, at)
    assert len(told.views) == len(worlds_of(life.policy))
    for world, standing in zip(worlds_of(life.policy), line.standings, strict=True):
        view = project(world, standing, seen, at)
        assert view.stage in told.stages
        for name, deadline in view.clocks.items():
            assert inside(deadline, told.clocks[name])
        for place, services in told.services.items():
            assert services <= view.services.get(place, frozenset())
        if view.kind in KEEPING:
            assert inside(view.safe_until, told.safe_until)
        else:
            assert told.safe_until.earliest is None
    if len({view.stage for view in told.views}) == 1 == len(told.views):
        assert told.safe_until.is_known
