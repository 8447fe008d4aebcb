"""Observe: the operator's own reading of a clock or a balance."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Case, NotYetTrue, conclude
from baohao.core.decide.record import known_then
from baohao.core.line.event import Event
from baohao.core.line.evolve import evolve
from baohao.core.line.state import Reading
from baohao.core.refusals import Refusal


class ClockUnknown(Refusal):
    """The policy has no clock or balance {name}; it has {known}."""

    code = "policy.clock_unknown"


def observe(case: Case) -> Decision:
    """
    Take down what the operator said. It stands beside what is computed, and changes none of it.

    Fields: `clock` with `until`, or `balance` with `amount_minor`; `at`, `evidence`.
    Refuses with `VerbNotAllowed`, `ClockUnknown`, `NotYetTrue` and `BeforeItBegan`.
    """
    ask, policy = case.ask, case.policy
    payload.only(ask, "clock", "until", "balance", "amount_minor", "at", "evidence")
    case.permit()
    of_clock = "clock" in ask.payload
    name = payload.text(ask, "clock" if of_clock else "balance")
    known = {*policy.clocks} if of_clock else {"main", *policy.balances}
    if name not in known:
        raise ClockUnknown(name=name, known=", ".join(sorted(known)))
    reading = Reading(
        name=name,
        at=payload.instant(ask, "at", case.now),
        until=payload.instant(ask, "until") if of_clock else None,
        amount_minor=None if of_clock else payload.whole(ask, "amount_minor"),
        evidence=payload.text(ask, "evidence", ""),
    )
    if reading.at > case.now:
        raise NotYetTrue(at=reading.at.isoformat())
    known_then(case, reading.at)
    event = Event(kind="observed", effective_at=reading.at, reading=reading)
    state = evolve(case.state, event, case.terms.rules)
    return conclude(case, state, (event,))
