"""
Outlook: what the store keeps of a line's future, so that it need not be asked of every line.

It holds for as long as nothing happens to the line. Where the worlds of its policy differ, the one
in which the number is lost first is told: reminders and counts use the earlier.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from baohao.core.line.dues import advance, next_due
from baohao.core.line.fold import Rules, policy_of
from baohao.core.line.project import LOST, ahead_of
from baohao.core.line.run import Run
from baohao.core.line.standing import Standing
from baohao.core.line.state import LineState
from baohao.core.policy.model import Policy
from baohao.core.policy.worlds import worlds_of

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Where a line is going."""

    #: The policy that says so.
    pin: str
    #: When the number is lost; `None`: no end in sight, or it is lost already.
    safe_until: datetime | None
    #: When something falls due by itself; `None`: nothing, or what does is not known.
    next_at: datetime | None
    #: The stage that it is in and those that follow, each with its kind and its beginning.
    stages: tuple[str, ...]
    kinds: tuple[str, ...]
    starts: tuple[datetime, ...]


def outlook(state: LineState, rules: Rules, now: datetime) -> Outlook:
    """Return where a line that is settled up to `now` is going."""
    worlds = worlds_of(policy_of(rules, state.pin))
    seen = [
        _outlook(worlds[index % len(worlds)], standing, state, now)
        for index, standing in enumerate(state.standings)
    ]
    if len(seen) == 1:
        return seen[0]
    # A line with several readings settles nothing, so nothing falls due.
    return replace(min(seen, key=lambda each: each.safe_until or _NEVER), next_at=None)


def _outlook(policy: Policy, standing: Standing, state: LineState, now: datetime) -> Outlook:
    run = Run(policy, standing, state.acts)
    if len(state.standings) > 1:
        advance(run, now)
    stage, due = run.stage, next_due(run)
    ahead = tuple(ahead_of(run, now))
    return Outlook(
        pin=policy.pin,
        safe_until=next((b.at for b in ahead if b.kind in LOST), None) if stage.keeping else None,
        next_at=None if due is None else due[0],
        stages=(stage.name, *[b.stage for b in ahead]),
        kinds=(stage.kind, *[b.kind for b in ahead]),
        starts=(run.stage_since or now, *[b.at for b in ahead]),
    )
