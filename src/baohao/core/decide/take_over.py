"""Take over: a line that lives already comes in from another system, with what is known of it."""

from __future__ import annotations

from dataclasses import replace

from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Acted, Case, act_on, conclude
from baohao.core.decide.observe import ClockUnknown
from baohao.core.decide.stock import FIELDS, stocked
from baohao.core.line.acts import Act
from baohao.core.line.evolve import evolve
from baohao.core.line.state import Tenure

#: Why a clock or a balance was set.
OPENING = "opening balance"


def take_over(case: Case) -> Decision:
    """
    Take a living line over: since when it lives, where a clock of it stands, what credit it has.

    The clock and the balance are set at the beginning, as if nothing had happened since: what did
    is not known here, and not made up. What fell due from there to now by itself is settled.

    Fields: those of `stock`; `begins`; `clock` with `until`; `balance_minor`; `holder`.
    Refuses with `LineExists`, `PolicyMissing`, `VersionMissing`, `ClockUnknown` or `NotYetTrue`.
    """
    ask, rules = case.ask, case.terms.rules
    payload.only(ask, *FIELDS, "begins", "clock", "until", "balance_minor", "holder")
    first = stocked(case)
    known = replace(case, line=evolve(case.line, first, rules))
    begun = _begin(known)
    events, entries = [first, *begun.events], [*begun.entries]
    for act in _opening(known):
        done = act_on(replace(known, line=begun.state), act)
        events += done.events
        entries += done.entries
        begun = done
    return conclude(case, begun.state, events, entries=entries, cause="opening")


def _begin(case: Case) -> Acted:
    """Begin the life of a line, with the tenure of whoever has held it since."""
    since = payload.instant(case.ask, "begins")
    done = act_on(case, Act(id=case.id, kind="activate", at=since))
    epoch = case.state.epochs + 1
    tenure = Tenure(epoch=epoch, holder=payload.text(case.ask, "holder", ""), since=since)
    activated, *rest = done.events
    return replace(
        done,
        state=replace(done.state, tenure=tenure, epochs=tenure.epoch),
        events=(replace(activated, tenure=tenure), *rest),
    )


def _opening(case: Case) -> list[Act]:
    """Return the acts that set what is known of a clock and of the credit."""
    ask, at = case.ask, payload.instant(case.ask, "begins")
    acts: list[Act] = []
    if "clock" in ask.payload:
        name = payload.text(ask, "clock")
        if name not in case.policy.clocks:
            raise ClockUnknown(name=name, known=", ".join(sorted(case.policy.clocks)))
        until = payload.instant(ask, "until")
        acts.append(
            Act(id=f"{case.id}/{name}", kind="adjust", at=at, clock=name, until=until, why=OPENING)
        )
    if "balance_minor" in ask.payload:
        amount_minor = payload.whole(ask, "balance_minor")
        acts.append(
            Act(
                id=f"{case.id}/main",
                kind="adjust",
                at=at,
                balance="main",
                amount_minor=amount_minor,
                why=OPENING,
            )
        )
    return acts
