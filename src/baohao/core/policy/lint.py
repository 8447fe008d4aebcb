"""
Refuse policies that contradict themselves or the law.

Parsing refuses what the language does not know; this refuses what it can say and nobody can mean.
A contradiction names both of its halves. Nothing is a mere warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from baohao.core.policy.findings import Finding
from baohao.core.policy.lint_clocks import clocks, extensions
from baohao.core.policy.lint_ladder import ladder, quarantine, ways_back
from baohao.core.policy.lint_money import events, money
from baohao.core.policy.lint_overlays import overlays
from baohao.core.policy.lint_papers import offers, papers
from baohao.core.policy.lint_references import references, repetitions
from baohao.core.policy.model import Policy
from baohao.core.policy.overlays import Overlay
from baohao.core.policy.worlds import worlds_of

_RULES: tuple[Callable[[Policy], Iterator[Finding]], ...] = (
    references,
    repetitions,
    clocks,
    extensions,
    events,
    money,
    ladder,
    ways_back,
    quarantine,
    papers,
    offers,
)


def lint(policy: Policy, laws: Mapping[str, Overlay]) -> tuple[Finding, ...]:
    """
    Return what is wrong with a policy in any of its worlds; empty: nothing.

    `laws` are all overlays that are known, by name: those that the policy names bind it, and those
    of its country that were in force when it began.
    """
    found: dict[object, Finding] = {}
    for world in worlds_of(policy):
        every = [finding for rule in _RULES for finding in rule(world)]
        for finding in (*every, *overlays(world, laws)):
            found.setdefault((finding.place, finding.code, finding.message), finding)
    return tuple(found.values())
