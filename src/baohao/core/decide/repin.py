"""Move to another policy: a new version of the same product, or another plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from baohao.core.altered import altered
from baohao.core.asks import Decision
from baohao.core.civil import after
from baohao.core.decide import payload
from baohao.core.decide.case import Acted, Case, act_on, conclude, message, safe_until
from baohao.core.decide.selling import FeeTaken, take_fee
from baohao.core.line.acts import Act
from baohao.core.line.fold import policy_of
from baohao.core.refusals import Refusal


class TimeWouldBeLost(Refusal):
    """Under {pin} the line would be safe until {after}, and now it is until {before}."""

    code = "repin.time_lost"


class NoticeMissing(Refusal):
    """The holder must be told {notice} before; say when that was in `notified_at`."""

    code = "repin.notice"


class PinSame(Refusal):
    """The line is under {pin} already."""

    code = "repin.same"


class PlanElsewhere(Refusal):
    """{pin} is another operator's or in another currency."""

    code = "repin.elsewhere"


def repin(case: Case) -> Decision:
    """
    Move a line to another version of its policy; never to a date before one already paid for.

    Fields: `pin`, `notified_at`. Refuses with `VerbNotAllowed`, `PinSame`, `PlanElsewhere`,
    `PolicyMissing`, `NoticeMissing`, `TimeWouldBeLost`, `TooManyWorlds`.
    """
    payload.only(case.ask, "pin", "notified_at")
    case.permit()
    notice = case.policy.repin_notice
    if notice is not None:
        if "notified_at" not in case.ask.payload:
            raise NoticeMissing(notice=str(notice))
        told = payload.instant(case.ask, "notified_at")
        if after(told, notice, case.policy.zone) > case.now:
            raise NoticeMissing(notice=str(notice))
    return _concluded(case, _moved(case, {}), FeeTaken())


def change_plan(case: Case) -> Decision:
    """
    Move a line to another plan, ordinary to number-keeping or back.

    Fields: `plan`, `pin`, `paid`. The credit goes along. Refuses with `ExternalNotSold`,
    `VerbNotAllowed`, `PinSame`, `PlanElsewhere`, `PolicyMissing`, `TimeWouldBeLost`,
    `TooManyWorlds`, `VerbNotOffered`, `PayerUnknown`, `CurrencyOther`, `NoShift`, `ShiftCounted`,
    `OtherClerk`, `AgentInactive`, `AgentElsewhere` or `MoneyShort`.
    """
    payload.only(case.ask, "plan", "pin", "paid")
    case.sells()
    case.permit()
    plan = payload.text(case.ask, "plan")
    done = _moved(case, {"plan": plan})
    fee = take_fee(case)
    done = replace(done, state=altered(done.state, plan=plan))
    return _concluded(case, done, fee)


def _moved(case: Case, data: dict[str, object]) -> Acted:
    pin = payload.text(case.ask, "pin")
    if pin == case.state.pin:
        raise PinSame(pin=pin)
    new = policy_of(case.terms.rules, pin)
    if (new.operator, new.currency) != (case.policy.operator, case.policy.currency):
        raise PlanElsewhere(pin=pin)
    done = act_on(case, Act(id=case.id, kind="repin", at=case.now, pin=pin), data=data)
    before, later = safe_until(case.state), safe_until(done.state)
    if before is not None and before > case.now and (later is None or later < before):
        raise TimeWouldBeLost(pin=pin, before=before.isoformat(), after=_iso(later))
    return done


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at is not None else "no date"


def _concluded(case: Case, done: Acted, fee: FeeTaken) -> Decision:
    return conclude(
        case,
        done.state,
        done.events,
        entries=(*done.entries, *fee.entries),
        effects=[message(case, "repinned")],
        earned=fee.earned,
        answer={"pin": done.state.pin, **fee.answer},
        cause="change_of_plan",
    )
