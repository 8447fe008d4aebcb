"""Park and resume: a pause at the holder's wish, as long as product and law allow."""

from __future__ import annotations

from datetime import datetime, tzinfo

from baohao.core.asks import Decision
from baohao.core.civil import after, civil_day
from baohao.core.decide import payload
from baohao.core.decide.case import Case, VerbNotAllowed, act_on, conclude, message
from baohao.core.decide.selling import take_fee
from baohao.core.line.acts import Act
from baohao.core.policy.model import Park
from baohao.core.refusals import Refusal


class AlreadyParked(Refusal):
    """The line is parked already, since {since}."""

    code = "line.parked"


class NotParked(Refusal):
    """The line is not parked."""

    code = "line.not_parked"


class ParkedTooOften(Refusal):
    """The line has been parked {times} times this year; {limit} is the most there may be."""

    code = "line.parked_too_often"


def park(case: Case) -> Decision:
    """
    Park a line.

    Fields: `paid`. Refuses with `VerbNotAllowed`, `AlreadyParked`, `ParkedTooOften`,
    `VerbNotOffered`, `PayerUnknown`, `CurrencyOther`, `NoShift`, `ShiftCounted`, `OtherClerk`,
    `AgentInactive`, `AgentElsewhere` or `MoneyShort`.
    """
    payload.only(case.ask, "paid")
    rule, standing, zone = case.policy.park, case.standing, case.policy.zone
    if rule is None or case.stage.kind != "live":
        raise VerbNotAllowed(verb="park")
    case.permit()
    if standing.parked_since is not None:
        raise AlreadyParked(since=standing.parked_since.isoformat())
    year = civil_day(case.now, zone).year
    times = sum(_reaches(rule, at, zone) >= year for at in standing.parks)
    if rule.per_year is not None and times >= rule.per_year:
        raise ParkedTooOften(times=times, limit=rule.per_year)
    fee = take_fee(case)
    done = act_on(case, Act(id=case.id, kind="park", at=case.now, channel=case.ask.channel))
    return conclude(
        case,
        done.state,
        done.events,
        entries=(*done.entries, *fee.entries),
        effects=[message(case, "parked")],
        earned=fee.earned,
        answer=fee.answer,
    )


def _reaches(rule: Park, at: datetime, zone: tzinfo) -> int:
    """Return the last calendar year that a park begun at `at` can touch, and counts in."""
    end = at if rule.max is None else after(at, rule.max, zone)
    return civil_day(end, zone).year


def resume(case: Case) -> Decision:
    """End a park. Fields: none. Refuses with `NotParked`."""
    payload.only(case.ask)
    if case.standing.parked_since is None:
        raise NotParked()
    done = act_on(case, Act(id=case.id, kind="resume", at=case.now, channel=case.ask.channel))
    told = [message(case, "resumed")]
    return conclude(case, done.state, done.events, entries=done.entries, effects=told)
