"""Taking living lines over: what is known of them stands, and what is not is not made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from uuid import UUID

import pytest

from baohao.app.policies import load, shipped
from baohao.core.asks import Ask, Decision, Facts, Terms
from baohao.core.decide import decide
from baohao.core.decide.observe import ClockUnknown
from baohao.core.decide.stock import LineExists
from baohao.core.line.evolve import evolve
from baohao.core.line.state import LineState
from baohao.core.refusals import Refusal

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
KEEP12 = load(shipped() / "demo" / "keep12.toml").accepted()
BALANCE = load(shipped() / "demo" / "balance180.toml").accepted()
RULES = {policy.pin: policy for policy in (KEEP12, BALANCE)}
TERMS = Terms(rules=RULES, transfer=UUID(int=2))
CARD = {"operator": "demo", "plan": "keep12", "pin": KEEP12.pin, "iccid": "8985301234567890128"}


def take_over(state: LineState | None, **payload: object) -> Decision | Refusal:
    ask = Ask(
        id=UUID(int=1),
        verb="take_over",
        subject="+85366123456",
        key="k",
        principal="staff",
        channel="operator",
        payload={**CARD, **payload},
    )
    return decide(state, Facts(), ask, TERMS, NOW)


def taken(**payload: object) -> tuple[Decision, LineState]:
    decision = take_over(None, **payload)
    assert isinstance(decision, Decision)
    assert decision.state is not None
    return decision, decision.state


def test_the_deadline_is_the_operators() -> None:
    decision, line = taken(
        begins="2019-03-05T00:00:00+08:00", clock="service", until="2027-02-01T00:00:00+08:00"
    )
    assert [event.kind for event in decision.events] == ["stocked", "acted", "acted"]
    assert line.standing.stage == "active"
    assert decision.answer["until"] == "2027-01-31T16:00:00+00:00"
    assert line.tenure is not None
    assert line.tenure.since == datetime(2019, 3, 4, 16, tzinfo=UTC)
    assert decision.entries == ()
    assert decision.effects == ()


def test_without_a_deadline_the_policy_says_it() -> None:
    _, line = taken(begins="2026-03-05T10:00:00+08:00")
    assert line.standing.clocks["service"].deadline == datetime(2027, 3, 5, 16, tzinfo=UTC)


def test_what_fell_due_meanwhile_is_settled() -> None:
    decision, line = taken(
        begins="2025-03-05T00:00:00+08:00", clock="service", until="2026-03-20T00:00:00+08:00"
    )
    assert line.standing.stage == "suspended"
    stages = [event.settled.id for event in decision.events if event.settled is not None]
    assert stages == ["grace", "suspended"]
    assert line.version == len(decision.events)


def test_credit_is_owed_to_the_holder_of_an_issued_line() -> None:
    balance = {"plan": "balance180", "pin": BALANCE.pin, "balance_minor": 12_345}
    decision, line = taken(begins="2026-03-05T00:00:00+08:00", **balance)
    assert line.standing.balances["main"] == 12_345
    (entry,) = decision.entries
    assert {str(p.account): p.amount_minor for p in entry.postings} == {
        "credit:balance180:MOP": -12_345,
        "adjustments:opening:MOP": 12_345,
    }
    external, _ = taken(begins="2026-03-05T00:00:00+08:00", custody="external", **balance)
    assert external.entries == ()


@pytest.mark.parametrize("begins", ["2019-03-05T00:00:00+08:00", "2026-03-05T00:00:00+08:00"])
@pytest.mark.parametrize("until", ["2026-03-20T00:00:00+08:00", "2027-02-01T00:00:00+08:00"])
def test_replaying_the_events_gives_the_line(begins: str, until: str) -> None:
    decision, line = taken(begins=begins, clock="service", until=until)
    replayed = reduce(lambda s, e: evolve(s, e, RULES), decision.events, None)
    assert replayed == replace(line, version=len(decision.events))


def test_nothing_is_taken_over_twice() -> None:
    _, line = taken(begins="2026-03-05T00:00:00+08:00")
    refusal = take_over(line, begins="2026-03-05T00:00:00+08:00")
    assert isinstance(refusal, LineExists)


def test_a_life_that_lies_ahead_and_an_unknown_clock_are_refused() -> None:
    ahead = take_over(None, begins="2026-06-02T00:00:00+08:00")
    assert isinstance(ahead, Refusal)
    assert ahead.code == "line.not_yet"
    until = {"clock": "number", "until": "2027-02-01T00:00:00+08:00"}
    assert isinstance(take_over(None, begins="2026-03-05T00:00:00+08:00", **until), ClockUnknown)
