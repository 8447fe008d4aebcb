"""Observe: the operator's own reading stands beside what is computed."""

from __future__ import annotations

from tests.core.decide.desk import Desk, Refused
from tests.core.decide.sales import forbidden
from tests.core.decide.test_keep import kept

from baohao.core.decide.case import NotYetTrue, VerbNotAllowed
from baohao.core.decide.observe import ClockUnknown
from baohao.core.decide.record import BeforeItBegan

READ: dict[str, object] = {"clock": "service", "until": "2027-01-08T00:00:00+08:00"}

REFUSED: Refused = {
    "observe": {
        VerbNotAllowed: lambda: forbidden(Desk().active(), "observe").ask("observe", **READ),
        BeforeItBegan: lambda: kept().ask(
            "observe",
            clock="use",
            until="2026-07-01T00:00:00+00:00",
            at="2026-01-01T00:00:00+00:00",
        ),
        ClockUnknown: lambda: Desk().active().ask("observe", **READ | {"clock": "sevice"}),
        NotYetTrue: lambda: Desk().active().ask("observe", **READ, at="2026-01-10T12:01:00+08:00"),
    }
}


def test_a_reading_changes_nothing_that_is_computed() -> None:
    desk = Desk().active()
    before = desk.line.standings
    decision = desk.do("observe", **READ, evidence="*100#")
    assert desk.line.standings == before
    (reading,) = desk.line.readings
    assert (reading.name, reading.evidence) == ("service", "*100#")
    assert (decision.entries, decision.effects) == ((), ())


def test_the_latest_reading_stays_whatever_is_heard_first() -> None:
    desk = Desk().active().at("2026-03-01")
    desk.do("observe", balance="main", amount_minor=5, at="2026-02-02T00:00:00+08:00")
    desk.do("observe", balance="main", amount_minor=7, at="2026-02-01T00:00:00+08:00")
    desk.do("observe", **READ)
    assert [(r.name, r.amount_minor) for r in desk.line.readings] == [
        ("main", 5),
        ("service", None),
    ]
