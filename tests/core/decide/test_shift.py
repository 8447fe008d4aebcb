"""A till's shift: opened, emptied, counted without being told, closed; and what is sold in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.decide.desk import FLOAT, TILL, Desk, Refused, money

from baohao.core.asks import Decision
from baohao.core.books.chart import AccountMalformed
from baohao.core.decide import decide
from baohao.core.decide.case import SecondPersonMissing
from baohao.core.decide.payload import FieldMalformed, FieldMissing
from baohao.core.line.event import Event
from baohao.core.refusals import Refusal
from baohao.core.shifts import (
    NoShift,
    NotATill,
    NotCounted,
    OtherClerk,
    Shift,
    ShiftCounted,
    ShiftOpen,
    TillShort,
    shifts_of,
)

WHY = {"reason": "cannot be found", "approved_by": "chief"}


class Drawer:
    """A till in the hands of a clerk."""

    def __init__(self, held_minor: int = 0) -> None:
        self.held = held_minor
        self.desk = Desk()
        self.shift: Shift | None = None
        self.events: list[Event] = []

    def ask(
        self, verb: str, *, subject: str = TILL, by: str = "", **payload: Any
    ) -> Decision | Refusal:
        shifts = {} if self.shift is None else {TILL: self.shift}
        desk = self.desk.knowing(available={TILL: self.held}, shifts=shifts)
        asked = replace(
            desk.asking(verb, **payload), subject=subject, principal=by or desk.principal
        )
        return decide(None, desk.facts, asked, desk.terms, desk.now)

    def do(self, verb: str, **payload: Any) -> Drawer:
        decision = self.ask(verb, **payload)
        assert isinstance(decision, Decision), decision
        self.held += money(decision.entries).get(TILL, 0)
        self.events += decision.events
        self.shift = decision.shift or self.shift
        self.desk.now += timedelta(minutes=5)
        assert shifts_of(self.events)[-1:] == ((self.shift,) if self.shift else ())
        return self


def opened(held_minor: int = 500) -> Drawer:
    return Drawer(held_minor).do("open_shift", float_minor=held_minor)


def counted(said_minor: int, held_minor: int = 500) -> Drawer:
    return opened(held_minor).do("count", pieces={"100": said_minor // 100})


def verbs(ready: Drawer, verb: str, **good: Any) -> dict[type[Refusal], Any]:
    """What each verb of a shift refuses."""
    return {
        NotATill: lambda: ready.ask(verb, subject=FLOAT, **good),
        AccountMalformed: lambda: ready.ask(verb, subject="till", **good),
        NoShift: lambda: Drawer(500).ask(verb, **good),
        OtherClerk: lambda: ready.ask(verb, by="clerk-2", **good),
    }


REFUSED: Refused = {
    "open_shift": {
        NotATill: lambda: Drawer().ask("open_shift", subject=FLOAT, float_minor=0),
        AccountMalformed: lambda: Drawer().ask("open_shift", subject="till", float_minor=0),
        ShiftOpen: lambda: opened().ask("open_shift", by="clerk-2", float_minor=500),
        SecondPersonMissing: lambda: Drawer(500).ask("open_shift", float_minor=400, reason="?"),
    },
    "drop": {
        **verbs(opened(), "drop", amount_minor=100),
        ShiftCounted: lambda: counted(500).ask("drop", amount_minor=100),
        TillShort: lambda: opened().ask("drop", amount_minor=501),
    },
    "count": {
        **verbs(opened(), "count", pieces={"100": 5}),
        ShiftCounted: lambda: counted(500).ask("count", pieces={"100": 5}),
    },
    "close_shift": {
        **verbs(counted(500), "close_shift"),
        NotCounted: lambda: opened().ask("close_shift"),
        SecondPersonMissing: lambda: counted(400).ask(
            "close_shift", reason="lost", approved_by="clerk-1"
        ),
    },
}


def test_a_shift_that_is_right_is_closed_by_its_clerk_alone() -> None:
    drawer = opened().do("fund", amount_minor=300).do("drop", amount_minor=200)
    drawer.do("count", pieces={"100": 5, "50": 2})
    decision = drawer.ask("close_shift", leave_minor=500)
    assert isinstance(decision, Decision)
    assert money(decision.entries) == {TILL: -100, "bank:main:MOP": 100}
    drawer.do("close_shift", leave_minor=500)
    assert drawer.shift is not None
    assert (drawer.held, drawer.shift.difference_minor, drawer.shift.takings_minor) == (500, 0, 0)
    assert (drawer.shift.pieces, drawer.shift.is_open) == ({100: 5, 50: 2}, False)


@given(st.integers(0, 3_000), st.integers(0, 30))
def test_what_is_missing_is_booked_to_the_cent_by_two_people(held: int, hundreds: int) -> None:
    said = hundreds * 100
    drawer = counted(said, held)
    difference = said - held
    alone = drawer.ask("close_shift", reason="?")
    for by in ("", "clerk-1", " "):
        same = drawer.ask("close_shift", reason="?", approved_by=by)
        assert isinstance(same, SecondPersonMissing) == bool(difference)
    if not difference:
        assert isinstance(alone, Decision)
        return
    assert isinstance(drawer.ask("close_shift", approved_by="chief"), FieldMissing)
    both = drawer.ask("close_shift", **WHY)
    assert isinstance(both, Decision)
    cause = "cash_short" if difference < 0 else "cash_over"
    assert money(both.entries).get(f"adjustments:{cause}:MOP", 0) == -difference
    assert drawer.do("close_shift", **WHY).held == 0


def test_for_a_clerk_that_is_away_two_others_count_and_close() -> None:
    drawer = opened()
    assert isinstance(drawer.ask("count", by="boss", approved_by="boss", pieces={}), OtherClerk)
    assert isinstance(drawer.ask("count", by="boss", approved_by="clerk-1", pieces={}), OtherClerk)
    drawer.do("count", by="boss", approved_by="chief", pieces={"100": 4})
    short = {"reason": "gone, like the clerk"}
    for approved_by in ("clerk-1", "boss"):
        assert isinstance(
            drawer.ask("close_shift", by="boss", approved_by=approved_by, **short), OtherClerk
        )
    drawer.do("close_shift", by="boss", approved_by="chief", **short)
    assert drawer.shift is not None
    assert (drawer.shift.clerk, drawer.shift.counted_by) == ("clerk-1", "boss")


def test_a_float_that_is_not_as_the_books_say_needs_a_second_person() -> None:
    decision = Drawer(500).ask("open_shift", float_minor=450, **WHY)
    assert isinstance(decision, Decision)
    assert money(decision.entries) == {TILL: -50, "adjustments:cash_short:MOP": 50}
    assert isinstance(Drawer(500).ask("open_shift", float_minor=450, approved_by="x"), FieldMissing)


@pytest.mark.parametrize(
    "pieces", [{"0": 1}, {"-5": 1}, {"x": 1}, {"05": 1}, {"5": -1}, {"5": True}, {"5": "1"}, [5]]
)
def test_a_count_is_read_strictly(pieces: object) -> None:
    assert isinstance(opened().ask("count", pieces=pieces), FieldMalformed)


def test_a_count_says_something() -> None:
    assert isinstance(opened().ask("count"), FieldMissing)
    much = {str(n + 1): 1 for n in range(41)}
    assert isinstance(opened().ask("count", pieces=much), FieldMalformed)
    assert isinstance(opened().ask("count", pieces={"9" * 12: 2**52}), FieldMalformed)
    assert isinstance(counted(500).ask("close_shift", leave_minor=501), FieldMalformed)


def test_what_is_in_a_till_is_not_told_while_its_shift_is_open() -> None:
    for asked in (
        opened(777).ask("fund", amount_minor=1),
        opened(777).ask("withdraw", amount_minor=1),
        opened(777).ask("withdraw", amount_minor=1_000),
        opened(777).ask("drop", amount_minor=1_000),
        opened(777).ask("drop", amount_minor=1),
        opened(777).ask("close_shift"),
    ):
        said = str(asked.answer) if isinstance(asked, Decision) else f"{asked} {asked.facts}"
        assert "77" not in said
