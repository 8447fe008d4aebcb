"""Put in stock: a number with its card comes under a plan, waiting to be activated."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Case, conclude
from baohao.core.line.event import Event
from baohao.core.line.evolve import evolve
from baohao.core.line.fold import policy_of
from baohao.core.line.state import Card
from baohao.core.refusals import Refusal

CUSTODIES = ("issued", "external")
#: What is said of a number and its card.
FIELDS = ("operator", "plan", "pin", "custody", "iccid", "imsi", "eid", "batch")


class LineExists(Refusal):
    """The number {number} is here already, as {plan} with card {iccid}."""

    code = "line.exists"


def stock(case: Case) -> Decision:
    """
    Put a number in stock; an external line is taken down the same way.

    Fields: `operator`, `plan`, `pin`, `custody`, `iccid`, `imsi`, `eid`, `batch`.
    Refuses with `LineExists` and `PolicyMissing`.
    """
    payload.only(case.ask, *FIELDS)
    event = stocked(case)
    return conclude(case, evolve(None, event, case.terms.rules), (event,))


def stocked(case: Case) -> Event:
    """Return the first event of a line; raises as `stock` does."""
    ask, line = case.ask, case.line
    if line is not None:
        raise LineExists(number=line.number, plan=line.plan, iccid=line.card.iccid)
    pin = payload.text(ask, "pin")
    policy_of(case.terms.rules, pin)
    data: dict[str, object] = {
        "number": ask.subject,
        "operator": payload.text(ask, "operator"),
        "plan": payload.text(ask, "plan"),
        "pin": pin,
        "custody": payload.text(ask, "custody", "issued", among=CUSTODIES),
        "batch": payload.text(ask, "batch", ""),
    }
    card = Card(
        iccid=payload.text(ask, "iccid", ""),
        imsi=payload.text(ask, "imsi", ""),
        eid=payload.text(ask, "eid", ""),
    )
    return Event(kind="stocked", effective_at=case.now, card=card, data=data)
