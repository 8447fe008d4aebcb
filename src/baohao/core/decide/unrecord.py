"""Unrecord: something that a keeper took down by mistake never happened."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Case, conclude
from baohao.core.decide.record import RECORDED
from baohao.core.kept import is_kept
from baohao.core.line.acts import BEGINNINGS
from baohao.core.line.event import Event
from baohao.core.line.evolve import resettled, undone
from baohao.core.refusals import Refusal


class NotRecorded(Refusal):
    """There is nothing like {act} on this card that its keeper took down, and could take back."""

    code = "unrecord.not_recorded"


def unrecord(case: Case) -> Decision:
    """
    Take back what a keeper recorded: the card stands as if it had never been. The journal keeps
    both.

    Fields: `of` (the act), `reason`. Refuses with `VerbNotAllowed` and `NotRecorded`.
    """
    payload.only(case.ask, "of")
    case.permit()
    of, state, rules = payload.text(case.ask, "of"), case.state, case.terms.rules
    act = next((each for each in state.acts if each.id == of), None)
    if (
        act is None
        or not is_kept(case.ask.subject)
        or act.kind in BEGINNINGS
        or act.kind not in RECORDED
    ):
        raise NotRecorded(act=of)
    after, _ = undone(state, of, rules)
    data: dict[str, object] = {"of": of, "reason": payload.text(case.ask, "reason", "")}
    events = (
        Event(kind="undone", effective_at=case.now, data=data),
        *resettled(state, after.acts, rules),
    )
    return conclude(case, after, events, cause="elsewhere")
