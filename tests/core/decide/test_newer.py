"""Newer rules of a kept card's product: what was done before is under those of then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.core.decide.desk import Desk, Refused, load, macau

from baohao.core.asks import Decision
from baohao.core.civil import Span, Unit
from baohao.core.decide.repin import TimeWouldBeLost
from baohao.core.kept import kept_key
from baohao.core.line.fold import TooManyWorlds
from baohao.core.newer import by_newest, newest
from baohao.core.policy.model import Policy, Until
from baohao.core.policy.terms import Fixed
from baohao.core.refusals import Refusal

#: Six months after the last use, and from 1 March 2026 on ninety days.
OLD = load("gb/giffgaff.payg.toml")
CHANGE = date(2026, 3, 1)


def follow(policy: Policy, version: str, since: date, term: Span, **parts: Any) -> Policy:
    events = tuple(
        replace(rule, extends=tuple(replace(each, term=Fixed(term)) for each in rule.extends))
        for rule in policy.events
    )
    clocks = {name: replace(each, term=term) for name, each in policy.clocks.items()}
    given_: dict[str, Any] = {"clocks": clocks, "events": events}
    return replace(policy, version=version, effective_from=since, **given_ | parts)


NEW = follow(OLD, "2026-03", CHANGE, Span(90, Unit.DAY))
#: The clock has another name, and would begin anew.
RENAMED = follow(
    OLD,
    "2026-03",
    CHANGE,
    Span(90, Unit.DAY),
    clocks={"other": replace(OLD.clocks["use"], id="other", term=Span(90, Unit.DAY))},
    stages=(replace(OLD.stages[0], until=Until(clock="other")), *OLD.stages[1:]),
    events=(),
)
OTHER = replace(NEW, name="gb.giffgaff.other")
CTM = load("mo/ctm.idd.toml")


def kept(*others: Policy, policy: Policy = OLD) -> Desk:
    """Kept since 2 January 2026, when a message was sent."""
    desk = Desk(policy, *others)
    desk.subject = kept_key("+447700900123", "h-1")
    plan = policy.name.rpartition(".")[2]
    said = {"operator": policy.operator, "plan": plan, "pin": policy.pin, "holder": "h-1"}
    kind = "sms_out" if policy is OLD else "topup"
    sent = {"kind": kind, "at": "2026-01-02T12:00:00+00:00", "amount_minor": 10_000}
    desk.do("keep", **said, last=sent)
    return desk


def used(desk: Desk, day: str) -> Decision:
    return desk.do("record", kind="sms_out", at=f"{day}T12:00:00+00:00", accept_shorter=True)


def last_day(desk: Desk, name: str = "use") -> str:
    return desk.line.standing.clocks[name].day.isoformat()


def early() -> Decision | Refusal:
    return kept(NEW).at("2026-02-01").ask("repin", pin=NEW.pin)


def other() -> Decision | Refusal:
    return kept(OTHER).at("2026-04-01").ask("repin", pin=OTHER.pin)


#: Those of `repin` are in test_repin.py.
REFUSED: Refused = {}


def test_a_card_loses_nothing_by_a_move() -> None:
    desk = kept(RENAMED).at("2026-04-01")
    assert isinstance(desk.ask("repin", pin=RENAMED.pin), TimeWouldBeLost)


def test_what_was_reached_stays_and_what_is_done_since_is_under_the_new_rules() -> None:
    desk = kept(NEW).at("2026-03-05")
    desk.do("repin", pin=NEW.pin)
    assert (last_day(desk), desk.line.pin) == ("2026-07-02", NEW.pin)
    (move,) = [act for act in desk.line.acts if act.kind == "repin"]
    assert move.at.isoformat() == "2026-03-01T00:00:00+00:00"
    # Both stand: what is computed, and what the rules of today alone would give.
    (view,) = by_newest(desk.rules, desk.line, desk.now)
    assert str(view.clocks["use"] and view.clocks["use"].last_day) == "2026-04-02"
    used(desk.at("2026-08-01"), "2026-06-20")
    assert last_day(desk) == "2026-09-18"


def test_a_late_fact_is_under_the_rules_of_its_day() -> None:
    desk = kept(NEW).at("2026-03-05")
    desk.do("repin", pin=NEW.pin)
    used(desk, "2026-02-10")
    assert last_day(desk) == "2026-08-10"
    used(desk.at("2026-03-20"), "2026-03-10")
    # A use sets the clock anew, by the rules of its own day.
    assert last_day(desk) == "2026-06-08"


def test_a_change_that_is_heard_of_late_is_as_one_that_was_known() -> None:
    known, late = kept(NEW), kept(NEW)
    known.at("2026-03-01").do("repin", pin=NEW.pin)
    for desk in (known, late):
        used(desk.at("2026-05-01"), "2026-04-20")
    assert (last_day(known), last_day(late)) == ("2026-07-19", "2026-10-20")
    late.at("2026-06-01").do("repin", pin=NEW.pin)
    assert late.line.standing.clocks == known.line.standing.clocks


def test_what_two_versions_leave_open_alike_is_one_question() -> None:
    second, third = (
        replace(
            CTM,
            version=str(n),
            effective_from=date(2026, n, 1),
            worlds=tuple(
                replace(each, version=str(n), effective_from=date(2026, n, 1))
                for each in CTM.worlds
            ),
        )
        for n in (2, 3)
    )
    desk = kept(second, third, policy=CTM).at("2026-03-10")
    before = [each.clocks for each in desk.line.standings]
    desk.do("repin", pin=second.pin)
    desk.do("repin", pin=third.pin)
    assert [each.clocks for each in desk.line.standings] == before
    # Where they do not, each answer of the one goes with each of the other.
    asked = replace(third, version="4", unknowns=third.unknowns[:-1])
    many = replace(asked, worlds=tuple(replace(each, version="4") for each in third.worlds) * 5)
    desk.rules[many.pin] = many
    assert isinstance(desk.ask("repin", pin=many.pin), TooManyWorlds)


def test_the_newest_is_the_last_that_came_into_force() -> None:
    third = follow(OLD, "2026-06", date(2026, 6, 1), Span(30, Unit.DAY))
    desk = kept(NEW, third)
    days = ("2026-02-28", "2026-03-02", "2026-06-02")
    found = [newest(desk.rules, desk.line, macau(day)).version for day in days]
    assert found == [OLD.version, NEW.version, third.version]


@given(
    days=st.lists(st.integers(0, 120), min_size=1, max_size=5, unique=True),
    data=st.data(),
)
def test_whenever_a_card_moves_and_whatever_is_heard_when_it_ends_the_same(
    days: list[int], data: st.DataObject
) -> None:
    begun = macau("2026-01-10")

    def lived(order: list[int], moved: int) -> Desk:
        desk = kept(NEW).at("2026-06-10")
        for place, day in enumerate([*order, None]):
            if place == moved:
                reached = desk.line.standing.clocks["use"].deadline
                desk.do("repin", pin=NEW.pin)
                since = [a for a in desk.line.acts if a.at >= _change() and a.kind == "sms_out"]
                assert since or desk.line.standing.clocks["use"].deadline == reached
            if day is not None:
                at = begun.replace(hour=12) + day * _DAY
                desk.do("record", kind="sms_out", at=at.isoformat(), accept_shorter=True)
        return desk

    plain = lived(sorted(days), 0)
    again = lived(
        data.draw(st.permutations(days), label="heard"),
        data.draw(st.integers(0, len(days)), label="moved after"),
    )
    assert again.line.standing.clocks == plain.line.standing.clocks
    assert again.stage == plain.stage


def _change() -> datetime:
    return datetime.combine(CHANGE, datetime.min.time(), OLD.zone)


_DAY = macau("2026-01-11") - macau("2026-01-10")
