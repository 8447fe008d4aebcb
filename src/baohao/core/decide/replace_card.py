"""Replace card: the number moves to another SIM or eSIM; the old card is told."""

from __future__ import annotations

from baohao.core.asks import Decision, Effect
from baohao.core.decide import payload
from baohao.core.decide.case import Case, conclude
from baohao.core.decide.selling import take_fee
from baohao.core.line.event import Event
from baohao.core.line.evolve import evolve
from baohao.core.line.state import Card
from baohao.core.refusals import Refusal


class LineLocked(Refusal):
    """The holder has locked the line against changes of card and number."""

    code = "line.locked"


class CardSame(Refusal):
    """The line has the card {iccid} already."""

    code = "card.same"


def replace_card(case: Case) -> Decision:
    """
    Give the line another card, where the product allows that.

    Fields: `iccid`, `imsi`, `eid`, `paid`, `approved_by`, `reason`.
    Refuses with `VerbNotAllowed`, `LineLocked`, `CardSame`, `VerbNotOffered`, `PayerUnknown`,
    `CurrencyOther`, `NoShift`, `ShiftCounted`, `OtherClerk`, `AgentInactive`, `AgentElsewhere` or
    `MoneyShort`.
    """
    ask, line = case.ask, case.state
    payload.only(ask, "iccid", "imsi", "eid", "paid")
    rule = case.permit()
    if line.tenure is not None and line.tenure.locked:
        raise LineLocked()
    card = Card(
        iccid=payload.text(ask, "iccid"),
        imsi=payload.text(ask, "imsi", ""),
        eid=payload.text(ask, "eid", ""),
    )
    if card == line.card:
        raise CardSame(iccid=card.iccid)
    fee = take_fee(case)
    event = Event(kind="card_replaced", effective_at=case.now, card=card, data=payload.grounds(ask))
    # The notice goes to the card that is being replaced: whoever steals a number cannot see it
    # first.
    notice: dict[str, object] = {"what": "card_replaced", "to": line.card.iccid}
    if rule.cooling is not None:
        notice["cooling"] = str(rule.cooling)
    return conclude(
        case,
        evolve(line, event, case.terms.rules),
        (event,),
        entries=fee.entries,
        effects=[Effect(kind="message", due_at=case.now, data=notice)],
        earned=fee.earned,
        answer=fee.answer,
    )
