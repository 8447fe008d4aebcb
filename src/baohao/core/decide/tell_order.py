"""Tell an order: whoever sends messages says that the holder has been told."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Case, conclude
from baohao.core.decide.ordering import event_of, live, next_of
from baohao.core.line.evolve import evolve
from baohao.core.line.ordered import TOLD
from baohao.core.refusals import Refusal
from baohao.core.standing_orders import StepKind


class NoticeNotOwed(Refusal):
    """
    No notice of a charge for {deadline} is owed: it is not time yet, it was told, or the line has
    moved.
    """

    code = "standing_orders.not_owed"


def tell_order(case: Case) -> Decision:
    """
    Take down that the notice was handed over; from now on the holder has the whole notice.

    Fields: `order`, `deadline` (the one that the notice is about), `evidence` (a message's id, a
    letter's number, who called). When it was is the door's own time: a hand-over that is said late
    moves the charge. Refuses with `OrderUnknown`, `OrderStopped` or `NoticeNotOwed`.
    """
    payload.only(case.ask, "order", "deadline", "evidence")
    ordered, deadline = live(case), payload.instant(case.ask, "deadline")
    evidence = payload.text(case.ask, "evidence").strip()
    if not 0 < len(evidence) <= 200:
        raise payload.FieldMalformed(field="evidence", reason="say which, in 1 to 200 letters")
    found = next_of(case.state, case.terms.rules)
    if found is None or found[0] != deadline or found[1].kind is not StepKind.HAND_OVER:
        raise NoticeNotOwed(deadline=deadline.isoformat())
    event = event_of(TOLD, case.now, ordered, deadline, evidence=evidence)
    state = evolve(case.state, event, case.terms.rules)
    after = next_of(state, case.terms.rules)
    answer: dict[str, object] = {} if after is None else {"charge": after[1].at.isoformat()}
    return conclude(case, state, (event,), answer=answer)
