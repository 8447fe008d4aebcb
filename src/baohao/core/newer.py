"""
Newer: the versions of a product's rules that came into force after the one a card is under.

A card moves along by `repin`, and keeps what it has reached. Whether its operator sees it so is
another question: what the rules of today alone would give stands beside it, as a reading does.
"""

from __future__ import annotations

from datetime import datetime

from baohao.core.civil import civil_day
from baohao.core.line.fold import Rules, fold, policy_of
from baohao.core.line.project import Projection, project
from baohao.core.line.state import LineState
from baohao.core.policy.model import Policy
from baohao.core.policy.versions import Member, VersionMissing, version_for
from baohao.core.policy.worlds import worlds_of


def next_version(rules: Rules, line: LineState, pin: str, now: datetime) -> Policy | None:
    """Return the version that follows `pin` for a card; `None`: that is the newest."""
    policy = policy_of(rules, pin)
    today = civil_day(now, policy.zone)
    versions = [each for each in rules.values() if each.name == policy.name]
    days = {each.effective_from for each in versions if each.effective_from <= today}
    for day in sorted(day for day in days if day > policy.effective_from):
        try:
            found = version_for(versions, policy.name, day, _member(line, policy))
        except VersionMissing:
            continue
        if found.effective_from > policy.effective_from:
            return found
    return None


def newest(rules: Rules, line: LineState, now: datetime) -> Policy:
    """Return the version that is in force for a card; its own where there is none newer."""
    pin = line.pin
    while (found := next_version(rules, line, pin, now)) is not None:
        pin = found.pin
    return policy_of(rules, pin)


def by_newest(rules: Rules, line: LineState, now: datetime) -> list[Projection]:
    """
    Return what would be true of a card if the rules of today had held from its beginning.

    Empty where they have, and where it would be lost by them already: that is over, or it is not
    so.
    """
    policy = newest(rules, line, now)
    if policy.pin == line.first_pin:
        return []
    acts = [
        act
        for act in line.acts
        if act.kind != "repin" and (not act.clock or act.clock in policy.clocks)
    ]
    found, worlds = fold(rules, policy.pin, acts, until=now), worlds_of(policy)
    views = [
        project(worlds[index % len(worlds)], each.standing, acts, now)
        for index, each in enumerate(found)
    ]
    return [view for view in views if view.kind == "live"]


def _member(line: LineState, policy: Policy) -> Member:
    begun = line.standing.begun.get("activation")
    activated = None if begun is None else civil_day(begun, policy.zone)
    return Member(activated=activated, plan=line.plan, batch=line.batch)
