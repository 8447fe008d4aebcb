"""Put in stock: a number with its card comes under a plan, waiting to be activated."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.civil import civil_day
from baohao.core.decide import payload
from baohao.core.decide.case import Case, conclude
from baohao.core.line.event import Event
from baohao.core.line.evolve import evolve
from baohao.core.line.fold import PolicyMissing, policy_of
from baohao.core.line.state import Card
from baohao.core.policy.versions import Member, version_for
from baohao.core.refusals import Refusal

CUSTODIES = ("issued", "external")
#: What is said of a number and its card.
FIELDS = ("operator", "plan", "pin", "policy", "custody", "iccid", "imsi", "eid", "batch")


class LineExists(Refusal):
    """The number {number} is here already, as {plan} with card {iccid}."""

    code = "line.exists"


def stock(case: Case) -> Decision:
    """
    Put a number in stock; an external line is taken down the same way.

    Fields: `operator`, `plan`, `pin`, `custody`, `iccid`, `imsi`, `eid`, `batch`.
    Instead of the `pin` it can name a `policy`: the version is that of the day, for the plan and
    the batch. A number that was recycled or ported out may come again.
    Refuses with `LineExists`, `PolicyMissing` and `VersionMissing`.
    """
    payload.only(case.ask, *FIELDS)
    event = stocked(case)
    state = evolve(case.line, event, case.terms.rules)
    return conclude(case, state, (event,), cause="left_behind", is_next_life=True)


def stocked(case: Case, *, custody: str = "", may_follow: bool = False) -> Event:
    """
    Return the first event of a line; raises as `stock` does.

    A number that is on its way already may come again only where it `may_follow`.
    """
    ask, line = case.ask, case.line
    gone = line is None or line.standing.ended in ("port_out", "recycle")
    if line is not None and not gone and not may_follow:
        raise LineExists(number=line.number, plan=line.plan, iccid=line.card.iccid)
    pin = _pin(case)
    policy_of(case.terms.rules, pin)
    data: dict[str, object] = {
        "number": ask.subject,
        "operator": payload.text(ask, "operator"),
        "plan": payload.text(ask, "plan"),
        "pin": pin,
        "custody": custody or payload.text(ask, "custody", "issued", among=CUSTODIES),
        "batch": payload.text(ask, "batch", ""),
    }
    card = Card(
        iccid=payload.text(ask, "iccid", ""),
        imsi=payload.text(ask, "imsi", ""),
        eid=payload.text(ask, "eid", ""),
    )
    return Event(kind="stocked", effective_at=case.now, card=card, data=data)


def _pin(case: Case) -> str:
    """Return the policy that an ask names, or the version in force of the one that it names."""
    ask, rules = case.ask, case.terms.rules
    if "policy" not in ask.payload:
        return payload.text(ask, "pin")
    name = payload.text(ask, "policy")
    versions = [policy for policy in rules.values() if policy.name == name]
    if not versions:
        raise PolicyMissing(pin=name)
    member = Member(plan=payload.text(ask, "plan"), batch=payload.text(ask, "batch", ""))
    return version_for(versions, name, civil_day(case.now, versions[0].zone), member).pin
