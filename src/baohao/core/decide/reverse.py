"""Reverse: a paid act is undone, as far as the policy gives back; bonus time goes first."""

from __future__ import annotations

from dataclasses import replace

from baohao.core import reversal
from baohao.core.asks import Decision, Effect
from baohao.core.books import sale as sales
from baohao.core.civil import Span, Unit, civil_day
from baohao.core.decide import payload
from baohao.core.decide.case import Case, SecondPersonMissing, conclude, of_settlement
from baohao.core.decide.deferred import deferrals
from baohao.core.line.event import Event
from baohao.core.line.evolve import resettled, undone
from baohao.core.line.standing import Benefit
from baohao.core.line.state import Sold
from baohao.core.refusals import Refusal

#: A window that is still open whatever the day: a mistake is taken back whole.
_ALWAYS = Span(1000, Unit.YEAR)


class ActUnknown(Refusal):
    """There is no paid act {act} on this line that could be reversed."""

    code = "act.unknown"


class ActReversed(Refusal):
    """The act {act} has been reversed already."""

    code = "act.reversed"


def reverse(case: Case) -> Decision:
    """
    Undo a paid act; the money goes back to where it came from.

    Fields: `of` (the act), `reason`, `mistake` (true: it was the wrong line or term; everything goes back, with
    a second person in `approved_by`).
    Refuses with `ActUnknown`, `ActReversed`, `SecondPersonMissing`, `FieldMissing`.
    """
    payload.only(case.ask, "of", "mistake")
    mistake = payload.flag(case.ask, "mistake")
    approved = case.ask.payload.get("approved_by")
    if mistake and (not approved or approved == case.ask.principal):
        raise SecondPersonMissing(verb="reverse")
    return take_back(case, whole=mistake)


def take_back(case: Case, *, whole: bool) -> Decision:
    """Undo the act that the ask names, in full or as the policy says; raises as `reverse` does."""
    of, why = payload.text(case.ask, "of"), payload.reason(case.ask)
    sold = next((s for s in case.state.sold if s.act == of), None)
    if sold is None:
        raise ActUnknown(act=of)
    act = next(a for a in case.state.acts if a.id == of)
    if act.cut is not None:
        raise ActReversed(act=of)
    return _reversed(case, sold, _outcome(case, sold, whole=whole), why)


def _outcome(case: Case, sold: Sold, *, whole: bool) -> reversal.Undone:
    policy, line = case.policy, case.state
    rule = replace(policy.reversal, within=_ALWAYS) if whole else policy.reversal
    benefits = [b for b in line.standing.benefits if b.act == sold.act]
    paid = [_stretch(case, b) for b in benefits if b.kind == "paid"]
    return reversal.undo(
        reversal.PaidAct(
            sale=sold.sale,
            at=sold.at,
            paid=paid[0] if paid else None,
            bonuses=tuple(_stretch(case, b) for b in benefits if b.kind == "bonus"),
        ),
        rule,
        at=case.now,
        zone=policy.zone,
        balance_minor=line.standing.balances.get("main", 0),
    )


def _stretch(case: Case, benefit: Benefit) -> reversal.Stretch:
    zone = case.policy.zone
    first, last = civil_day(benefit.start, zone), civil_day(benefit.end, zone)
    span = benefit.span or Span((last - first).days, Unit.DAY)
    return reversal.Stretch(first_day=first, last_day_exclusive=last, span=span)


def _reversed(case: Case, sold: Sold, outcome: reversal.Undone, why: str) -> Decision:
    rules, line = case.terms.rules, case.state
    kept = sum(minor for _, minor in outcome.kept)
    begun = civil_day(case.now, case.policy.zone)
    cut = outcome.first_unused_day
    served = not outcome.whole and cut is not None and cut > begun
    data: dict[str, object] = {"of": sold.act, "reason": why}
    if served and cut is not None:
        data |= {"cut": cut.isoformat(), "kept_minor": kept}
    state, _ = undone(line, sold.act, rules, cut=cut if served else None, kept_minor=kept)
    event = Event(kind="undone", effective_at=case.now, data=data)
    after = resettled(state, line.acts, state.acts, rules)
    entries = [
        *sales.reverse(sold.sale, outcome.back, transfer=case.terms.transfer, reason=why),
        *(entry for e in after for entry in of_settlement(case, e)),
    ]
    decision = conclude(
        case,
        state,
        (event, *after),
        entries=entries,
        effects=[Effect(kind="message", due_at=case.now, data={"what": "reversed"})],
        answer={"back": outcome.back.total_minor, "currency": sold.sale.currency},
    )
    return replace(
        decision,
        deferrals=deferrals(case.policy, case.line, state, case.now),
        released=sold.uses if outcome.whole else (),
    )
