"""
Keep an order: do what a standing order has to do by itself; a worker asks it of each that is due.

The step is worked out here, under the line's lock and by the door's clock. Whoever asks cannot
bring it nearer, and two who ask at once are told that nothing is due any more.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from baohao.core.asks import Decision, Effect
from baohao.core.books.chart import AccountKind
from baohao.core.civil import after, before
from baohao.core.decide import payload
from baohao.core.decide.case import Case, conclude
from baohao.core.decide.offered import offer_for, quoted
from baohao.core.decide.ordering import OrderNotDue, event_of, live, next_of
from baohao.core.decide.selling import sell
from baohao.core.grants import NotGranted, allows
from baohao.core.line.evolve import evolve
from baohao.core.line.ordered import CHARGED, FAILED, GAVE_UP, OWED, Ordered
from baohao.core.refusals import Refusal
from baohao.core.standing_orders import A_DAY, StepKind, hold_to_limit

#: How the account begins that holds what a gateway has charged.
_ADVANCE = f"{AccountKind.ADVANCE}:"


class PayerOther(Refusal):
    """The standing order is paid by {payer}."""

    code = "standing_orders.payer"


class CardUncharged(Refusal):
    """A card pays: it is charged by its gateway first, and what came is then used."""

    code = "standing_orders.card"


class PlanOther(Refusal):
    """The holder consented to {consented}, and the line has {plan}."""

    code = "standing_orders.plan"


def keep_order(case: Case) -> Decision:
    """
    Owe the notice, charge, note why a charge failed, or give up: whichever is due.

    Fields: `order`, `paid` (the account that pays, so that it is locked). A charge that is refused
    is no refusal: the order notes it and tries again a day later. Where a card pays, `failed` says
    why its gateway charged nothing; what it charged is an advance that pays, by a `quote`, and a
    refusal then is one, for the money goes back.
    Refuses with `OrderUnknown`, `OrderStopped`, `OrderNotDue`, `PayerOther` or `CardUncharged`.
    """
    payload.only(case.ask, "order", "paid", "quote", "term", "failed")
    ordered, paid = live(case), payload.text(case.ask, "paid")
    is_captured = ordered.is_by_card and paid.startswith(_ADVANCE)
    if paid != ordered.payer and not is_captured:
        raise PayerOther(payer=ordered.payer)
    found = next_of(case.state, case.terms.rules)
    if found is None:
        raise OrderNotDue(next="nothing")
    deadline, step = found
    if step.kind is StepKind.HAND_OVER or step.at > case.now:
        raise OrderNotDue(next=f"{step.kind} at {step.at.isoformat()}")
    if is_captured and step.kind is StepKind.CHARGE:
        return _charge(case, ordered, deadline)
    if step.kind is StepKind.NOTIFY:
        return _owe(case, ordered, deadline)
    if step.kind is StepKind.GIVE_UP:
        return _noted(case, ordered, GAVE_UP, deadline, code=ordered.code)
    if ordered.is_by_card:
        if "failed" not in case.ask.payload:
            raise CardUncharged()
        why = payload.text(case.ask, "failed")[:100]
        return _noted(case, ordered, FAILED, deadline, code=why)
    try:
        return _charge(case, ordered, deadline)
    except Refusal as refusal:
        return _noted(case, ordered, FAILED, deadline, code=refusal.code)


def _owe(case: Case, ordered: Ordered, deadline: datetime) -> Decision:
    """Owe it to the holder to be told, with what the charge would be as things stand."""
    event = event_of(OWED, case.now, ordered, deadline)
    state = evolve(case.state, event, case.terms.rules)
    zone = case.policy.zone
    earliest, planned = after(case.now, ordered.notice, zone), before(deadline, ordered.lead, zone)
    said: dict[str, object] = {
        "what": OWED,
        "order": ordered.id,
        "deadline": deadline.isoformat(),
        "charged_from": max(earliest, planned).isoformat(),
        "limit_minor": ordered.limit_minor,
        "currency": ordered.currency,
    }
    try:
        said["total_minor"] = _priced(case, ordered)
    except Refusal as why:
        # It would fail as things stand: the holder has until then to put it right.
        said["code"] = why.code
    notice = Effect(kind="message", due_at=case.now, data=said)
    return conclude(case, state, (event,), effects=[notice], answer={"did": StepKind.NOTIFY.value})


def _noted(case: Case, ordered: Ordered, kind: str, deadline: datetime, *, code: str) -> Decision:
    """Note that a charge failed, or that no other is tried, and owe it to the holder to know."""
    event = event_of(kind, case.now, ordered, deadline, code=code)
    state = evolve(case.state, event, case.terms.rules)
    said = {"what": kind, **event.data}
    if kind == FAILED:
        said["again"] = after(case.now, A_DAY, case.policy.zone).isoformat()
    told = Effect(kind="message", due_at=case.now, data=said)
    did = "failed" if kind == FAILED else StepKind.GIVE_UP.value
    return conclude(case, state, (event,), effects=[told], answer={"did": did, "code": code})


def _charge(case: Case, ordered: Ordered, deadline: datetime) -> Decision:
    """Buy the term, as the holder would; raises whatever refuses it."""
    _covered(case, ordered)
    event = event_of(CHARGED, case.now, ordered, deadline)
    # Taken down before what is bought, so that a sale's entries stand with its own event.
    charged = evolve(case.state, event, case.terms.rules)
    buying = replace(_buying(case, ordered), line=charged, due=(*case.due, event))
    decision = sell(buying, "renew", ordered.term)
    total = decision.answer["total"]
    assert isinstance(total, int)  # noqa: S101 - every sale says what it cost
    _limited(case, ordered, total)
    return replace(decision, answer={**decision.answer, "did": StepKind.CHARGE.value})


def _covered(case: Case, ordered: Ordered) -> None:
    """Hold a charge against the consent; raises `PlanOther` and `NotGranted`."""
    line = case.state
    if line.plan != ordered.plan:
        raise PlanOther(consented=ordered.plan, plan=line.plan)
    grant = ordered.grant(line.number, line.epoch)
    if grant is not None and not allows(grant, "renew", case.now, epoch=line.epoch):
        raise NotGranted(act="renew")


def _buying(case: Case, ordered: Ordered) -> Case:
    """Return the case as if it were bought where the holder consented."""
    said = {name: case.ask.payload[name] for name in ("paid", "quote") if name in case.ask.payload}
    ask = replace(case.ask, channel=ordered.channel, payload=said)
    return replace(case, ask=ask)


def _priced(case: Case, ordered: Ordered) -> int:
    """Return what the term would cost now; raises what would refuse it, but for money."""
    _covered(case, ordered)
    buying = _buying(case, ordered)
    offer = offer_for(case.policy, ordered.plan, "renew", ordered.term, None)
    total = quoted(buying, "renew", offer, codes=frozenset(), at=case.now).total_minor
    _limited(case, ordered, total)
    return total


def _limited(case: Case, ordered: Ordered, total_minor: int) -> None:
    line = case.state
    hold_to_limit(ordered.terms(line.number, line.epoch, case.policy.zone), total_minor)
