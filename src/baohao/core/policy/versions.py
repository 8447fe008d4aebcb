"""
Which version of a policy is for which line: by the day, and by the cohort that the line is of.

Where several are, the one whose cohort says more is meant: a version for those activated before a
day stands beside one for everybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from baohao.core.policy.model import Cohort, Policy
from baohao.core.refusals import Refusal


class VersionMissing(Refusal):
    """No version of the policy {name} is in force on {day} for this line."""

    code = "policy.version.missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What a cohort asks about a line; empty and `None`: not known."""

    activated: date | None = None
    plan: str = ""
    batch: str = ""
    identity: str = ""


def version_for(policies: Iterable[Policy], name: str, day: date, member: Member) -> Policy:
    """
    Return the version of the policy `name` that is in force on `day` for a line.

    `day` is the civil day in the policy's zone. Raises `VersionMissing`.
    """
    fitting = [
        policy
        for policy in policies
        if policy.name == name and _in_force(policy, day) and admits(policy.cohort, member)
    ]
    if not fitting:
        raise VersionMissing(name=name, day=day)
    return max(fitting, key=lambda policy: (_parts(policy.cohort), policy.effective_from))


def _in_force(policy: Policy, day: date) -> bool:
    ended = policy.effective_to is not None and day >= policy.effective_to
    return policy.effective_from <= day and not ended


def admits(cohort: Cohort, member: Member) -> bool:
    """Return whether a line is of a cohort; what is not known of it fits nothing that is asked."""
    dated = cohort.activated_from is not None or cohort.activated_to is not None
    if dated and (member.activated is None or not _activated(cohort, member.activated)):
        return False
    asked = (
        (cohort.plans, member.plan),
        (cohort.batches, member.batch),
        (cohort.identity, member.identity),
    )
    return all(not part or value in part for part, value in asked)


def _activated(cohort: Cohort, day: date) -> bool:
    first, last = cohort.activated_from, cohort.activated_to
    return (first is None or day >= first) and (last is None or day < last)


def _parts(cohort: Cohort) -> int:
    """How much a cohort says."""
    dated = cohort.activated_from is not None or cohort.activated_to is not None
    return dated + bool(cohort.plans) + bool(cohort.batches) + bool(cohort.identity)


def clash(one: Policy, other: Policy) -> bool:
    """Return whether two versions of one policy leave open which of them is meant for some line."""
    return (
        one.name == other.name
        and _overlap(one.effective_from, one.effective_to, other.effective_from, other.effective_to)
        and _parts(one.cohort) == _parts(other.cohort)
        and _meet(one.cohort, other.cohort)
    )


def _meet(one: Cohort, other: Cohort) -> bool:
    """Whether some line can be of both cohorts."""
    parts = (
        (one.plans, other.plans),
        (one.batches, other.batches),
        (one.identity, other.identity),
    )
    return _overlap(
        one.activated_from, one.activated_to, other.activated_from, other.activated_to
    ) and all(not a or not b or a & b for a, b in parts)


def _overlap(
    first: date | None, last: date | None, other_first: date | None, other_last: date | None
) -> bool:
    """Whether two half-open stretches share a day; `None` is open."""
    starts_in_time = other_last is None or first is None or first < other_last
    ends_in_time = last is None or other_first is None or other_first < last
    return starts_in_time and ends_in_time
