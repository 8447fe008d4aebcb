"""
Campaigns, worked in parts: a moratorium holds many lines and lifts them, a move repins them.

Each part is asked for through the door, and then written down with how far the pass has come.
Killed between the two, it is asked for again with the same keys, and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from baohao.app.ports.telling import Texts
from baohao.app.shell import OutcomeUnknown, Shell
from baohao.core import repin_preview
from baohao.core.asks import Ask
from baohao.core.bucket import bucket_of
from baohao.core.campaigns import (
    BEGINS,
    MORATORIUM,
    MOVABLE,
    MOVE,
    PASSES,
    Campaign,
    CampaignMalformed,
    CampaignMoved,
    CampaignUnknown,
    OwnCampaign,
)
from baohao.core.campaigns import (
    Plan as Plan,
)
from baohao.core.civil import after
from baohao.core.line.fold import Rules, policy_of
from baohao.core.refusals import Refusal
from baohao.store import campaigns, clock
from baohao.store.campaigns import START
from baohao.store.campaigns import Member as Member
from baohao.store.sql import Connection

#: Lines of a part.
PART = 500
#: Parts of a turn, so that other work gets its own.
PARTS = 20

# --- planned, approved, ended ---------------------------------------------------------------------


def plan(conn: Connection, new: Campaign, rules: Rules) -> None:
    """Plan a campaign; raises `CampaignMalformed`."""
    _sound(new, rules, clock.now(conn))
    campaigns.insert(conn, replace(new, made_at=clock.now(conn)))


def find(conn: Connection, operator: str, id_: UUID) -> Campaign:
    """Return one of an operator's campaigns; raises `CampaignUnknown`."""
    found = campaigns.find(conn, operator, id_)
    if found is None:
        raise CampaignUnknown(operator=operator)
    return found


def listed(conn: Connection, operator: str) -> Sequence[Campaign]:
    """Return an operator's campaigns, the latest first."""
    return campaigns.of_operator(conn, operator)


def shown(conn: Connection) -> Sequence[Campaign]:
    """Return the campaigns that holders are shown: holds in force, and moves that are announced."""
    return [c for c in campaigns.open_(conn) if c.state in ("holding", "held", "telling", "told")]


def counted(conn: Connection, campaign: Campaign) -> tuple[int, int]:
    """Return how many lines it is for, and how many leave their stage before it goes on."""
    return campaigns.count(conn, campaign, campaign.goes_on_at)


def outcomes(conn: Connection, campaign: Campaign) -> list[tuple[str, str, int, int, int]]:
    """Return (outcome, code, lines, most days gained, most days lost)."""
    return campaigns.outcomes(conn, campaign.id)


def members(
    conn: Connection, campaign: Campaign, after: tuple[int, str], limit: int, only: str = ""
) -> tuple[list[Member], tuple[int, str] | None]:
    """Return lines of a campaign behind a key, and behind which key the next are."""
    wanted = (only,) if only else ()
    found = campaigns.members(conn, campaign.id, after, limit + 1, wanted)
    last = found[:limit][-1].number if len(found) > limit else ""
    return found[:limit], (bucket_of(last), last) if last else None


def look(conn: Connection, operator: str, id_: UUID) -> None:
    """Have the worker look at what a move would do to each line."""
    found = find(conn, operator, id_)
    if found.kind != MOVE:
        raise CampaignMoved(state=found.state)
    _move(conn, replace(found, state="looking", at=START), "planned")


def approve(conn: Connection, operator: str, id_: UUID, by: str) -> None:
    """Let a campaign begin, by another person than who planned it; raises `OwnCampaign`."""
    found = find(conn, operator, id_)
    if found.made_by == by:
        raise OwnCampaign()
    is_hold = found.kind == MORATORIUM
    begun = replace(
        found,
        state="holding" if is_hold else "telling",
        approved_by=by,
        approved_at=clock.now(conn),
        at=START,
    )
    _move(conn, begun, "planned" if is_hold else "looked")


def end(conn: Connection, operator: str, id_: UUID, by: str) -> None:
    """Drop a campaign that has not begun, or lift a moratorium now."""
    found = find(conn, operator, id_)
    if found.state == "held":
        _move(conn, replace(found, state="lifting", ended_by=by, at=START), "held")
    elif found.state in ("planned", "looking", "looked", "telling", "told"):
        _move(conn, replace(found, state="dropped", ended_by=by), found.state)
    else:
        raise CampaignMoved(state=found.state)


def _move(conn: Connection, moved: Campaign, was: str) -> None:
    if not campaigns.move(conn, moved, was):
        raise CampaignMoved(state=find(conn, moved.operator, moved.id).state)


def _sound(new: Campaign, rules: Rules, now: datetime) -> None:
    said = new.plan
    if not said.reason.strip() or not said.words.strip():
        raise CampaignMalformed(part="reason", reason="say why, and what holders are told")
    if new.kind == MORATORIUM:
        if new.goes_on_at is None or new.goes_on_at <= now:
            raise CampaignMalformed(part="last day", reason="it must be still to come")
        for prefix in said.prefixes:
            if not (prefix[:1] == "+" and prefix[1:].isdecimal() and prefix.isascii()):
                reason = f"{prefix} is no beginning of a number, as +8536"
                raise CampaignMalformed(part="numbers", reason=reason)
        return
    old, later = policy_of(rules, said.pin), policy_of(rules, said.new_pin)
    mine = {old.operator, later.operator} == {new.operator}
    if not mine or old.pin == later.pin or old.currency != later.currency:
        reason = "both are yours, in one currency, and not the same"
        raise CampaignMalformed(part="policies", reason=reason)


# --- worked ---------------------------------------------------------------------------------------


class Work:
    """What a worker does for campaigns."""

    def __init__(
        self, shell: Shell, rules: Rules, texts: Texts | None, new_id: Callable[[], UUID]
    ) -> None:
        self._shell, self._rules, self._texts, self._new_id = shell, rules, texts, new_id

    def turn(self) -> bool:
        """Work on what is under way; return whether there is more."""
        more = False
        for campaign in self._shell.run(campaigns.open_):
            begun = self._begun(campaign)
            parts = 0
            while begun.state in PASSES and parts < PARTS:
                begun = self._part(begun)
                parts += 1
            more = more or begun.state in PASSES
        return more

    def _begun(self, campaign: Campaign) -> Campaign:
        """Begin what begins by itself, where its time has come."""
        follows = BEGINS.get(campaign.state)
        if follows is None or campaign.goes_on_at is None:
            return campaign
        if self._shell.run(clock.now) < campaign.goes_on_at:
            return campaign
        begun = replace(campaign, state=follows, at=START)
        moved = self._shell.run(partial(campaigns.move, moved=begun, was=campaign.state))
        return begun if moved else campaign

    def _part(self, campaign: Campaign) -> Campaign:
        """Do the next part of a pass; return the campaign as it stands then."""
        work = self._works[campaign.state]
        members, last = work(self, campaign)
        at = (bucket_of(last), last) if last else campaign.at
        then = replace(campaign, at=at) if last else self._passed(campaign)
        self._shell.run(partial(_written, campaign=campaign, members=members, then=then))
        return then

    def _passed(self, campaign: Campaign) -> Campaign:
        """Return a campaign whose pass is done."""
        then = replace(campaign, state=PASSES[campaign.state], at=START)
        if campaign.state != "telling":
            return then
        now, policy = self._shell.run(clock.now), policy_of(self._rules, campaign.plan.pin)
        notice = policy.repin_notice
        goes_on_at = now if notice is None else after(now, notice, policy.zone)
        return replace(then, told_at=now, goes_on_at=goes_on_at)

    def _looked(self, campaign: Campaign) -> tuple[list[Member], str]:
        lines = self._lines(campaign)
        now = self._shell.run(clock.now)
        found = repin_preview.preview(lines, campaign.plan.new_pin, self._rules, now)
        return list(map(_foreseen, found)), lines[-1].number if lines else ""

    def _held(self, campaign: Campaign) -> tuple[list[Member], str]:
        numbers = [line.number for line in self._lines(campaign)]
        said = {"cause": campaign.plan.cause, "reason": campaign.plan.reason}
        members = [Member(number=number, outcome="") for number in numbers]
        return self._asked(campaign, "hold", said, members, "held"), _last(members)

    def _lifted(self, campaign: Campaign) -> tuple[list[Member], str]:
        members = self._members(campaign, ("held",))
        said = {"reason": campaign.plan.reason}
        return self._asked(campaign, "lift", said, members, "lifted"), _last(members)

    def _told(self, campaign: Campaign) -> tuple[list[Member], str]:
        members, now = self._members(campaign, MOVABLE), self._shell.run(clock.now)
        for member in members:
            if self._texts is not None and member.told_at is None:
                self._texts.send(member.number, campaign.plan.words)
        return [replace(member, told_at=now) for member in members], _last(members)

    def _moved(self, campaign: Campaign) -> tuple[list[Member], str]:
        members, told_at = self._members(campaign, MOVABLE), campaign.told_at
        said = {"pin": campaign.plan.new_pin, "notified_at": told_at.isoformat() if told_at else ""}
        return self._asked(campaign, "repin", said, members, "moved"), _last(members)

    _works: Mapping[str, Callable[[Work, Campaign], tuple[list[Member], str]]] = {
        "looking": _looked,
        "holding": _held,
        "lifting": _lifted,
        "telling": _told,
        "moving": _moved,
    }

    def _lines(self, campaign: Campaign) -> Any:
        return self._shell.run(
            partial(campaigns.lines, campaign=campaign, after=campaign.at, limit=PART)
        )

    def _members(self, campaign: Campaign, outcomes: Sequence[str]) -> list[Member]:
        read = partial(campaigns.members, campaign=campaign.id, after=campaign.at, limit=PART)
        return self._shell.run(partial(read, outcomes=outcomes))

    def _asked(
        self,
        campaign: Campaign,
        verb: str,
        said: Mapping[str, str],
        members: Sequence[Member],
        done: str,
    ) -> list[Member]:
        """Ask for each line, once whatever happens; return what became of it."""
        asks = [
            Ask(
                id=self._new_id(),
                verb=verb,
                subject=member.number,
                key=f"{campaign.id}:{verb}:{member.number}",
                principal=campaign.approved_by,
                channel="operator",
                payload=said,
            )
            for member in members
        ]
        found = []
        for member, answer in zip(members, self._shell.answer(asks), strict=True):
            if isinstance(answer, OutcomeUnknown):
                # Asked again with the same keys when the database is back.
                raise answer
            is_refused = isinstance(answer, Refusal)
            code = answer.code if isinstance(answer, Refusal) else ""
            found.append(replace(member, outcome="refused" if is_refused else done, code=code))
        return found


def _foreseen(moved: repin_preview.Moved) -> Member:
    return Member(
        number=moved.number,
        outcome=moved.outcome,
        code=moved.code,
        days=moved.days,
        was=moved.now,
        will=moved.then,
    )


def _last(members: Sequence[Member]) -> str:
    return members[-1].number if members else ""


def _written(
    conn: Connection, campaign: Campaign, members: Sequence[Member], then: Campaign
) -> None:
    """Write what became of lines, and how far the pass has come."""
    campaigns.put(conn, campaign.id, members, clock.now(conn))
    campaigns.move(conn, then, campaign.state)
