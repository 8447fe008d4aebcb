"""Return from quarantine and recycle: the number's next life, with nothing of the last one."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.civil import after
from baohao.core.decide import payload
from baohao.core.decide.case import Case, act_on, conclude
from baohao.core.line.acts import Act
from baohao.core.line.evolve import ended
from baohao.core.refusals import Refusal


class NotQuarantined(Refusal):
    """The line is {stage}: only a number that is lost and has rested can be used again."""

    code = "line.not_quarantined"


class QuarantineRuns(Refusal):
    """The number rests until {until}."""

    code = "line.quarantine_runs"


def return_to_stock(case: Case) -> Decision:
    """
    Put a number that has rested back in stock, for another holder.

    Fields: none. Refuses with `NotQuarantined`, `QuarantineRuns`, `VerbNotAllowed`.
    """
    return _next_life(case, "return")


def recycle(case: Case) -> Decision:
    """
    Give a number that has rested back to the pool it came from.

    Fields: none. Refuses with `NotQuarantined`, `QuarantineRuns`, `VerbNotAllowed`.
    """
    return _next_life(case, "recycle")


def _next_life(case: Case, kind: str) -> Decision:
    payload.only(case.ask)
    case.permit()
    since = case.standing.stage_since
    if case.stage.keeping or case.standing.ended in ("port_out", "return", "recycle"):
        raise NotQuarantined(stage=case.stage.name)
    rest = case.policy.quarantine.min
    if case.stage.kind == "quarantined" and rest is not None and since is not None:
        until = after(since, rest, case.policy.zone)
        if case.now < until:
            raise QuarantineRuns(until=until.isoformat())
    act = Act(id=case.id, kind=kind, at=case.now)
    done = act_on(case, act)
    state = ended(done.state, act)
    return conclude(case, state, done.events, entries=done.entries, is_next_life=True)
