"""Webhooks on the wire: signed, in order, at least once, until three days have gone by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import pairwise
from random import Random

import pytest
from standardwebhooks import Webhook
from tests.races.racing import at_once
from tests.wire.listening import AGENT, OPERATOR, A, B, Listening, listening

from baohao.app.feed import deliver, endpoints
from baohao.app.feed.endpoints import (
    EndpointsFull,
    EndpointUnknown,
    ListenerUnknown,
    ReplayEmpty,
    TypeUnknown,
)
from baohao.app.ports import AddressRefused, SealBroken
from baohao.app.shell import Shell
from baohao.outside.pretend.receiver import Receiver
from baohao.outside.sealing import SealsOfHouse
from baohao.outside.webhooks import Webhooks
from baohao.store import sql

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def shop(database: str) -> Iterator[Listening]:
    with listening(database) as made:
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def seqs(receiver: Receiver) -> list[int]:
    """The places of what the receiver took, in the order in which it came."""
    return [got.event["seq"] for got in receiver.taken]


# --- what is sent ---------------------------------------------------------------------------------


def test_an_event_is_sent_signed_and_says_what_the_feed_says(
    shop: Listening, receiver: Receiver
) -> None:
    shop.add(receiver)
    shop.happen(1)
    assert shop.send() == deliver.Delivered(told=2, taken=1, failed=0)
    (event,), (got,) = shop.told(), receiver.got
    assert got.is_verified
    assert (got.id, got.path) == (str(event.id), "/hooks")
    assert got.event == {
        "type": "line.activated",
        "timestamp": event.at.isoformat().replace("+00:00", "Z"),
        "seq": 1,
        "data": dict(event.data),
    }
    # The rules' own library agrees.
    Webhook(receiver.secrets[0]).verify(got.body, dict(got.headers))


def test_only_the_types_that_were_wanted_are_sent(shop: Listening, receiver: Receiver) -> None:
    endpoint = shop.add(receiver, types=["line.held"])
    shop.happen(50)
    shop.send()
    assert {got.event["type"] for got in receiver.got} == {"line.held"}
    assert seqs(receiver) == list(range(2, 51, 2))
    assert shop.facts(endpoint)["sent"] == 50


def test_an_endpoint_gets_what_happens_from_then_on(shop: Listening, receiver: Receiver) -> None:
    shop.happen(2)
    assert len(shop.told()) == 2
    shop.add(receiver)
    shop.happen(1)
    shop.send()
    assert seqs(receiver) == [3]


# --- order, and trying again ----------------------------------------------------------------------


def test_the_order_holds_whatever_fails(shop: Listening, receiver: Receiver) -> None:
    endpoint = shop.add(receiver)
    shop.happen(60)
    chance = Random(7)
    moods = ("ok", "ok", "ok", "error", "hang_up", "redirect", "huge")
    receiver.moods.extend(chance.choices(moods, k=150))
    shop.send()
    while shop.facts(endpoint)["sent"] < 60:
        shop.until_due(endpoint)
        shop.send()
    assert seqs(receiver) == list(range(1, 61))
    # Whatever was sent again had the same id and the same body.
    sent = {(got.event["seq"], got.id, got.body) for got in receiver.got}
    assert len(sent) == 60
    assert all(got.is_verified for got in receiver.got)
    assert len(receiver.got) > 80


@pytest.mark.parametrize("mood", ["error", "redirect", "hang_up", "slow"])
def test_what_is_not_taken_comes_again_with_its_id(
    shop: Listening, receiver: Receiver, mood: str
) -> None:
    endpoint = shop.add(receiver)
    receiver.moods.append(mood)
    shop.happen(1)
    assert shop.send().failed == 1
    words = {"error": "500", "redirect": "302", "hang_up": "no answer", "slow": "time-out"}
    assert shop.facts(endpoint)["last"] == words[mood]
    # Not before its time, and nothing that a redirect led to.
    assert shop.send() == deliver.Delivered()
    assert len(receiver.got) == 1
    assert shop.until_due(endpoint) <= timedelta(seconds=5)
    assert shop.send().taken == 1
    assert len({got.id for got in receiver.got}) == 1


def test_a_huge_answer_is_not_read(shop: Listening, receiver: Receiver) -> None:
    shop.add(receiver)
    receiver.mood = "huge"
    shop.happen(3)
    assert shop.send().taken == 3


def test_one_endpoint_that_fails_holds_no_other_up(shop: Listening, receiver: Receiver) -> None:
    with Receiver(mood="error") as broken:
        shop.add(broken)
        shop.add(receiver)
        shop.happen(5)
        shop.send()
    assert (seqs(receiver), len(broken.got)) == ([1, 2, 3, 4, 5], 1)


def test_for_three_days_it_is_tried_and_then_paused_and_told(
    shop: Listening, receiver: Receiver
) -> None:
    with Receiver(mood="error") as broken:
        endpoint = shop.add(broken)
        shop.add(receiver)
        shop.happen(3)
        begun, waits = shop.now(), []
        while shop.facts(endpoint)["state"] == "live":
            shop.send()
            if shop.facts(endpoint)["state"] == "live":
                waits.append(shop.until_due(endpoint))
        assert [round(wait / timedelta(seconds=1), -1) for wait in waits[1:7]] == [
            *(30, 120, 600, 1_800, 3_600, 7_200)
        ]
        assert {round(wait / HOUR) for wait in waits[7:-1]} == {4}
        assert 3 * DAY <= shop.now() - begun < 3 * DAY + HOUR
        assert len(broken.got) == len(waits) + 1
        assert {got.event["seq"] for got in broken.got} == {1}
        # Told to whoever still hears, and seen in the list.
        shop.send()
        told = receiver.taken[-1].event
        assert told["type"] == "endpoint.paused"
        assert told["data"] == {
            "endpoint": str(endpoint),
            "seq": 1,
            "outcome": "500",
        }
        assert shop.facts(endpoint)["state"] == "dead"
        shop.later(30 * DAY)
        shop.send()
        assert len(broken.got) == len(waits) + 1
        # Somebody mended it: it gets all that it missed.
        broken.mood = "ok"
        shop.shell.run(partial(endpoints.resume, listener=AGENT, endpoint=endpoint))
        shop.send()
        assert seqs(broken) == [1, 2, 3, 4]


def test_gone_pauses_at_once(shop: Listening, receiver: Receiver) -> None:
    endpoint = shop.add(receiver)
    receiver.moods.append("gone")
    shop.happen(3)
    shop.send()
    assert shop.facts(endpoint)["state"] == "dead"
    assert len(receiver.got) == 1
    assert [event.type for event in shop.told()][-1] == "endpoint.paused"


def test_each_event_has_three_days_of_its_own(shop: Listening, receiver: Receiver) -> None:
    endpoint = shop.add(receiver)
    shop.happen(1)
    receiver.moods.append("error")
    shop.send()
    shop.later(2 * DAY)
    shop.send()
    shop.happen(1)
    receiver.moods.extend(["error", "error"])
    shop.send()
    shop.later(2 * DAY)
    shop.send()
    assert shop.facts(endpoint)["state"] == "live"
    shop.later(2 * DAY)
    shop.send()
    assert seqs(receiver) == [1, 2]


def test_a_house_that_is_closed_sends_nothing(shop: Listening, receiver: Receiver) -> None:
    shop.add(receiver)
    shop.happen(2)
    shop.told()
    shop.shell.run(lambda conn: conn.execute("UPDATE house SET is_open = false"))
    assert shop.send() == deliver.Delivered()
    assert receiver.got == []


# --- two workers, and one that dies ---------------------------------------------------------------


def raced(shop: Listening, receiver: Receiver) -> list[int]:
    """Let workers meet over one endpoint; return the places of all that came, in order."""
    shop.add(receiver)
    shop.happen(30)
    shop.told()
    receiver.thinks_s = 0.005

    def work(shell: Shell, _: int) -> None:
        while len(receiver.got) < 30:
            shop.send(shell)

    at_once(shop, work, doors=4)
    return [got.event["seq"] for got in receiver.got]


def test_two_workers_never_send_to_one_endpoint_at_once(
    shop: Listening, receiver: Receiver
) -> None:
    assert raced(shop, receiver) == list(range(1, 31))
    assert receiver.most_at_once == 1


def test_without_the_lease_they_do(
    shop: Listening, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = sql.STATEMENTS["claim_endpoints"]
    free = b"(e.lease IS NULL OR e.lease <= %b)"
    assert free in claims
    twin = claims.replace(free, b"(true OR e.lease <= %b)")
    monkeypatch.setitem(sql.STATEMENTS, "claim_endpoints", twin)
    assert raced(shop, receiver) != list(range(1, 31))


def test_a_worker_that_dies_after_sending_lets_it_be_sent_again(
    shop: Listening, receiver: Receiver
) -> None:
    endpoint = shop.add(receiver)
    shop.happen(3)
    shop.told()
    (dead,) = shop.claim()
    tried = deliver.send(dead, shop.post)
    assert seqs(receiver) == [1, 2, 3]
    # It never noted that. Others wait for its lease to end.
    assert shop.send() == deliver.Delivered()
    shop.later(deliver.LEASE)
    assert shop.send().taken == 3
    assert seqs(receiver) == [1, 2, 3, 1, 2, 3]
    assert [got.id for got in receiver.got[:3]] == [got.id for got in receiver.got[3:]]
    # It was only asleep: what it notes now is not believed.
    shop.happen(1)
    before = shop.facts(endpoint)
    shop.shell.run(partial(deliver.note, claimed=dead.claim, tried=tried, id_=shop.new_id()))
    assert shop.facts(endpoint) == before
    shop.send()
    assert seqs(receiver)[-1] == 4


# --- secrets --------------------------------------------------------------------------------------


def test_while_a_secret_is_rotated_both_sign(shop: Listening, receiver: Receiver) -> None:
    endpoint = shop.add(receiver)
    old, new = receiver.secrets[0], shop.post.new_secret()
    for _ in range(2):
        # An outcome that was not known: the same secret once more changes nothing.
        shop.shell.run(lambda conn: endpoints.rotate(conn, shop.seals, AGENT, endpoint, secret=new))
    shop.happen(1)
    shop.send()
    for secret in (old, new):
        Webhook(secret).verify(receiver.got[0].body, dict(receiver.got[0].headers))
    assert len(receiver.got[0].headers["webhook-signature"].split()) == 2
    shop.later(endpoints.OVERLAP)
    shop.happen(1)
    shop.send()
    assert not receiver.got[1].is_verified
    Webhook(new).verify(receiver.got[1].body, dict(receiver.got[1].headers))


def test_no_more_than_two_secrets_sign(shop: Listening, receiver: Receiver) -> None:
    endpoint = shop.add(receiver)
    for _ in range(3):
        secret = shop.post.new_secret()
        shop.shell.run(
            partial(
                endpoints.rotate,
                seals=shop.seals,
                listener=AGENT,
                endpoint=endpoint,
                secret=secret,
            )
        )
        receiver.secrets.append(secret)
    shop.happen(1)
    shop.send()
    (got,) = receiver.got
    assert len(got.headers["webhook-signature"].split()) == 2
    assert got.is_verified


def test_secrets_lie_sealed_and_without_the_key_nothing_is_sent(
    shop: Listening, receiver: Receiver
) -> None:
    endpoint = shop.add(receiver)
    rows = shop.rows("SELECT secrets::text FROM endpoints")
    assert receiver.secrets[0].removeprefix("whsec_") not in rows[0][0]
    shop.seals = SealsOfHouse(b"x" * 32)
    shop.happen(1)
    shop.send()
    assert receiver.got == []
    assert shop.facts(endpoint)["last"] == "its secrets cannot be read"
    with pytest.raises(SealBroken):
        shop.shell.run(
            lambda conn: endpoints.rotate(conn, shop.seals, AGENT, endpoint, "whsec_aGE=")
        )


# --- replay, pause, change ------------------------------------------------------------------------


def test_a_replay_runs_beside_what_happens(shop: Listening, receiver: Receiver) -> None:
    endpoint = shop.add(receiver)
    shop.happen(30)
    shop.send()
    first = {got.event["seq"]: got.id for got in receiver.got}
    for cursor in (shop.new_id(),) * 2:
        last = shop.shell.run(
            partial(
                endpoints.replay,
                listener=AGENT,
                endpoint=endpoint,
                cursor=cursor,
                from_seq=3,
                to_seq=99,
            )
        )
        assert last == 30
    assert shop.facts(endpoint)["replays"] == 1
    shop.happen(2)
    shop.send()
    again = receiver.got[30:]
    assert Counter(got.event["seq"] for got in again) == Counter(range(3, 33))
    assert all(first.get(got.event["seq"], got.id) == got.id for got in again)
    # What happens does not wait for what is replayed, and either is in order.
    assert [got.event["seq"] for got in again][:2] == [31, 32]
    assert all(one < other for one, other in pairwise([got.event["seq"] for got in again][2:]))
    facts = shop.facts(endpoint)
    assert (facts["replays"], facts["sent"]) == (0, 32)


def test_a_replay_that_is_not_wanted_ends_and_the_endpoint_goes_on(
    shop: Listening, receiver: Receiver
) -> None:
    endpoint = shop.add(receiver)
    shop.happen(2)
    shop.send()
    shop.shell.run(lambda conn: endpoints.replay(conn, AGENT, endpoint, shop.new_id(), 1, 2))
    receiver.moods.extend(["error", "error"])
    shop.send()
    shop.later(3 * DAY)
    shop.send()
    facts = shop.facts(endpoint)
    assert (facts["state"], facts["replays"]) == ("live", 0)
    assert receiver.got[-1].event["type"] == "replay.given_up"


def test_what_is_paused_gets_nothing_and_then_all(shop: Listening, receiver: Receiver) -> None:
    endpoint = shop.add(receiver)
    shop.shell.run(partial(endpoints.pause, listener=AGENT, endpoint=endpoint))
    shop.happen(3)
    shop.send()
    assert receiver.got == []
    shop.shell.run(partial(endpoints.resume, listener=AGENT, endpoint=endpoint))
    shop.send()
    assert seqs(receiver) == [1, 2, 3]


def test_an_endpoint_is_changed_and_removed(shop: Listening, receiver: Receiver) -> None:
    endpoint = shop.add(receiver)

    def change(**to: object) -> None:
        shop.shell.run(
            lambda conn: endpoints.change(conn, shop.post, AGENT, endpoint, **to)  # type: ignore[arg-type]
        )

    change(url=receiver.url + "/new", types=["line.held"])
    shop.happen(2)
    shop.send()
    assert [(got.path, got.event["seq"]) for got in receiver.got] == [("/hooks/new", 2)]
    with pytest.raises(AddressRefused):
        change(url="https://10.0.0.1/")
    with pytest.raises(TypeUnknown):
        change(types=["line.renewd"])
    shop.shell.run(partial(endpoints.remove, listener=AGENT, endpoint=endpoint))
    with pytest.raises(EndpointUnknown):
        shop.shell.run(partial(endpoints.remove, listener=AGENT, endpoint=endpoint))
    with pytest.raises(EndpointUnknown):
        change(types=[])
    shop.happen(2)
    assert shop.send().taken == 0


def test_what_cannot_be_an_endpoint_is_refused(shop: Listening, receiver: Receiver) -> None:
    for listener in ("agent-8", "operator:nobody", "float:agent-7:MOP", ""):
        with pytest.raises(ListenerUnknown):
            shop.add(receiver, listener=listener)
    shop.post = Webhooks()
    with pytest.raises(AddressRefused):
        shop.add(receiver)
    shop.post = Webhooks(allow_loopback=True)
    endpoint = shop.add(receiver)
    # The same id is the same endpoint: its first outcome was not known.
    shop.add(receiver, endpoint=endpoint)
    for _ in range(endpoints.ENDPOINTS_MAX - 1):
        shop.add(receiver)
    with pytest.raises(EndpointsFull):
        shop.add(receiver)
    shop.happen(2)
    shop.told()

    def replay(first: int, last: int) -> None:
        cursor = shop.new_id()
        shop.shell.run(lambda conn: endpoints.replay(conn, AGENT, endpoint, cursor, first, last))

    for first, last in ((0, 1), (2, 1), (3, 9)):
        with pytest.raises(ReplayEmpty):
            replay(first, last)
    for _ in range(endpoints.REPLAYS_MAX):
        replay(1, 2)
    with pytest.raises(EndpointsFull):
        replay(1, 2)


def test_an_operators_systems_hear_of_all_its_lines(shop: Listening, receiver: Receiver) -> None:
    shop.add(receiver, listener=OPERATOR)
    shop.happen(1, A)
    shop.fund(1_000_000, "float:agent-9:MOP")
    shop.answers([shop.stock(B), shop.activate(B, paid="float:agent-9:MOP")])
    shop.send()
    assert [got.event["data"]["number"] for got in receiver.got] == [A, B]
