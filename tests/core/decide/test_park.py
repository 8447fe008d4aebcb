"""Park and resume: a pause at the holder's wish, as long as product and law allow."""

from __future__ import annotations

from dataclasses import replace

from tests.core.decide.desk import KEEP12, Desk, Refused
from tests.core.decide.sales import of_fee

from baohao.core.decide.case import VerbNotAllowed
from baohao.core.decide.park import AlreadyParked, NotParked, ParkedTooOften

assert KEEP12.park is not None
TWICE = replace(KEEP12.park, per_year=2)


def desk() -> Desk:
    return Desk().active()


def parked() -> Desk:
    ready = desk().at("2026-03-01")
    ready.do("park")
    return ready


REFUSED: Refused = {
    "park": {
        **of_fee("park", desk, {}),
        VerbNotAllowed: lambda: desk().at("2027-02-01").ask("park"),
        AlreadyParked: lambda: parked().ask("park"),
        ParkedTooOften: lambda: parked().at("2026-10-01").ask("park"),
    },
    "resume": {NotParked: lambda: desk().ask("resume")},
}


def test_a_park_ends_by_itself_after_what_the_product_allows() -> None:
    ready = parked()
    decision = ready.at("2026-04-01").do("settle")
    (event,) = decision.events
    assert event.settled is not None
    assert (event.settled.what, event.settled.at.isoformat()) == (
        "resumed",
        "2026-03-29T04:00:00+00:00",
    )
    assert [effect.kind for effect in decision.effects] == ["network"]
    # 1 to 29 March, the first and the last in part.
    assert ready.line.standing.barred_days == {2026: 29}
    assert ready.last_day == "2027-01-10"


def test_resumed_before_that_it_counts_the_days_it_took() -> None:
    ready = parked()
    decision = ready.at("2026-03-03").do("resume")
    assert ready.line.standing.barred_days == {2026: 3}
    assert [effect.kind for effect in decision.effects] == ["message", "network"]


def test_a_day_of_two_parks_is_one_day() -> None:
    ready = Desk().varied(park=TWICE).active()
    for begin, end in (("09:00", "10:00"), ("15:00", "16:00")):
        ready.at(f"2026-03-01 {begin}").do("park")
        ready.at(f"2026-03-01 {end}").do("resume")
    assert ready.line.standing.barred_days == {2026: 1}


def test_a_park_that_waits_moves_the_deadline() -> None:
    waiting = replace(KEEP12.park, clocks="wait") if KEEP12.park else None
    ready = Desk().varied(park=waiting).active().at("2026-03-01")
    ready.do("park")
    ready.at("2026-03-11").do("resume")
    assert ready.last_day == "2027-01-20"
