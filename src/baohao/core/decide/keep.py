"""Keep: somebody watches over a card of another operator's, with what they know of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Acted, Case, act_on, conclude
from baohao.core.decide.observe import ClockUnknown
from baohao.core.decide.record import BeforeItBegan, act_of
from baohao.core.decide.stock import stocked
from baohao.core.kept import keeper_of
from baohao.core.line.acts import Act
from baohao.core.line.event import Event
from baohao.core.line.evolve import evolve
from baohao.core.line.fold import fold
from baohao.core.line.state import Reading, Tenure
from baohao.core.refusals import Refusal

#: Why a clock or a balance was set.
SAID = "as the operator says"
#: What may start a clock, beside the activation.
_BEGINNINGS = ("purchase", "identity", "first_use")
#: More credit than any charge takes, to learn what was taken (minor units).
_PLENTY = 10**12


class KeeperMissing(Refusal):
    """A card is kept by its holder: the key ends with theirs."""

    code = "kept.keeper"


class BalanceContradicts(Refusal):
    """
    The card cannot have that much credit: it was topped up by more since, less what it was charged.
    """

    code = "kept.balance"


def keep(case: Case) -> Decision:
    """
    Take a card under watch: its product, what was last done with it, and what its operator says.

    What is not said is not made up: a card of which only the operator's date is known has that date
    for its own, and credit is what was there before the charges that have been taken since.

    Fields: `operator`, `plan`, `pin` or `policy`; `holder`; `begins`; `last`, an act as `record`
    takes it; `clock` with `until`, and `balance_minor`, as the operator says now; `opening`, what
    clocks and balances were set to when its life began, as another house wrote it down; `evidence`.
    A card that was let go, or lost, may be kept anew. Refuses with `KeeperMissing`, `LineExists`,
    `PolicyMissing`, `VersionMissing`, `ClockUnknown`, `BalanceContradicts`, `BeforeItBegan` and
    `NotYetTrue`.
    """
    ask, rules = case.ask, case.terms.rules
    payload.only(
        ask,
        *("operator", "plan", "pin", "policy", "holder", "begins", "last"),
        *("clock", "until", "balance_minor", "opening", "evidence"),
    )
    keeper = keeper_of(ask.subject)
    if not keeper or payload.text(ask, "holder") != keeper:
        raise KeeperMissing()
    first = stocked(case, custody="external", may_follow=_is_over(case))
    known = replace(case, line=evolve(case.line, first, rules))
    acts = tuple(_acts(known))
    opening = [*_told(known, acts[0].at), *_opening(known, acts)]
    since = acts[0].at if case.line is None else _follows(case, acts[0].at)
    tenure = Tenure(epoch=known.state.epochs + 1, holder=keeper, since=since)
    done = _begun(known, [*acts[:1], *opening, *acts[1:]], tenure)
    state, events = done.state, [first, *done.events]
    for reading in _readings(known):
        event = Event(kind="observed", effective_at=case.now, reading=reading)
        state = evolve(state, event, rules)
        events.append(event)
    return conclude(case, state, events, entries=done.entries, cause="elsewhere", is_next_life=True)


def _acts(case: Case) -> Iterator[Act]:
    """Yield what began the card's life, and what was last done with it."""
    ask = case.ask
    last = None
    if "last" in ask.payload:
        inner = replace(ask, payload={"act": f"{case.id}/last", **payload.part(ask, "last")})
        last = act_of(replace(case, ask=inner))
    begins = payload.instant(ask, "begins", last.at if last else case.now)
    if last is not None and last.at < begins:
        raise BeforeItBegan(since=begins.isoformat())
    yield Act(id=case.id, kind="activate", at=begins)
    starts = {name for clock in case.policy.clocks.values() for name in clock.starts}
    for kind in _BEGINNINGS:
        if kind in starts:
            yield Act(id=f"{case.id}/{kind}", kind=kind, at=begins)
    if last is not None and last.kind not in ("activate", *_BEGINNINGS):
        yield last
    elif last is None and "begins" not in ask.payload and "clock" in ask.payload:
        until, clock = payload.instant(ask, "until"), _clock(case)
        yield Act(
            id=f"{case.id}/{clock}", kind="adjust", at=begins, clock=clock, until=until, why=SAID
        )


def _told(case: Case, begins: datetime) -> Iterator[Act]:
    """Yield what clocks and balances were set to when the card's life began."""
    for number, said in enumerate(payload.parts(case.ask, "opening")):
        inner = replace(case.ask, payload=said)
        payload.only(inner, "clock", "until", "balance", "amount_minor")
        of_clock = "clock" in said
        clock = _clock(replace(case, ask=inner)) if of_clock else ""
        yield Act(
            id=f"{case.id}/{number}",
            kind="adjust",
            at=begins,
            clock=clock,
            until=payload.instant(inner, "until") if of_clock else None,
            balance="" if of_clock else payload.text(inner, "balance", "main"),
            amount_minor=None if of_clock else payload.whole(inner, "amount_minor"),
            why=SAID,
        )


def _opening(case: Case, acts: tuple[Act, ...]) -> list[Act]:
    """Return the credit that a card had when its life here begins, so that it has today's today."""
    if "balance_minor" not in case.ask.payload:
        return []
    rule = case.policy.balances.get("main")
    most = rule.max_minor if rule is not None and rule.max_minor is not None else _PLENTY
    begins = acts[0].at
    plenty = _credit(case, begins, most)
    pin = case.state.pin
    (folded, *_) = fold(case.terms.rules, pin, (acts[0], plenty, *acts[1:]), until=case.now)
    held = folded.standing.balances.get("main", 0)
    opening = most - held + payload.whole(case.ask, "balance_minor")
    if opening < 0:
        raise BalanceContradicts()
    return [_credit(case, begins, opening)]


def _credit(case: Case, at: datetime, minor: int) -> Act:
    id_ = f"{case.id}/main"
    return Act(id=id_, kind="adjust", at=at, balance="main", amount_minor=minor, why=SAID)


def _begun(case: Case, acts: list[Act], tenure: Tenure) -> Acted:
    """Return the line with its acts, in its keeper's tenure."""
    first, *others = acts
    done = act_on(case, first)
    begun, *rest = done.events
    state = replace(done.state, tenure=tenure, epochs=tenure.epoch)
    events, entries = [replace(begun, tenure=tenure), *rest], [*done.entries]
    for act in others:
        done = act_on(replace(case, line=state), act)
        state = done.state
        events += done.events
        entries += done.entries
    return Acted(state, tuple(events), tuple(entries), done.folded)


def _is_over(case: Case) -> bool:
    """Return whether the card was let go, or lost, so that it may be kept anew."""
    return case.line is not None and (bool(case.standing.ended) or not case.stage.keeping)


def _follows(case: Case, begins: datetime) -> datetime:
    """Return when a tenure begins that follows another: never before that one did."""
    before = case.state.tenure
    return case.now if before is None else max(begins, before.since)


def _readings(case: Case) -> Iterator[Reading]:
    """Yield what the operator says now."""
    ask, evidence = case.ask, payload.text(case.ask, "evidence", "")
    if "clock" in ask.payload:
        until = payload.instant(ask, "until")
        yield Reading(name=_clock(case), at=case.now, until=until, evidence=evidence)
    if "balance_minor" in ask.payload:
        minor = payload.whole(ask, "balance_minor")
        yield Reading(name="main", at=case.now, amount_minor=minor, evidence=evidence)


def _clock(case: Case) -> str:
    name = payload.text(case.ask, "clock")
    if name not in case.policy.clocks:
        raise ClockUnknown(name=name, known=", ".join(sorted(case.policy.clocks)))
    return name
