"""Reverse: a paid act is undone, as far as the policy gives back; bonus time goes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from baohao.core import reversal
from baohao.core.asks import Decision, Effect
from baohao.core.books import sale as sales
from baohao.core.books.chart import AccountKind
from baohao.core.civil import Span, Unit, civil_day
from baohao.core.decide import commission, payload
from baohao.core.decide.case import (
    Case,
    SecondPersonMissing,
    act_on,
    conclude,
    message,
    of_settlement,
)
from baohao.core.decide.selling import MoneyShort
from baohao.core.decide.shift import OtherShift, second_person
from baohao.core.line.acts import BEGINNINGS, Act
from baohao.core.line.event import Event
from baohao.core.line.evolve import resettled, undone
from baohao.core.line.standing import Benefit
from baohao.core.line.state import Sold
from baohao.core.refusals import Refusal
from baohao.core.shifts import TillShort, at_work

#: A window that is still open whatever the day: a mistake is taken back whole.
_ALWAYS = Span(1000, Unit.YEAR)


class ActUnknown(Refusal):
    """There is no paid act {act} on this line that could be reversed."""

    code = "act.unknown"


class ActReversed(Refusal):
    """The act {act} has been reversed already."""

    code = "act.reversed"


class ChargedThere(Refusal):
    """
    The operator's own system did this too, and only it can take it back; it tells us in the channel
    "operator".
    """

    code = "act.charged_there"


class OthersFollow(Refusal):
    """The line was activated by {act}, and others were paid for since: reverse them first."""

    code = "act.others_follow"


def reverse(case: Case) -> Decision:
    """
    Undo a paid act; the money goes back to where it came from.

    Fields: `of` (the act), `reason`, `mistake` (true: it was the wrong line or term; everything
    goes back, with a second person in `approved_by`).
    Refuses with `VerbNotAllowed`, `SecondPersonMissing`, `ActUnknown`, `ActReversed`,
    `OthersFollow`, `ChargedThere` or `MoneyShort`; for a till that is worked by shifts with
    `NoShift`, `ShiftCounted`, `OtherClerk`, `OtherShift` or `TillShort`.
    """
    payload.only(case.ask, "of", "mistake")
    case.permit()
    ours_to_undo(case)
    mistake = payload.flag(case.ask, "mistake")
    if mistake:
        approved(case)
    return take_back(case, whole=mistake)


def ours_to_undo(case: Case) -> None:
    """Leave to an operator whose own system is master what it did; raises `ChargedThere`."""
    if case.state.operator in case.terms.authority_there and case.ask.channel != "operator":
        raise ChargedThere()


def approved(case: Case) -> None:
    """Ask for a second person's eyes; raises `SecondPersonMissing`."""
    second_person(case.ask, case.ask.principal)


def take_back(case: Case, *, whole: bool) -> Decision:
    """Undo the act that the ask names, in full or as the policy says; raises as `reverse` does."""
    of, why = payload.text(case.ask, "of"), payload.reason(case.ask)
    sold = next((s for s in case.state.sold if s.act == of), None)
    if sold is None:
        raise ActUnknown(act=of)
    act = next(a for a in case.state.acts if a.id == of)
    if act.cut is not None:
        raise ActReversed(act=of)
    if act.kind in BEGINNINGS and len(case.state.sold) > 1:
        raise OthersFollow(act=of)
    outcome = _outcome(case, sold, whole=whole)
    if sold.sale.payer.kind is AccountKind.TILL and outcome.back.total_minor:
        _cash_back(case, sold, outcome.back.total_minor)
    return _reversed(case, sold, outcome, why)


def _cash_back(case: Case, sold: Sold, back: int) -> None:
    """Let cash out of a till: by the shift that took it in, or by two people."""
    till, ask = sold.sale.payer, case.ask
    shift = at_work(case.facts.shifts, till, ask.principal)
    drawer = case.facts.available.get(str(till))
    is_short = drawer is not None and drawer < back
    if shift is None:
        if is_short:
            raise MoneyShort(account=str(till), available_minor=drawer, needed_minor=back)
        return
    if sold.at < shift.opened_at:
        try:
            second_person(ask, shift.clerk)
        except SecondPersonMissing:
            raise OtherShift(till=till.text) from None
    if is_short:
        raise TillShort(till=till.text)


def _outcome(case: Case, sold: Sold, *, whole: bool) -> reversal.Undone:
    policy, line = case.policy, case.state
    benefits = [b for b in case.standing.benefits if b.act == sold.act]
    paid = _stretches(case, benefits, "paid")
    # Time that was paid for and never given, since a late fact, is given back whole, too.
    nothing = bool(sold.sale.price_minor) and not any(stretch.days for stretch in paid)
    if nothing:
        today = civil_day(sold.at, policy.zone)
        paid = (
            reversal.Stretch(first_day=today, last_day_exclusive=today, span=Span(0, Unit.DAY)),
        )
    rule = replace(policy.reversal, within=_ALWAYS) if whole or nothing else policy.reversal
    return reversal.undo(
        reversal.PaidAct(
            sale=sold.sale,
            at=sold.at,
            paid=paid[0] if paid else None,
            bonuses=_stretches(case, benefits, "bonus"),
        ),
        rule,
        at=case.now,
        zone=policy.zone,
        balance_minor=line.standing.balances.get("main", 0),
    )


def _stretches(case: Case, benefits: list[Benefit], kind: str) -> tuple[reversal.Stretch, ...]:
    return tuple(_stretch(case, b) for b in benefits if b.kind == kind)


def _stretch(case: Case, benefit: Benefit) -> reversal.Stretch:
    zone = case.policy.zone
    first, last = civil_day(benefit.start, zone), civil_day(benefit.end, zone)
    if first == last and benefit.start < benefit.end:
        # Hours of one day are a day.
        last += timedelta(days=1)
    span = benefit.span or Span((last - first).days, Unit.DAY)
    return reversal.Stretch(first_day=first, last_day_exclusive=last, span=span)


def _reversed(case: Case, sold: Sold, outcome: reversal.Undone, why: str) -> Decision:
    rules, line, back = case.terms.rules, case.state, outcome.back
    kept = sum(minor for _, minor in outcome.kept)
    cut = _cut(case, sold, outcome)
    data: dict[str, object] = {**payload.grounds(case.ask), "of": sold.act, "reason": why}
    if cut is not None:
        data |= {"cut": cut.isoformat(), "kept_minor": kept}
    state, _ = undone(line, sold.act, rules, cut=cut, kept_minor=kept)
    events: tuple[Event, ...] = (
        Event(kind="undone", effective_at=case.now, data=data),
        *resettled(line, state.acts, rules),
    )
    entries = [
        *sales.reverse(sold.sale, back, transfer=case.terms.transfer, reason=why),
        *(entry for event in events for entry in of_settlement(rules, line, event)),
    ]
    taken = back.credit_minor + sum(minor for _, minor in back.gifts)
    if taken:
        # Credit was there to be used until now, so it is taken now and not out of the past.
        refund = Act(id=f"{case.id}/refund", kind="refund", at=case.now, spend_minor=taken, why=why)
        done = act_on(replace(case, line=state), refund)
        state, events = done.state, (*events, *done.events)
        entries += done.entries
    return conclude(
        case,
        state,
        events,
        entries=entries,
        effects=[
            message(case, "reversed"),
            *_refund(case, sold, back.total_minor),
        ],
        released=sold.uses if outcome.whole else (),
        earned=commission.clawed_back(case, sold, back),
        answer={"back": back.total_minor, "currency": sold.sale.currency},
        cause="reversed",
    )


def _refund(case: Case, sold: Sold, back_minor: int) -> tuple[Effect, ...]:
    """Return what is owed to the payer of a payment: its gateway gives the money back."""
    payer = sold.sale.payer
    if payer.kind is not AccountKind.ADVANCE or not back_minor:
        return ()
    data: dict[str, object] = {"payment": payer.owner, "amount_minor": back_minor}
    return (Effect(kind="refund", due_at=case.now, data=data),)


def _cut(case: Case, sold: Sold, outcome: reversal.Undone) -> date | None:
    """
    Return the first day that the act no longer gives; `None`: it is as if it had never been.

    An act that brought credit stays, for the credit may have been used; so does one that has been
    served.
    """
    today = civil_day(case.now, case.policy.zone)
    brought_credit = sold.sale.credit_minor or sold.sale.gifts
    first = outcome.first_unused_day
    served = not outcome.whole and first is not None and _began(case, sold) <= today
    if brought_credit or served:
        return first if first is not None else today + timedelta(days=1)
    return None


def _began(case: Case, sold: Sold) -> date:
    """Return the first day of what an act gave."""
    starts = [b.start for b in case.standing.benefits if b.act == sold.act]
    return civil_day(min(starts, default=sold.at), case.policy.zone)
