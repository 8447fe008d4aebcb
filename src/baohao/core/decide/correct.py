"""Correct: the wrong term was sold; it is undone in full and the right one sold, as one act."""

from __future__ import annotations

from dataclasses import replace

from baohao.core.asks import Decision, Facts
from baohao.core.books.chart import AccountKind
from baohao.core.decide import payload
from baohao.core.decide.case import Case, expecting
from baohao.core.decide.reverse import approved, ours_to_undo, take_back
from baohao.core.decide.selling import sell
from baohao.core.promotions.apply import release


def correct(case: Case) -> Decision:
    """
    Put a sale right: what was sold by mistake goes back whole, and the right term is sold, as one
    act.

    The wrong *number* is put right by `reverse` with `mistake` on the one and `renew` on the other,
    sent together. Fields: `of`, `term`, `paid`, `reason`, `codes`, `total_minor`, and a second
    person in `approved_by`: what was paid in cash in an earlier shift needs no other.
    Refuses with `ExpectationMissing`, `VerbNotAllowed`, `SecondPersonMissing`, `ActUnknown`,
    `ActReversed`, `OthersFollow`, `ChargedThere`, `NotOffered`, `NotSellable`, `NothingGained`,
    `RefusedByCap`, `BalanceFull`, `WouldShorten`, `VerbNotOffered`, `PayerUnknown`,
    `CurrencyOther`, `NoShift`, `ShiftCounted`, `OtherClerk`, `TillShort`, `AgentInactive`,
    `AgentElsewhere`, `MoneyShort` or `PriceMoved`.
    """
    payload.only(case.ask, "of", "term", "paid", "codes", "total_minor")
    expecting(case)
    case.permit()
    ours_to_undo(case)
    approved(case)
    back = take_back(case, whole=True)
    line = back.state
    corrected = replace(case, line=line, due=(), stored=line, facts=_after(case.facts, case, back))
    right = sell(corrected, "renew", payload.span(case.ask, "term"))
    # The network is told once, of what is so in the end.
    told = {(effect.kind, str(effect.data.get("what", ""))): effect for effect in back.effects}
    told |= {(effect.kind, str(effect.data.get("what", ""))): effect for effect in right.effects}
    return replace(
        right,
        events=(*back.events, *right.events),
        entries=(*back.entries, *right.entries),
        effects=tuple(told.values()),
        deferrals=(*back.deferrals, *right.deferrals),
        released=back.released,
        earned=(*back.earned, *right.earned),
        answer={**right.answer, "back": back.answer["back"]},
    )


def _after(facts: Facts, case: Case, back: Decision) -> Facts:
    """Return the facts as the undone half leaves them: its money and its uses are free again."""
    of = payload.text(case.ask, "of")
    payer = next(sold.sale.payer for sold in case.state.sold if sold.act == of)
    money = dict(facts.available)
    if payer.kind in (AccountKind.FLOAT, AccountKind.WALLET):
        money[str(payer)] = money.get(str(payer), 0) + int(str(back.answer["back"]))
    promotions = release(facts.promotions, back.released)
    return replace(facts, available=money, promotions=promotions)
