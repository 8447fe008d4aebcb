"""Transfer: the number goes to another holder, where the product and the law permit it."""

from __future__ import annotations

from baohao.core.altered import altered
from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Case, VerbNotAllowed, conclude, message
from baohao.core.decide.people import FIELDS, tenure_from
from baohao.core.decide.register import NobodyHolds
from baohao.core.decide.replace_card import LineLocked
from baohao.core.decide.selling import take_fee
from baohao.core.line.event import Event
from baohao.core.refusals import Refusal


class SameHolder(Refusal):
    """The line is this holder's already."""

    code = "holder.same"


def transfer(case: Case) -> Decision:
    """
    End one tenure and begin the next; nothing of the old holder is visible to the new one.

    Fields: `holder`, `holder_kind`, `document`, `residency`, `identity_until`, `age_years`,
    `guardian`, `cause`, `approved_by`, `paid`.
    A product that says nothing of transfers permits none.
    Refuses with `VerbNotAllowed`, `NobodyHolds`, `LineLocked`, `SameHolder`, `DocumentRefused`,
    `DocumentExpired`, `GuardianMissing`, `QuotaReached`, `VerbNotOffered`, `PayerUnknown`,
    `CurrencyOther`, `NoShift`, `ShiftCounted`, `OtherClerk`, `AgentInactive`, `AgentElsewhere` or
    `MoneyShort`.
    """
    ask, line = case.ask, case.state
    payload.only(ask, *FIELDS, "paid")
    if "transfer" not in case.policy.permissions:
        raise VerbNotAllowed(verb="transfer")
    case.permit()
    if line.tenure is None:
        raise NobodyHolds(stage=case.stage.name)
    if line.tenure.locked:
        raise LineLocked()
    tenure = tenure_from(case, epoch=line.epochs + 1)
    if tenure.holder == line.tenure.holder:
        raise SameHolder()
    fee = take_fee(case)
    event = Event(
        kind="transferred", effective_at=case.now, tenure=tenure, data=payload.grounds(ask)
    )
    return conclude(
        case,
        altered(line, tenure=tenure, order=None, epochs=tenure.epoch),
        (event,),
        entries=fee.entries,
        effects=[message(case, "transferred")],
        earned=fee.earned,
        answer=fee.answer,
    )
