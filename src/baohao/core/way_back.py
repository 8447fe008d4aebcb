"""
The way back: until when, where and for which fee a number comes back, in each stage that it may be
in.

Told before it is needed: whoever reads it while the number is safe knows what lateness costs. The
rules are the policy's; where the operator offers an act, and for which fee, its schedule says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from baohao.core.civil import after
from baohao.core.fees import CHANNELS, FeeSchedule
from baohao.core.line.project import LOST, Projection
from baohao.core.policy.model import Permission, Policy, Stage

#: Kinds of acts that bring a number back -> the verb that a person asks for.
VERBS = {"renewal": "renew", "topup": "top_up", "voucher": "top_up"}
#: The verb of a number that was lost.
RESTORE = "restore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel in which the number comes back, and what that costs beside the price of time."""

    channel: str
    fee_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """How a number comes back out of one stage."""

    stage: str
    kind: str
    #: When the line enters the stage, or entered it.
    begins: datetime
    #: Half-open; `None`: there is no last day.
    until: datetime | None
    #: "renew", "top_up" or "restore"; empty: the number does not come back.
    verb: str
    places: tuple[Place, ...] = ()
    #: The least that a top-up must bring.
    least_minor: int = 0
    #: The holder shows a document.
    identity: bool = False


def ways_back(
    policy: Policy, fees: FeeSchedule | None, view: Projection, since: datetime | None
) -> tuple[WayBack, ...]:
    """
    Return the way back in the stage that a line is in and in each that follows, in one world.

    `since` is when it entered the one that it is in.
    """
    known = {stage.name: stage for stage in policy.stages}
    ahead = [(view.stage, since or view.at), *((b.stage, b.at) for b in view.ahead)]
    ends: list[datetime | None] = [*(at for _, at in ahead[1:]), None]
    return tuple(
        _way(policy, fees, known[name], at, end)
        for (name, at), end in zip(ahead, ends, strict=True)
        if name in known and (end is None or end > at)
    )


def _way(
    policy: Policy, fees: FeeSchedule | None, stage: Stage, begins: datetime, end: datetime | None
) -> WayBack:
    if stage.kind in LOST:
        return _restored(policy, fees, stage, begins, end)
    verb = _verb(policy, stage)
    restore = stage.restore if stage.kind != "live" else None
    # A top-up pays the fee of the way back out of its own credit.
    fee = restore.fee_minor if restore is not None else 0
    return WayBack(
        stage=stage.name,
        kind=stage.kind,
        begins=begins,
        until=end,
        verb=verb,
        places=_places(policy, fees, stage, verb, fee, restore.channels if restore else None),
        least_minor=restore.min_minor if restore is not None else 0,
        identity=restore is not None and restore.identity,
    )


def _restored(
    policy: Policy, fees: FeeSchedule | None, stage: Stage, begins: datetime, end: datetime | None
) -> WayBack:
    within = policy.quarantine.former_holder_within
    if within is None or stage.kind == "recycled":
        return WayBack(stage=stage.name, kind=stage.kind, begins=begins, until=end, verb="")
    until = after(begins, within, policy.zone)
    fee = policy.quarantine.former_holder_fee_minor or 0
    return WayBack(
        stage=stage.name,
        kind=stage.kind,
        begins=begins,
        until=until if end is None else min(until, end),
        verb=RESTORE,
        places=_places(policy, fees, stage, RESTORE, fee, None),
    )


def _verb(policy: Policy, stage: Stage) -> str:
    """Return what a person asks for; a live line is renewed, or topped up, as the plan has it."""
    if stage.kind == "live":
        sold = {offer.verb for offer in policy.offers}
        return next((verb for verb in ("renew", "top_up") if verb in sold), "")
    if stage.restore is None:
        return ""
    kinds: Sequence[str] = [
        kind for rule in policy.events if rule.id in stage.restore.by for kind in sorted(rule.kinds)
    ]
    return next((VERBS[kind] for kind in kinds if kind in VERBS), "")


def _places(
    policy: Policy,
    fees: FeeSchedule | None,
    stage: Stage,
    verb: str,
    fee_minor: int,
    channels: frozenset[str] | None,
) -> tuple[Place, ...]:
    rule = policy.permissions.get(verb, Permission())
    is_barred = not rule.allowed or (rule.stages is not None and stage.name not in rule.stages)
    if not verb or is_barred:
        return ()
    found = []
    for channel in CHANNELS if fees is None else fees.channels(verb):
        # People are told of where people go.
        if channel in ("api", "operator") or not all(
            allowed is None or channel in allowed for allowed in (channels, rule.channels)
        ):
            continue
        own = 0 if fees is None else fees.fee(verb, channel).fee_minor
        found.append(Place(channel=channel, fee_minor=own + fee_minor))
    return tuple(found)
