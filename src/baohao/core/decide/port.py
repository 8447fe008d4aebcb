"""Port in and port out: a number comes from another operator, or leaves with its holder."""

from __future__ import annotations

from dataclasses import replace

from baohao.core.altered import altered
from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.activate import NotInStock, yours
from baohao.core.decide.case import Case, act_on, conclude, message
from baohao.core.decide.people import FIELDS, tenure_from
from baohao.core.decide.register import NobodyHolds
from baohao.core.decide.replace_card import LineLocked
from baohao.core.decide.selling import take_fee
from baohao.core.line.acts import Act
from baohao.core.line.ladder import STOCK
from baohao.core.refusals import Refusal


class CannotPort(Refusal):
    """A number cannot be ported out while the line is {stage}."""

    code = "line.cannot_port"


def port_in(case: Case) -> Decision:
    """
    Take in a number that its holder brings; its clocks begin as at activation.

    Fields: `holder`, `holder_kind`, `document`, `residency`, `identity_until`, `age_years`,
    `guardian`, `donor`, `paid`.
    Refuses with `VerbNotAllowed`, `NotInStock`, `NotYours`, `DocumentRefused`, `DocumentExpired`,
    `GuardianMissing`, `QuotaReached`, `VerbNotOffered`, `PayerUnknown`, `CurrencyOther`, `NoShift`,
    `ShiftCounted`, `OtherClerk`, `AgentInactive`, `AgentElsewhere` or `MoneyShort`.
    """
    ask, line = case.ask, case.state
    payload.only(ask, *FIELDS, "donor", "paid")
    case.permit()
    if case.stage.name != STOCK.name:
        raise NotInStock(stage=case.stage.name)
    yours(case)
    tenure = tenure_from(case, epoch=line.epochs + 1)
    fee = take_fee(case)
    donor = payload.text(ask, "donor", "")
    act = Act(id=case.id, kind="port_in", at=case.now, channel=ask.channel, why=donor)
    done = act_on(case, act)
    events = (replace(done.events[0], tenure=tenure), *done.events[1:])
    state = altered(done.state, tenure=tenure, order=None, epochs=tenure.epoch)
    return conclude(
        case,
        state,
        events,
        entries=(*done.entries, *fee.entries),
        effects=[message(case, "received")],
        earned=fee.earned,
        answer=fee.answer,
    )


def port_out(case: Case) -> Decision:
    """
    Let a number go to another operator.

    Fields: `recipient`, `paid`. Refuses with `VerbNotAllowed`, `NobodyHolds`, `LineLocked`,
    `CannotPort`, `VerbNotOffered`, `PayerUnknown`, `CurrencyOther`, `NoShift`, `ShiftCounted`,
    `OtherClerk`, `AgentInactive`, `AgentElsewhere` or `MoneyShort`.
    """
    payload.only(case.ask, "recipient", "paid")
    case.permit()
    tenure = case.state.tenure
    if tenure is None:
        raise NobodyHolds(stage=case.stage.name)
    if tenure.locked:
        raise LineLocked()
    if not case.stage.keeping or not any("port_out" in s for s in case.stage.services.values()):
        raise CannotPort(stage=case.stage.name)
    fee = take_fee(case)
    why = payload.text(case.ask, "recipient", "")
    done = act_on(case, Act(id=case.id, kind="port_out", at=case.now, why=why))
    state = altered(done.state, tenure=None, order=None)
    # Whoever ports another operator's card did it there; nobody tells them here.
    told = [message(case, "ported_out")] if state.custody == "issued" else []
    return conclude(
        case,
        state,
        done.events,
        entries=(*done.entries, *fee.entries),
        effects=told,
        earned=fee.earned,
        answer=fee.answer,
    )
