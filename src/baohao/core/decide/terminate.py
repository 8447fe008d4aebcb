"""Terminate: the line ends before its time, by its holder or by the operator."""

from __future__ import annotations

from baohao.core.asks import Decision, Effect
from baohao.core.decide import payload
from baohao.core.decide.case import Case, act_on, conclude
from baohao.core.decide.register import NobodyHolds
from baohao.core.line.acts import Act

#: By the holder, or by the operator for a cause; "terminated by the operator" is not "lapsed".
CAUSES = ("holder", "fraud", "identity", "quota", "operator_exit", "network_sunset", "withdrawn")


def terminate(case: Case) -> Decision:
    """
    End a line; the number goes into quarantine. An external line may be ended without a known
    holder.

    Fields: `cause`, `reason`, `approved_by`. Refuses with `VerbNotAllowed` and `NobodyHolds`.
    """
    payload.only(case.ask)
    case.permit()
    unknown = case.state.tenure is None and case.state.custody == "issued"
    if unknown or not case.stage.keeping:
        raise NobodyHolds(stage=case.stage.name)
    cause = payload.text(case.ask, "cause", among=CAUSES)
    why = f"{cause}: {payload.reason(case.ask)}"
    done = act_on(case, Act(id=case.id, kind="terminate", at=case.now, why=why))
    told = Effect(kind="message", due_at=case.now, data={"what": "terminated", "cause": cause})
    # Whoever lets go a card of another operator's did it there; nobody tells them here.
    owed = [told] if case.state.custody == "issued" else []
    return conclude(case, done.state, done.events, entries=done.entries, effects=owed)
