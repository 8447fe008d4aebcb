"""Register: whose number it is; verified, verified again, lapsed, locked and unlocked."""

from __future__ import annotations

from dataclasses import replace

from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Case, act_on, conclude, message
from baohao.core.decide.people import FIELDS, tenure_from
from baohao.core.line.acts import Act
from baohao.core.line.event import Event
from baohao.core.line.state import Tenure
from baohao.core.refusals import Refusal


class NobodyHolds(Refusal):
    """Nobody holds this line: it is {stage}."""

    code = "line.no_tenure"


class HolderOther(Refusal):
    """The line is another holder's; to give it to somebody else is a transfer."""

    code = "holder.other"


def register(case: Case) -> Decision:
    """
    Register the holder of a line that was activated without one, or verify the holder again.

    Fields: `holder`, `holder_kind`, `document`, `residency`, `identity_until`, `age_years`,
    `guardian`, `lock` (true or false).
    Refuses with `NobodyHolds`, `HolderOther`, `DocumentRefused`, `DocumentExpired`,
    `GuardianMissing`, `QuotaReached`, `VerbNotAllowed`.
    """
    ask, line = case.ask, case.state
    payload.only(ask, *FIELDS, "lock")
    case.permit()
    if line.tenure is None:
        raise NobodyHolds(stage=case.stage.name)
    known = line.tenure
    fresh = tenure_from(case, epoch=known.epoch, is_new=not known.holder)
    if known.holder and fresh.holder not in ("", known.holder):
        raise HolderOther()
    tenure = Tenure(
        epoch=known.epoch,
        since=known.since,
        holder=known.holder or fresh.holder,
        identity=fresh.identity or known.identity,
        identity_until=fresh.identity_until or known.identity_until,
        locked=payload.flag(ask, "lock") if "lock" in ask.payload else known.locked,
        guardian=fresh.guardian or known.guardian,
    )
    event = Event(kind="registered", effective_at=case.now, tenure=tenure)
    told = [message(case, "registered")]
    if not fresh.identity:
        return conclude(case, replace(line, tenure=tenure), (event,), effects=told)
    done = act_on(case, Act(id=case.id, kind="identity", at=case.now, channel=ask.channel))
    state = replace(done.state, tenure=tenure)
    return conclude(case, state, (*done.events, event), entries=done.entries, effects=told)
