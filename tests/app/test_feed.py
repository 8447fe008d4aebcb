"""The feed: who is told what, in which order, and once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from threading import Thread

import pytest
from tests.conftest import Campaign
from tests.faults.killing import wait_for
from tests.races.racing import at_once, in_batches
from tests.shop import Shop, promotions
from tests.shop.asking import PAYERS, Asking
from tests.wire.listening import AGENT, OPERATOR, A, Listening, listening

from baohao.app import daily
from baohao.app.door import Answered
from baohao.app.feed import fan_out, read
from baohao.app.shell import Shell, connect
from baohao.core.decide import telling
from baohao.store import feed, sql

OTHER = "float:agent-9:MOP"


@pytest.fixture
def shop(database: str) -> Iterator[Listening]:
    with listening(database) as made:
        made.fund(1_000_000, OTHER)
        yield made


def types(events: list[read.Event]) -> list[str]:
    return [event.type for event in events]


# --- who is told what -----------------------------------------------------------------------------


def test_whoever_sold_is_told_what_and_for_how_much(shop: Listening) -> None:
    shop.open(A)
    shop.say("renew", A, term="12 months", paid="float:agent-7:MOP", expect_version=2)
    activated, renewed = shop.told()
    assert activated.type == "line.activated"
    line = shop.line(A)
    assert renewed.data == {
        "number": A,
        "version": line.version,
        "stage": "active",
        "until": line.standing.clocks["service"].deadline.isoformat(),
        "ask": line.sold[-1].act,
        "total_minor": line.sold[-1].sale.total_minor,
        "currency": "MOP",
    }
    assert types(shop.told("agent-9")) == []
    assert [event.data for event in shop.told(OPERATOR)] == [activated.data, renewed.data]
    shop.is_well()


def test_what_another_paid_is_not_told(shop: Listening) -> None:
    shop.open(A)
    shop.say("renew", A, term="12 months", paid=OTHER, expect_version=2, principal="agent-9")
    theirs, mine = shop.told("agent-9")[-1], shop.told()[-1]
    assert theirs.type == mine.type == "line.renewed"
    assert theirs.data["until"] == mine.data["until"]
    assert theirs.data["total_minor"]
    assert set(mine.data) == {"number", "version", "stage", "until"}


def test_a_reversal_is_told_with_what_went_back(shop: Listening) -> None:
    shop.open(A)
    bought = shop.say("renew", A, term="12 months", paid="float:agent-7:MOP", expect_version=2)
    shop.say("reverse", A, of=bought["id"], reason="because")
    told = shop.told()[-1]
    assert told.type == "line.reversed"
    assert told.data["back_minor"] > 0
    activation = shop.line(A).sold[0].act
    shop.say("reverse", A, of=activation, reason="because", mistake=True, approved_by="clerk-2")
    # Nobody's any more: it is told that it was undone, and nothing of what comes after.
    assert types(shop.told())[-1] == "line.reversed"


def test_a_correction_is_told_once_to_each(shop: Listening) -> None:
    shop.open(A)
    shop.say("renew", A, term="12 months", paid="float:agent-7:MOP", expect_version=2)
    wrong = shop.line(A).sold[-1].act
    given = {"of": wrong, "term": "12 months", "paid": OTHER, "reason": "x", "approved_by": "y"}
    shop.say("correct", A, expect_version=shop.line(A).version, **given)
    assert types(shop.told())[2:] == types(shop.told("agent-9")) == ["line.corrected"]
    assert shop.told()[-1].data["until"] == shop.told("agent-9")[-1].data["until"]


def test_nobody_is_told_of_the_next_holder(shop: Listening) -> None:
    shop.open(A)
    shop.say("transfer", A, holder="another", document="bir", cause="court", paid=OTHER)
    gone = shop.told()[-1]
    assert (gone.type, set(gone.data)) == ("line.transferred", {"number", "version"})
    shop.say("renew", A, term="12 months", paid=OTHER, expect_version=shop.line(A).version)
    assert types(shop.told())[-1] == "line.transferred"
    assert types(shop.told("agent-9")) == ["line.renewed"]
    assert "until" in shop.told(OPERATOR)[-2].data


def test_a_stage_that_ends_by_itself_is_told(shop: Listening) -> None:
    shop.open(A)
    until = shop.line(A).standing.clocks["service"].deadline
    shop.later(until - shop.now())
    daily.run(shop.shell, shop.new_id)
    told = shop.told()[-1]
    assert told.type == "line.stage"
    assert told.data["stage"] == shop.line(A).standing.stage != "active"
    assert "ask" not in told.data


def test_a_deadline_that_moves_is_told_and_what_changes_nothing_is_not(shop: Listening) -> None:
    shop.open(A)
    shop.say("quote", A, term="12 months")
    shop.say("observe", A, balance="main", amount_minor=5)
    until = shop.line(A).standing.clocks["service"].deadline.replace(year=2040)
    shop.say(
        "adjust", A, clock="service", until=until.isoformat(), reason="x", approved_by="clerk-2"
    )
    assert types(shop.told()) == ["line.activated", "line.until"]


def test_where_nobody_listens_nothing_is_owed(shop: Listening) -> None:
    shop.listeners = frozenset({"agent-3"})
    shop.open(A)
    assert shop.rows("SELECT 1 FROM effects WHERE kind = 'event'") == []


# --- reading --------------------------------------------------------------------------------------


def test_the_feed_is_read_page_by_page(shop: Listening) -> None:
    shop.happen(5)
    shop.told()
    with shop.looking() as conn:
        first = read.page(conn, AGENT, limit=3)
        rest = read.page(conn, AGENT, first.cursor, limit=3)
        end = read.page(conn, AGENT, rest.cursor, limit=3)
    assert [event.seq for event in (*first.events, *rest.events)] == [1, 2, 3, 4, 5]
    assert (first.more, rest.more, end.more) == (True, False, False)
    assert (end.events, end.cursor) == ((), 5)


def test_an_event_is_written_once(shop: Listening) -> None:
    shop.happen(2)
    events = shop.told()
    with shop.looking() as conn:
        assert feed.write(conn, events) == 0
        one = [read.Event(listener=AGENT, id=shop.new_id(), at=shop.now(), type="x", data={})] * 2
        assert feed.write(conn, one) == 1
        assert feed.last_seq(conn, AGENT) == 3


# --- order and crashes ----------------------------------------------------------------------------


def waits(shop: Shop) -> bool:
    """Whether somebody waits for a lock."""
    return bool(shop.rows("SELECT 1 FROM pg_locks WHERE NOT granted"))


def meet(shop: Listening) -> list[int]:
    """Let a worker take the later events of a line while another one has the earlier in hand."""
    shop.happen(6)
    with connect(shop.conninfo) as first:
        taken = feed.take(first, shop.now(), 4)

        def second() -> None:
            with connect(shop.conninfo) as conn:
                fan_out.fan_out(conn, shop.now())

        other = Thread(target=second)
        other.start()
        # It is through, or it waits for us.
        wait_for(lambda: not other.is_alive() or waits(shop))
        feed.write(first, taken)
        first.commit()
        other.join()
    return [event.data["version"] for event in shop.told()]


def test_what_happens_to_a_line_is_told_in_its_order(shop: Listening) -> None:
    versions = meet(shop)
    assert len(versions) == 6
    assert versions == sorted(versions)


def test_workers_that_skip_each_others_rows_tell_it_the_wrong_way_round(
    shop: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes = sql.STATEMENTS["take_events"]
    twin = takes.replace(b"FOR UPDATE\n", b"FOR UPDATE SKIP LOCKED\n")
    assert twin != takes
    monkeypatch.setitem(sql.STATEMENTS, "take_events", twin)
    versions = meet(shop)
    assert versions != sorted(versions)


class Crashing:
    """A worker that fills the feeds, and often dies before or after its commit."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self._shop, self._random = shop, Random(seed)

    def work(self) -> None:
        with connect(self._shop.conninfo) as conn:
            fan_out.fan_out(conn, self._shop.now(), self._random.randint(1, 20))
            if self._random.random() < 0.6:
                conn.close()
                return
            conn.commit()


@pytest.mark.soak
def test_each_decision_that_told_is_in_the_feed_once_whoever_dies(
    shop: Listening, campaign: Callable[[int], Campaign]
) -> None:
    drawn = campaign(12)
    shop.promotions = promotions("test.scarce", "demo.twelve_plus_six")
    for payer in PAYERS:
        shop.fund(500_000, payer)

    def work(shell: Shell, place: int) -> list[tuple[str, str]]:
        asking, told = Asking(drawn.seed + place, lines=25), []
        crashing = Crashing(shop, drawn.seed + place)
        for n in range(drawn.count):
            states, now = shop.states(), shop.now()
            asks = [asking.ask(states, now) for _ in range(40)]
            for ask, answer in zip(asks, in_batches(shell, asks, 10), strict=True):
                if isinstance(answer, Answered) and not answer.is_repeat:
                    told.append((str(ask.id), ask.verb))
            for _ in range(4):
                crashing.work()
            if place == 0 and n % 4 == 0:
                daily.run(shell, shop.new_id)
        return told

    granted_ = [each for told in at_once(shop, work, doors=4) for each in told]
    expected = Counter(ask for ask, verb in granted_ if verb in telling.TYPES)
    feeds = [shop.told(OPERATOR), shop.told("operator:cmhk")]
    assert len(expected) > 8 * drawn.count
    assert Counter(e.data["ask"] for es in feeds for e in es if "ask" in e.data) == expected
    for events in feeds:
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        versions: dict[str, int] = {}
        for event in events:
            number = event.data["number"]
            assert versions.get(number, 0) < event.data["version"]
            versions[number] = event.data["version"]
    assert shop.rows("SELECT 1 FROM effects WHERE kind = 'event'") == []
    shop.is_well()
