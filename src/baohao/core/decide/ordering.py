"""What the verbs of a standing order share: the order that is meant, and what it does next."""

from __future__ import annotations

from datetime import datetime

from baohao.core.decide import payload
from baohao.core.decide.case import Case, safe_until
from baohao.core.line.course import course_of
from baohao.core.line.event import Event
from baohao.core.line.fold import Rules, policy_of
from baohao.core.line.ordered import Ordered
from baohao.core.line.state import LineState
from baohao.core.refusals import Refusal
from baohao.core.standing_orders import Step, next_step


class OrderUnknown(Refusal):
    """The line has no standing order {order}."""

    code = "standing_orders.unknown"


class OrderStopped(Refusal):
    """The standing order was stopped at {at}: nothing is charged by it any more."""

    code = "standing_orders.stopped"


class OrderNotDue(Refusal):
    """The standing order has nothing to do yet; next: {next}."""

    code = "standing_orders.not_due"


def meant(case: Case) -> Ordered:
    """Return the order that the ask names; raises `LineUnknown` and `OrderUnknown`."""
    wanted, ordered = payload.text(case.ask, "order"), case.state.order
    if ordered is None or ordered.id != wanted:
        raise OrderUnknown(order=wanted[:36])
    return ordered


def live(case: Case) -> Ordered:
    """Return the order that the ask names, which goes on; raises `OrderStopped`, as `meant`."""
    ordered = meant(case)
    if ordered.stopped_at is not None:
        raise OrderStopped(at=ordered.stopped_at.isoformat())
    return ordered


def next_of(line: LineState, rules: Rules) -> tuple[datetime, Step] | None:
    """
    Return what a line's order does next, after the deadline that it is for; `None`: nothing.

    A number that is lost is not renewed, and a deadline that was paid for is not paid for again,
    even where a reversal brings it back.
    """
    ordered, until = line.order, safe_until(line)
    if ordered is None or line.tenure is None or until is None or not ordered.is_live:
        return None
    policy = policy_of(rules, line.pin)
    if not course_of(policy).stages[line.standing.stage or "stock"].keeping:
        return None
    if ordered.charged is not None and until <= ordered.charged:
        return None
    terms = ordered.terms(line.number, line.epoch, policy.zone)
    step = next_step(terms, until, ordered.progress)
    return None if step is None else (until, step)


def event_of(kind: str, at: datetime, ordered: Ordered, deadline: datetime, **more: str) -> Event:
    """Return an event of an order, about one deadline."""
    data = {"order": ordered.id, "deadline": deadline.isoformat(), **more}
    return Event(kind=kind, effective_at=at, data=data)
