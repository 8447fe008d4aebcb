"""
Whatever happens on the road, a renewal is done exactly once, by what the client itself was told.

The witness is what came back from the client's calls; it is held against the database from outside.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from tests.api.serving import Served
from tests.client.road import DELIVERED, Fault, Road
from tests.conftest import Campaign

from baohao.api import callers
from baohao.app.partners import keys
from baohao.client import Client, OutcomeUnknown, Refused, Sold, sending

N = "+85366120001"
PRICE = 12_000
FLOAT_MINOR = 10_000_000
FAULTS = [fault for fault in Fault if fault is not Fault.NONE]
#: Shorter than the road is late.
TIMEOUT_S = 1.0
PATIENCE_S = 30.0
#: No second try.
NONE_S = 0.0


@pytest.fixture
def partner(served: Served) -> str:
    """The key of an agent with money."""
    served.fund(FLOAT_MINOR)
    return served.partner().key


def client(road: Road | Served, key: str, patience_s: float = PATIENCE_S) -> Client:
    return Client(road.url, key, timeout_s=TIMEOUT_S, patience_s=patience_s)


def renewals(served: Served, number: str) -> list[str]:
    """What the agent did to a number by the journal, by id: it does nothing but renew."""
    query = (
        "SELECT ask::text FROM journal WHERE subject = %s AND kind = 'acted'"
        " AND principal = 'agent-7' ORDER BY seq"
    )
    return [ask for (ask,) in served.rows(query, number)]


def holds(served: Served, told: Sequence[Sold]) -> None:
    """The client was told of exactly what was done and paid."""
    by_number: dict[str, list[str]] = {}
    for sold in told:
        by_number.setdefault(sold.number, []).append(str(sold.id))
    for number, ids in by_number.items():
        assert renewals(served, number) == ids
    assert FLOAT_MINOR - served.balance() == sum(sold.total_minor for sold in told)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.lower())
def test_a_fault_costs_nothing(served: Served, road: Road, partner: str, fault: Fault) -> None:
    served.open(N)
    road.meet([fault])
    with client(road, partner) as keep:
        sold = keep.renew(N, "12 months", expect_version=2)
    assert [each.fault for each in road.came] == [fault, Fault.NONE]
    assert len(road.keys) == 1
    holds(served, [sold])


def test_a_campaign_of_faults_does_each_renewal_once(
    served: Served,
    road: Road,
    partner: str,
    campaign: Callable[[int], Campaign],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "PAUSE_S", 0.01)
    drawn = campaign(40)
    chance = random.Random(drawn.seed)
    # Those that cost a second of waiting are met by `test_a_fault_costs_nothing`.
    fast = [f for f in FAULTS if f not in (Fault.LATE, Fault.BUSY)]
    numbers = [f"+853661{n:05}" for n in range(10)]
    served.open(*numbers)
    versions, told = dict.fromkeys(numbers, 2), []
    with client(road, partner) as keep:
        for _ in range(drawn.count):
            number = chance.choice(numbers)
            road.meet(chance.choices(fast, k=chance.randrange(4)))
            sold = keep.renew(number, "12 months", expect_version=versions[number])
            assert len(road.keys) == 1
            versions[number] = sold.version
            told.append(sold)
    holds(served, told)


def test_what_stays_unanswered_is_unknown_and_its_key_tells(
    served: Served, road: Road, partner: str
) -> None:
    served.open(N)
    road.meet([Fault.LOST] * 100)
    with client(road, partner, patience_s=0.5) as keep, pytest.raises(OutcomeUnknown) as unknown:
        keep.renew(N, "12 months", expect_version=2)
    assert unknown.value.key in road.keys
    assert len(road.came) > 1
    with client(served, partner) as keep:
        sold = keep.renew(N, "12 months", expect_version=2, key=unknown.value.key)
    holds(served, [sold])


def test_a_key_that_is_dead_by_the_second_try_says_nothing_of_the_first(
    served: Served, road: Road, partner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Looked up anew each time, so that nobody has to wait.
    monkeypatch.setattr(callers, "REMEMBERED_S", 0.0)
    served.open(N)
    id_ = partner.removeprefix("bh_live_")[:10]
    road.meet([Fault.LOST], lambda: served.shell.run(lambda c: keys.revoke(c, "agent-7", id_)))
    with client(road, partner) as keep, pytest.raises(OutcomeUnknown) as unknown:
        keep.renew(N, "12 months", expect_version=2)
    assert unknown.value.why == "key.unknown"
    assert len(renewals(served, N)) == 1


def test_whoever_asks_to_wait_is_waited_for(served: Served, road: Road, partner: str) -> None:
    served.open(N)
    road.meet([Fault.BUSY])
    with client(road, partner) as keep:
        keep.renew(N, "12 months", expect_version=2)
    first, second = road.came
    # Never sooner; how much later is no matter.
    assert second.at - first.at >= 1.0


def test_nobody_there_is_told_so(served: Served, partner: str) -> None:
    with Road(served.url) as gone:
        pass
    with client(gone, partner, patience_s=0.5) as keep:
        with pytest.raises(OutcomeUnknown) as unknown:
            keep.renew(N, "12 months", expect_version=2)
        assert unknown.value.why == "ConnectError"
        with pytest.raises(OutcomeUnknown) as unread:
            keep.line(N)
        assert unread.value.key is None


# --- twins that must go wrong ---------------------------------------------------------------------


def test_a_client_that_shows_itself_the_line_anew_and_makes_a_new_key_pays_twice(
    served: Served, road: Road, partner: str
) -> None:
    served.open(N)
    road.meet([Fault.LOST])
    with client(road, partner, patience_s=NONE_S) as keep:
        told = naive(keep)
    assert len(road.keys) == 2
    assert len(renewals(served, N)) == 2
    assert FLOAT_MINOR - served.balance() == 2 * PRICE
    with pytest.raises(AssertionError):
        holds(served, [told])


def naive(keep: Client) -> Sold:
    """The loop that everybody writes first."""
    while True:
        shown = keep.line(N)
        try:
            return keep.renew(N, "12 months", expect_version=shown.version)
        except OutcomeUnknown:
            continue


def test_a_new_key_alone_is_stopped_by_what_was_shown_and_does_not_learn_what_it_did(
    served: Served, road: Road, partner: str
) -> None:
    served.open(N)
    road.meet([Fault.LOST])
    with client(road, partner, patience_s=NONE_S) as keep:
        with pytest.raises(OutcomeUnknown):
            keep.renew(N, "12 months", expect_version=2)
        with pytest.raises(Refused) as refused:
            keep.renew(N, "12 months", expect_version=2)
    assert refused.value.code == "line.moved"
    assert len(renewals(served, N)) == 1


def test_the_road_delivers_what_it_says(served: Served, road: Road, partner: str) -> None:
    for n, fault in enumerate(FAULTS):
        number = f"+8536612{n:04}"
        served.open(number)
        road.meet([fault])
        with client(road, partner, patience_s=NONE_S) as keep, pytest.raises(OutcomeUnknown):
            keep.renew(number, "12 months", expect_version=2)
        assert len(renewals(served, number)) == (fault in DELIVERED), fault
