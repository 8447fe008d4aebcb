"""
Campaigns: what is done to many lines at once, for a reason, by two persons.

    moratorium   planned -> holding -> held -> lifting -> over
    move         planned -> looking -> looked -> telling -> told -> moving -> over

A moratorium puts lines on hold until a day; a move takes them to another policy, and no line that
would lose by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from baohao.core.refusals import Refusal

MORATORIUM, MOVE = "moratorium", "move"
#: Passes over lines -> what follows when one is done.
PASSES: Mapping[str, str] = {
    "looking": "looked",
    "holding": "held",
    "lifting": "over",
    "telling": "told",
    "moving": "over",
}
#: What begins by itself when its time has come.
BEGINS: Mapping[str, str] = {"held": "lifting", "told": "moving"}
#: Of lines that were looked at: those that a move is for.
MOVABLE = ("gains", "same")


class CampaignUnknown(Refusal):
    """There is no such campaign of {operator}."""

    code = "campaign.unknown"


class CampaignMoved(Refusal):
    """Somebody else was quicker: the campaign is {state} now. Look at it again."""

    code = "campaign.moved"


class CampaignMalformed(Refusal):
    """The campaign's {part} cannot be used: {reason}."""

    code = "campaign.malformed"


class OwnCampaign(Refusal):
    """Whoever planned a campaign does not approve it: somebody else looks at it."""

    code = "campaign.own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which lines, what for, and what is said of it."""

    reason: str
    #: What holders read.
    words: str
    #: Moratorium: how the numbers begin, as in "+8536"; none: all. Which plan; empty: all.
    prefixes: tuple[str, ...] = ()
    plan: str = ""
    cause: str = ""
    #: Move: from which policy to which.
    pin: str = ""
    new_pin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign."""

    operator: str
    id: UUID
    kind: str
    plan: Plan
    state: str
    made_by: str
    made_at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None
    ended_by: str = ""
    goes_on_at: datetime | None = None
    told_at: datetime | None = None
    #: Up to where the pass at hand has come.
    at: tuple[int, str] = (-1, "")

    def is_about(self, operator: str, number: str, plan: str, pin: str) -> bool:
        """Whether a line is one of those that it is for."""
        if operator != self.operator:
            return False
        if self.kind == MOVE:
            return pin == self.plan.pin
        begins = not self.plan.prefixes or number.startswith(self.plan.prefixes)
        return begins and self.plan.plan in ("", plan)
