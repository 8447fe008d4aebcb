"""Settle up: take down what fell due by itself, before anybody asks."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Case, conclude
from baohao.core.refusals import Refusal


class NothingDue(Refusal):
    """Nothing has fallen due on this line."""

    code = "line.nothing_due"


def settle_up(case: Case) -> Decision:
    """
    Take down what has fallen due: charges, forfeits, stages; the daily run asks this of each line.

    Fields: none. Refuses with `NothingDue`.
    """
    payload.only(case.ask)
    settled = case.state
    if not case.due:
        raise NothingDue()
    return conclude(case, settled, ())
