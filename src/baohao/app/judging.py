"""
Judge what a contributor wrote: the linter, then the example histories, played one by one.

An example that comes out otherwise is a finding at the line that expects it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from baohao.app import play
from baohao.app.brochure import morning
from baohao.app.policies import Loaded, Located, load
from baohao.core.policy.examples import DAYS, NEVER, Example, Expected
from baohao.core.policy.findings import Finding, Place, PolicyFault
from baohao.core.policy.model import Policy
from baohao.core.refusals import Refusal

#: What is expected of a day is true at noon, after what was done in its morning.
_NOON = time(12)


class NoExample(PolicyFault):
    """There is no example: write one history with its dates as [[examples]], worked out by hand."""

    code = "policy.example.none"


class NotPlayed(PolicyFault):
    """The example {title!r} cannot be played: {reason}"""

    code = "policy.example.not_played"


class ComesOutOtherwise(PolicyFault):
    """In the example {title!r}, on {at}, {fact} is {found}, not {wanted}."""

    code = "policy.example.differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One example."""

    title: str
    is_right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was found; `policy` is `None` where the linter refused it, and nothing was played."""

    policy: Policy | None
    played: tuple[Played, ...]
    findings: tuple[Located, ...]


def judge(path: Path) -> Judged:
    """Judge one file."""
    loaded = load(path)
    if loaded.policy is None:
        return Judged(policy=None, played=(), findings=loaded.findings)
    return examined(loaded, loaded.policy)


def examined(loaded: Loaded, policy: Policy) -> Judged:
    """Play the examples of a policy that the linter let through."""
    found: list[Finding] = []
    played: list[Played] = []
    for example in policy.examples:
        faults = list(_faults(policy, example))
        found += faults
        played.append(Played(title=example.title, is_right=not faults))
    if not policy.examples:
        found.append(Finding(place=(), refusal=NoExample()))
    source = loaded.source
    located = () if source is None else tuple(source.locate(each) for each in found)
    return Judged(policy=policy, played=tuple(played), findings=located)


def _faults(policy: Policy, example: Example) -> Iterator[Finding]:
    events = [_event(policy, each) for each in example.history]
    for expected in example.expected:
        try:
            told = play.play_policy(policy, events, _instant(policy, expected.at, _NOON))
        except Refusal as refusal:
            refused = NotPlayed(title=example.title, reason=refusal.message)
            yield Finding(place=(*example.place, "history"), refusal=refused)
            return
        yield from _differing(policy, example, expected, told)


def _event(policy: Policy, act: Mapping[str, object]) -> dict[str, Any]:
    """Give an act the instant that its day means."""
    at = act.get("at")
    return {**act, "at": _instant(policy, at)} if isinstance(at, date) else dict(act)


def _instant(policy: Policy, at: date, wall: time | None = None) -> datetime:
    if isinstance(at, datetime):
        return at if at.tzinfo is not None else at.replace(tzinfo=policy.zone)
    return morning(policy, at) if wall is None else datetime.combine(at, wall, policy.zone)


def _differing(
    policy: Policy, example: Example, expected: Expected, told: Mapping[str, Any]
) -> Iterator[Finding]:
    for place, fact, wanted, found in _facts(expected, told):
        said = _said(policy, found, wanted)
        if said != _said(policy, wanted, wanted):
            refusal = ComesOutOtherwise(
                title=example.title,
                at=str(expected.at),
                fact=fact,
                found=_words(said),
                wanted=_words(_said(policy, wanted, wanted)),
            )
            yield Finding(place=place, refusal=refusal)


def _facts(
    expected: Expected, told: Mapping[str, Any]
) -> Iterator[tuple[Place, str, object, object]]:
    """Yield each fact with what is wanted and what was found."""
    for name, wanted in expected.facts.items():
        place = (*expected.place, name)
        if isinstance(wanted, Mapping) and name not in DAYS:
            for each, value in wanted.items():
                yield (*place, each), f"{name}.{each}", value, _of(told[name], each)
        else:
            yield place, name, wanted, told[name]


def _of(told: Any, name: str) -> object:
    """Return what is told of one clock or balance; of one that is not there, what it is then."""
    return told.get(name, f"no {name}") if isinstance(told, Mapping) else told


def _said(policy: Policy, value: object, like: object) -> object:
    """Say a fact, found or wanted, as the example writes it: a day, or an instant."""
    if isinstance(value, Mapping) and "earliest" in value:
        wanted = like if isinstance(like, Mapping) else {}
        ends = ("earliest", "latest")
        return {end: _said(policy, value[end], wanted.get(end)) for end in ends}
    if value is None:
        return NEVER
    if isinstance(value, Mapping) and "last_day" in value:
        return value["at"] if isinstance(like, datetime) else value["last_day"]
    if isinstance(value, datetime):
        return _instant(policy, value).astimezone(policy.zone).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, list) else value


def _words(said: object) -> str:
    if isinstance(said, Mapping):
        return f"{said['earliest']} to {said['latest']}"
    if isinstance(said, list):
        return " or ".join(map(str, said))
    return {True: "true", False: "false"}[said] if isinstance(said, bool) else str(said)
