"""Hold and lift: fraud, dispute, law or disaster freeze what would be to the holder's loss."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Case, act_on, conclude, message
from baohao.core.line.acts import Act
from baohao.core.refusals import Refusal

CAUSES = ("fraud", "dispute", "legal", "disaster")


class AlreadyHeld(Refusal):
    """The line is on hold already, since {since}."""

    code = "line.held"


class NotHeld(Refusal):
    """The line is not on hold."""

    code = "line.not_held"


def hold(case: Case) -> Decision:
    """
    Put a line on hold: no deadline passes until it is lifted.

    Fields: `cause`, `reason`. Refuses with `VerbNotAllowed` and `AlreadyHeld`.
    """
    payload.only(case.ask)
    case.permit()
    since = case.standing.held_since
    if since is not None:
        raise AlreadyHeld(since=since.isoformat())
    why = f"{payload.text(case.ask, 'cause', among=CAUSES)}: {payload.reason(case.ask)}"
    done = act_on(case, Act(id=case.id, kind="hold", at=case.now, why=why))
    told = [message(case, "held")]
    return conclude(case, done.state, done.events, entries=done.entries, effects=told)


def lift(case: Case) -> Decision:
    """
    Lift a hold; every deadline that had not passed moves on by its length: nobody falls off a
    cliff.

    Fields: `reason`. Refuses with `NotHeld`.
    """
    payload.only(case.ask)
    if case.standing.held_since is None:
        raise NotHeld()
    act = Act(id=case.id, kind="lift", at=case.now, why=payload.reason(case.ask))
    done = act_on(case, act)
    told = [message(case, "lifted")]
    return conclude(case, done.state, done.events, entries=done.entries, effects=told)
