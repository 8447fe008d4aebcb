"""Stop an order: one tap, and nothing is charged by it any more."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Case, conclude, message
from baohao.core.decide.ordering import meant
from baohao.core.line.event import Event
from baohao.core.line.evolve import evolve
from baohao.core.line.ordered import STOPPED


def stop_order(case: Case) -> Decision:
    """
    Stop a standing order for good. A second tap changes nothing, and is told the same.

    Fields: `order`. Refuses with `OrderUnknown`.
    """
    payload.only(case.ask, "order")
    ordered = meant(case)
    if ordered.stopped_at is not None:
        answer = {"id": case.id, "stopped": ordered.stopped_at.isoformat()}
        return Decision(state=case.stored, events=(), answer=answer)
    event = Event(kind=STOPPED, effective_at=case.now, data={"order": ordered.id})
    return conclude(
        case,
        evolve(case.state, event, case.terms.rules),
        (event,),
        effects=[message(case, STOPPED)],
        answer={"stopped": case.now.isoformat()},
    )
