"""Move to another policy: a new version of the same product, or another plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from baohao.core.altered import altered
from baohao.core.asks import Decision
from baohao.core.civil import after, midnight
from baohao.core.decide import payload
from baohao.core.decide.case import Acted, Case, act_on, conclude, message, safe_until
from baohao.core.decide.selling import FeeTaken, take_fee
from baohao.core.kept import is_kept
from baohao.core.line.acts import Act, order
from baohao.core.line.fold import fold, policy_of
from baohao.core.policy.model import Policy
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


class ProductOther(Refusal):
    """{pin} is another product's: let the card go, and keep it anew as what it is now."""

    code = "repin.product"


def repin(case: Case) -> Decision:
    """
    Move a line to another version of its policy; never to a date before one already paid for.

    A card of another operator's moves at the instant at which the version came into force, however
    late that was heard of: what was done before stays under the rules of then. Nobody here gives
    notice of it.

    Fields: `pin`, `notified_at`. Refuses with `VerbNotAllowed`, `PinSame`, `PlanElsewhere`,
    `ProductOther`, `PolicyMissing`, `NoticeMissing`, `NotYetTrue`, `TimeWouldBeLost`,
    `TooManyWorlds`.
    """
    payload.only(case.ask, "pin", "notified_at")
    case.permit()
    notice = case.policy.repin_notice
    if notice is not None and not is_kept(case.ask.subject):
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
    new, kept = policy_of(case.terms.rules, pin), is_kept(case.ask.subject)
    if (new.operator, new.currency) != (case.policy.operator, case.policy.currency):
        raise PlanElsewhere(pin=pin)
    if kept and new.name != case.policy.name:
        raise ProductOther(pin=pin)
    at = _in_force(case, new) if kept else case.now
    act = Act(id=case.id, kind="repin", at=at, pin=pin)
    done = act_on(case, act, data=data)
    before, later = safe_until(case.state), safe_until(done.state)
    if kept:
        before, later = _reached(case, act)
    if before is not None and before > at and (later is None or later < before):
        raise TimeWouldBeLost(pin=pin, before=before.isoformat(), after=_iso(later))
    return done


def _in_force(case: Case, new: Policy) -> datetime:
    """Return the instant from which a kept card is under a version: never before it began."""
    at, begun = midnight(new.effective_from, new.zone), case.standing.begun.get("activation")
    return at if begun is None else max(at, begun)


def _reached(case: Case, act: Act) -> tuple[datetime | None, datetime | None]:
    """Return the deadline that was reached when an act moves a line, just before it and after."""
    state, rules = case.state, case.terms.rules
    acts = [known for known in state.acts if order(known) < order(act)]
    was, will = (
        max([c.deadline for c in folded.standing.clocks.values()], default=None)
        for (folded, *_) in (
            fold(rules, state.first_pin, acts, until=act.at),
            fold(rules, state.first_pin, (*acts, act), until=act.at),
        )
    )
    return was, will


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at is not None else "no date"


def _concluded(case: Case, done: Acted, fee: FeeTaken) -> Decision:
    return conclude(
        case,
        done.state,
        done.events,
        entries=(*done.entries, *fee.entries),
        # Of another operator's card nobody tells them here that its rules changed.
        effects=[] if is_kept(case.ask.subject) else [message(case, "repinned")],
        earned=fee.earned,
        answer={"pin": done.state.pin, **fee.answer},
        cause="change_of_plan",
    )
