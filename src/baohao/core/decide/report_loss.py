"""Report loss: the card is gone, so that nothing works on it; the number and its dates stay."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Case, conclude, message
from baohao.core.decide.register import NobodyHolds
from baohao.core.line.event import Event
from baohao.core.line.evolve import evolve
from baohao.core.line.lost import FOUND, LOST
from baohao.core.refusals import Refusal


class CardLost(Refusal):
    """The card was reported lost already, at {since}."""

    code = "card.lost"


class CardNotLost(Refusal):
    """The card was not reported lost."""

    code = "card.not_lost"


def report_loss(case: Case) -> Decision:
    """
    Bar the card that was lost or stolen, until it is found or another one takes its place.

    Deadlines go on: no time is gained by a card that is away. Fields: none.
    Refuses with `VerbNotAllowed`, `NobodyHolds` and `CardLost`.
    """
    payload.only(case.ask)
    case.permit()
    line = case.state
    if line.tenure is None or not case.stage.keeping:
        raise NobodyHolds(stage=case.stage.name)
    if line.lost is not None:
        raise CardLost(since=line.lost.since.isoformat())
    event = Event(kind=LOST, effective_at=case.now, data={"id": case.id})
    return _concluded(case, event, "card_lost")


def report_found(case: Case) -> Decision:
    """
    Let the card work again, where it was found. Who may say so is the channel's to ask.

    Fields: none. Refuses with `CardNotLost`.
    """
    payload.only(case.ask)
    if case.state.lost is None:
        raise CardNotLost()
    event = Event(kind=FOUND, effective_at=case.now, data={"id": case.state.lost.id})
    return _concluded(case, event, "card_found")


def _concluded(case: Case, event: Event, what: str) -> Decision:
    return conclude(
        case,
        evolve(case.state, event, case.terms.rules),
        (event,),
        effects=[message(case, what)],
    )
