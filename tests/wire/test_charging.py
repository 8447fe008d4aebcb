"""What is sold for an operator whose own charging system is master is done there, exactly once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from tests.wire.harbour import CALM, FLOAT, FORGETFUL, HASTY, PAID_IN, Harbour, hkd

from baohao.app.charging import listing
from baohao.app.charging.carry import PAUSE, PAUSE_MAX, READS_MAX, TAKEN_BACK, pause
from baohao.app.ports import Absent, Declined, Done, Outcome, Readings, TopUp, Unknown

NUMBER = "+85251234001"
OTHER = "+85251234002"


def test_a_year_that_is_sold_here_is_a_year_there(harbour: Harbour) -> None:
    with harbour.connected():
        begun = harbour.opened(NUMBER)
        assert harbour.charges()[begun].state == "pending"
        assert harbour.carrier().run() == {"done": 1}
        renewed = harbour.renewed(NUMBER)
        harbour.carrier().run()
        assert [harbour.times(act) for act in (begun, renewed)] == [1, 1]
        assert harbour.at_theirs(NUMBER).last_day == harbour.last_day(NUMBER)
        with harbour.looking() as conn:
            charge = listing.charge(conn, NUMBER, UUID(renewed))
        assert charge is not None
        assert (charge.state, charge.their_id, charge.code) == ("done", "topup-2", "")
        assert charge.their_at is not None
        assert harbour.owed() == 0
        # What was read back stands beside what is computed, and nothing differs.
        assert set(harbour.observed(NUMBER)) == {"service", "main"}
        assert harbour.drifts() == []
    harbour.is_well()


def test_credit_arrives_to_the_cent(harbour: Harbour) -> None:
    with harbour.connected():
        harbour.opened(NUMBER)
        harbour.topped_up(NUMBER)
        harbour.carrier().run()
        assert harbour.at_theirs(NUMBER).balance == hkd(5_000)
        assert harbour.observed(NUMBER)["main"] == 5_000


def test_lines_of_an_operator_whose_truth_is_here_owe_no_charge(harbour: Harbour) -> None:
    harbour.there = frozenset()
    harbour.opened(NUMBER)
    assert (harbour.owed(), harbour.charges()) == (0, {})


def test_what_they_refuse_is_taken_back_and_the_money_returns(harbour: Harbour) -> None:
    with harbour.connected():
        harbour.opened(NUMBER)
        harbour.carrier().run()
        before, day = harbour.balance(FLOAT), harbour.last_day(NUMBER)
        renewed = harbour.renewed(NUMBER)
        assert harbour.balance(FLOAT) < before
        harbour.twin.draw = lambda method: "refused" if method == "POST" else ""
        assert harbour.carrier().run() == {"refused": 1}
        charge = harbour.charges()[renewed]
        assert (charge.state, charge.code) == ("refused", "limit.reached")
        assert (harbour.balance(FLOAT), harbour.last_day(NUMBER)) == (before, day)
        assert (harbour.times(renewed), harbour.owed()) == (0, 0)
    harbour.is_well()


def test_what_cannot_be_taken_back_waits_for_a_person(harbour: Harbour) -> None:
    """They refuse to begin a number for which more has been paid since."""
    with harbour.connected(draw=lambda method: "refused" if method == "POST" else ""):
        begun = harbour.opened(NUMBER)
        harbour.renewed(NUMBER)
        harbour.settle()
        assert harbour.charges()[begun].state == "stuck"
        (parked,) = harbour.rows("SELECT ask ->> 'verb', reason FROM parked")
        assert parked[0] == "reverse"
        assert parked[1].startswith("act.others_follow")


@pytest.mark.parametrize("fault", ["slow", "lost"])
def test_an_answer_that_is_lost_is_asked_for_before_anything_is_sent(
    harbour: Harbour, fault: str
) -> None:
    patience = HASTY if fault == "slow" else CALM
    draw = {"POST": fault}.get
    with harbour.connected(lambda method: draw(method, ""), patience=patience):
        begun = harbour.opened(NUMBER)
        assert harbour.carrier().run() == {"unknown": 1}
        assert harbour.charges()[begun].state == "unknown"
        assert harbour.balance(FLOAT) == PAID_IN - 8_800
        assert harbour.carrier().run() == {}, "it was asked again at once"
        harbour.later(PAUSE)
        assert harbour.carrier().run() == {"done": 1}
        assert [heard.split(b" ")[0] for heard in harbour.twin.heard] == [b"POST", b"GET", b"GET"]
        assert harbour.times(begun) == 1


def test_an_error_of_theirs_is_no_refusal(harbour: Harbour) -> None:
    faults = iter(["broken", "broken"])
    with harbour.connected(draw=lambda _: next(faults, "")):
        begun = harbour.opened(NUMBER)
        assert harbour.carrier().run() == {"unknown": 1}
        harbour.later(PAUSE)
        assert harbour.carrier().run() == {"unknown": 1}, (
            "the search failed, and it was sent anyway"
        )
        assert harbour.charges()[begun].code == "http.500"
        harbour.later(2 * PAUSE)
        assert harbour.carrier().run() == {"done": 1}
        assert harbour.times(begun) == 1


def test_a_read_back_that_never_comes_does_not_keep_a_charge_for_ever(harbour: Harbour) -> None:
    with harbour.connected(draw=lambda method: "broken" if method == "GET" else ""):
        begun = harbour.opened(NUMBER)
        harbour.settle()
        assert harbour.charges()[begun].state == "done"
        assert len(harbour.twin.heard) == 1 + READS_MAX
        assert harbour.observed(NUMBER) == {}


def test_another_amount_than_was_sent_is_told(harbour: Harbour) -> None:
    with harbour.connected(draw=lambda method: "wrong" if method == "POST" else ""):
        begun = harbour.opened(NUMBER)
        harbour.carrier().run()
        charge = harbour.charges()[begun]
        assert (charge.state, charge.code) == ("done", "amount_differs")


def test_a_stale_read_is_listed_as_drift(harbour: Harbour) -> None:
    with harbour.connected():
        harbour.opened(NUMBER)
        harbour.carrier().run()
        harbour.twin.draw = lambda method: "stale" if method == "GET" else ""
        harbour.renewed(NUMBER)
        harbour.carrier().run()
        (drift,) = harbour.drifts()
        assert (drift.number, drift.clock, drift.days) == (NUMBER, "service", -365)
        assert drift.computed_from == drift.computed_to == harbour.last_day(NUMBER)
        assert drift.age_days == 0
        harbour.later(timedelta(days=3))
        assert harbour.drifts()[0].age_days == 3


def test_their_days_that_differ_are_listed(harbour: Harbour) -> None:
    with harbour.connected():
        harbour.opened(NUMBER)
        there = harbour.twin.rules.zone
        today = harbour.now().astimezone(there).date()
        harbour.twin.open(NUMBER.removeprefix("+"), today + timedelta(days=10))
        harbour.carrier().run()
        assert [d.days for d in harbour.drifts()] == [10]


def test_a_tenure_that_is_over_is_not_charged(harbour: Harbour) -> None:
    with harbour.connected():
        begun = harbour.opened(NUMBER)
        harbour.carrier().run()
        before = harbour.balance(FLOAT)
        renewed = harbour.renewed(NUMBER)
        harbour.say(
            "port_out", NUMBER, recipient="them", expect_version=harbour.line(NUMBER).version
        )
        harbour.settle()
        charge = harbour.charges()[renewed]
        assert (charge.state, charge.code) == ("refused", "tenure_over")
        assert [harbour.times(act) for act in (begun, renewed)] == [1, 0]
        assert harbour.balance(FLOAT) == before
    harbour.is_well()


def test_a_sale_that_was_taken_back_before_it_was_sent_is_never_sent(harbour: Harbour) -> None:
    with harbour.connected():
        harbour.opened(NUMBER)
        harbour.carrier().run()
        renewed = harbour.renewed(NUMBER)
        why = {"of": renewed, "reason": "the wrong number"}
        assert harbour.refused("reverse", NUMBER, **why) == "act.charged_there"
        harbour.say("reverse", NUMBER, channel="operator", **why)
        harbour.settle()
        charge = harbour.charges()[renewed]
        assert (charge.state, charge.code, harbour.times(renewed)) == ("refused", "taken_back", 0)


def test_a_sale_that_was_taken_back_while_they_did_it_is_told(harbour: Harbour) -> None:
    with harbour.connected():
        harbour.opened(NUMBER)
        harbour.carrier().run()
        harbour.twin.draw = lambda method: "lost" if method == "POST" else ""
        renewed = harbour.renewed(NUMBER)
        harbour.carrier().run()
        harbour.say("reverse", NUMBER, channel="operator", of=renewed, reason="too late")
        harbour.settle()
        charge = harbour.charges()[renewed]
        assert (charge.state, charge.code, harbour.times(renewed)) == ("done", "taken_back", 1)


def test_a_system_that_is_not_connected_is_waited_for(harbour: Harbour) -> None:
    with harbour.connected():
        begun = harbour.opened(NUMBER)
        carrier = harbour.carrier()
        carrier._systems = {}
        carrier.run()
        charge = harbour.charges()[begun]
        assert (charge.state, charge.code) == ("pending", "not_connected")
        harbour.settle()
        assert harbour.charges()[begun].state == "done"


def test_the_charges_of_a_number_go_one_after_the_other(harbour: Harbour) -> None:
    """A renewal is not sent before they have begun the number."""
    faults = iter(["broken"])
    with harbour.connected(draw=lambda _: next(faults, "")):
        begun, renewed = harbour.opened(NUMBER), harbour.renewed(NUMBER)
        elsewhere = harbour.opened(OTHER)
        harbour.carrier().run()
        states = {act: charge.state for act, charge in harbour.charges().items()}
        assert states == {begun: "unknown", renewed: "pending", elsewhere: "done"}
        harbour.settle()
        assert {charge.state for charge in harbour.charges().values()} == {"done"}


def test_pauses_grow_and_end_at_a_quarter_of_an_hour() -> None:
    assert [pause(tries) for tries in (1, 2, 3)] == [PAUSE, 2 * PAUSE, 4 * PAUSE]
    assert pause(30) == pause(10_000) == PAUSE_MAX


def test_a_house_that_was_restored_asks_before_it_sends(harbour: Harbour) -> None:
    """What its database has forgotten, their system may have done."""
    with harbour.connected(theirs=FORGETFUL):
        begun = harbour.opened(NUMBER)
        assert isinstance(harbour.system.top_up(harbour.wanted(begun, NUMBER)), Done)
        with harbour.looking() as conn:
            conn.execute("UPDATE house SET epoch = 2")
            conn.commit()
        assert harbour.carrier().run() == {"done": 1}
        assert harbour.times(begun) == 1


def test_their_code_is_not_taken_for_one_of_ours(harbour: Harbour) -> None:
    class Confusing:
        def top_up(self, wanted: TopUp) -> Outcome:
            return Declined(code=TAKEN_BACK)

        def find(self, wanted: TopUp) -> Outcome | Absent:
            return Absent()

        def read(self, number: str, currency: str) -> Readings | Unknown:
            return Unknown(code="bucket.unread")

    begun = harbour.opened(NUMBER)
    assert harbour.carrier(Confusing()).run() == {"refused": 1}
    assert harbour.charges()[begun].code == TAKEN_BACK
    assert harbour.balance(FLOAT) == PAID_IN


def test_a_closed_house_carries_nothing(harbour: Harbour) -> None:
    with harbour.connected():
        harbour.opened(NUMBER)
        with harbour.looking() as conn:
            conn.execute("UPDATE house SET is_open = false")
            conn.commit()
        assert harbour.carrier().run() == {}
        assert harbour.twin.heard == []
