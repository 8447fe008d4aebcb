"""
Doing it twice over HTTP: one float, one use for each holder, one key, through two APIs at once.

Each API is a process of its own; a twin, whose statement has no lock, runs in this one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from random import Random

import pytest
from tests.api.processes import processes
from tests.api.raw import Told, crowded, renewal, request
from tests.api.serving import Partner, Served, house, library, serving
from tests.conftest import Campaign
from tests.races.racing import altered, unlock
from tests.shop import Shop, promotions

from baohao.core.promotions.model import Promotion

PRICE, TOP_UP = 12_000, 5_000
LINES = 1_000
#: A twin that has not gone wrong after so many rounds never will.
ROUNDS = 20
#: Asked at once, so that memory of a soak's many lines is bounded.
PART = 1_000


@contextmanager
def two_here(database: str, *offered: Promotion) -> Iterator[list[Served]]:
    """Serve two APIs on one database in this process, with other promotions if there are any."""
    with ExitStack() as stack:
        found = []
        for _ in range(2):
            made = house(database)
            if offered:
                made._library_of = 0, replace(library(), promotions=offered)
            found.append(stack.enter_context(serving(made)))
        yield found


def numbers(count: int, first: int = 0) -> list[str]:
    return [f"+85368{n:06}" for n in range(first, first + count)]


def opened(served: Served, wanted: Sequence[str], per_holder: int = 1) -> None:
    """Activate cards, so many in turn for one holder."""
    paid = {"paid": "till:hall-1:MOP", "document": "bir"}
    for start in range(0, len(wanted), PART):
        part = wanted[start : start + PART]
        served.stock(*part)
        asks = [
            ("activate", number, {**paid, "holder": f"h{wanted[0]}.{(start + n) // per_holder}"})
            for n, number in enumerate(part)
        ]
        for answer in served.asks(asks):
            assert not isinstance(answer, Exception), str(answer)


def codes(answers: Sequence[Told]) -> Counter[str]:
    return Counter(told.code for told in answers)


# --- the float ------------------------------------------------------------------------------------


def attempts(agent: Partner, wanted: Sequence[str], drawn: Campaign) -> list[bytes]:
    """Return renewals of lines as they were at first, each line's under many keys, in no order."""
    found = [renewal(agent.key, f"k{n}", wanted[n % len(wanted)], 2) for n in range(drawn.count)]
    Random(drawn.seed).shuffle(found)
    return found


@pytest.mark.soak
def test_ten_thousand_attempts_spend_a_float_once(
    database: str, campaign: Callable[[int], Campaign]
) -> None:
    drawn, allowed, wanted = campaign(10_000), 400, numbers(LINES)
    with processes(database, 2) as (first, second):
        served = Served(url=first.url, house=house(database))
        opened(served, wanted)
        served.fund(allowed * PRICE)
        asked = attempts(served.partner(per_second=1_000_000), wanted, drawn)
        told = codes(crowded((first.url, asked[::2]), (second.url, asked[1::2])))
        assert told[""] == allowed
        assert set(told) == {"", "money.short", "line.moved"}
        assert served.balance() == 0
        served.close()
    Shop(conninfo=database).is_well()


def spent(apis: Sequence[Served], wanted: Sequence[str], allowed: int) -> int:
    """Renew every line once, through both, with money for some; return how many were."""
    first, second = apis
    opened(first, wanted)
    first.fund(allowed * PRICE)
    agent = first.partner(per_second=1_000_000)
    asked = [renewal(agent.key, number, number, 2) for number in wanted]
    told = codes(crowded((first.url, asked[::2]), (second.url, asked[1::2])))
    assert set(told) == {"", "money.short"}
    return told[""]


def test_without_lock_and_check_a_float_is_overspent(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It goes wrong when two batches meet, which they do in most rounds and not in every one.
    wanted, size = numbers(400 * (1 + ROUNDS)), 400
    with two_here(database) as apis:
        assert spent(apis, wanted[:size], 100) == 100
        assert apis[0].balance() == 0
        unlock(monkeypatch, "lock_accounts", "FOR UPDATE OF a")
        altered(
            Shop(conninfo=database),
            "ALTER TABLE accounts DROP CONSTRAINT accounts_never_below_zero",
        )
        rounds = (wanted[n * size : (n + 1) * size] for n in range(1, 1 + ROUNDS))
        assert any(spent(apis, part, 100) > 100 for part in rounds)
        assert apis[0].balance() < 0


# --- one use for each holder ----------------------------------------------------------------------


def one_each() -> Promotion:
    (promotion,) = promotions("test.scarce")
    return replace(promotion, uses=None, budget_minor=None, per_number=None, per_holder=1)


def cheaper(apis: Sequence[Served], count: int, first: int = 0) -> tuple[int, int]:
    """
    Renew with the code, four lines of each holder at once, each line five times.

    Each API has two of the four, and an agent of its own: lines or a float that they shared would
    keep them apart. Returns how many holders there are, and how many renewals were cheaper or put
    aside.
    """
    wanted = numbers(count // 5, first)
    opened(apis[0], wanted, per_holder=4)
    crowds = []
    for place, api in enumerate(apis):
        agent = api.partner(f"agent-{7 + place}", per_second=1_000_000)
        api.fund(len(wanted) * PRICE, f"float:agent-{7 + place}:MOP")
        own = [number for n, number in enumerate(wanted) if n % 4 // 2 == place]
        order = [
            (number, n)
            for start in range(0, len(own), 2)
            for n in range(5)
            for number in own[start : start + 2]
        ]
        asked = [
            renewal(agent.key, f"{number} {n}", number, 2, codes=["SCARCE"]) for number, n in order
        ]
        crowds.append((api.url, asked))
    told = crowded(*crowds)
    assert len(told) == count
    sold = [each.json["total_minor"] for each in told if each.status == 201]
    aside = codes(told)["ask.parked"]
    assert set(codes(told)) <= {"", "line.moved", "ask.parked"}
    assert len(sold) + aside >= len(wanted)
    return len(wanted) // 4, sum(total < PRICE for total in sold) + aside


@pytest.mark.soak
def test_five_thousand_attempts_give_each_holder_one(
    database: str, campaign: Callable[[int], Campaign]
) -> None:
    with two_here(database, one_each()) as apis:
        holders, given = cheaper(apis, campaign(5_000).count)
    assert given == holders
    Shop(conninfo=database, promotions=(one_each(),)).is_well()


def test_without_lock_and_key_a_holder_gets_more(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock(monkeypatch, "lock_promotion_uses", "FOR UPDATE OF u")
    altered(
        Shop(conninfo=database), "ALTER TABLE promotion_uses DROP CONSTRAINT promotion_uses_pkey"
    )
    with two_here(database, one_each()) as apis:
        rounds = (cheaper(apis, 400, first=80 * n) for n in range(ROUNDS))
        assert any(given > holders for holders, given in rounds)


# --- one key --------------------------------------------------------------------------------------


def top_ups(agent: Partner, number: str, keys: Sequence[str]) -> list[bytes]:
    """Return the requests that top a line up under keys."""
    wanted = {"number": number, "amount_minor": TOP_UP, "expect_version": 2}
    return [write(agent, "/v1/top-ups", wanted, key) for key in keys]


def write(agent: Partner, path: str, body: object, key: str) -> bytes:
    bearer = f"Bearer {agent.key}"
    return request(
        "POST", path, json.dumps(body).encode(), authorization=bearer, idempotency_key=key
    )


def at_once(urls: Sequence[str], asked: Sequence[bytes]) -> list[Told]:
    """Send requests over a connection each."""
    crowds = [(url, asked[place :: len(urls)]) for place, url in enumerate(urls)]
    return crowded(*crowds, connections=len(asked))


def is_one(told: Sequence[Told], status: int = 201) -> bool:
    """Whether all were told the same, and all but one that it had been done."""
    first = [each for each in told if "idempotent-replayed" not in each.headers]
    return {each.status for each in told} == {status} and (
        len({each.body for each in told}) == len(first) == 1
    )


def test_a_key_is_used_once_by_sixteen_at_once(database: str) -> None:
    wanted, cards = numbers(30), numbers(10, 30)
    with processes(database, 2) as apis:
        urls = [api.url for api in apis]
        served = Served(url=urls[0], house=house(database))
        agent = served.partner(per_second=1_000_000)
        served.begin(*wanted)
        opened(served, cards)
        served.fund(30 * 16 * TOP_UP)
        for number in wanted:
            assert is_one(at_once(urls, top_ups(agent, number, ["k"] * 16)))
        assert served.balance() == 30 * 15 * TOP_UP
        # A body of rows that expect nothing is the same body, whoever of the two is first.
        rows = [{"number": number, "term": "12 months"} for number in cards]
        told = at_once(urls, [write(agent, "/v1/renewals/batch", rows, "rows")] * 16)
        assert {row["status"] for each in told for row in each.json} == {201}
        assert len({each.body for each in told}) == 1
        served.close()
    Shop(conninfo=database).is_well()


def test_sixteen_keys_are_sixteen_asks(database: str) -> None:
    """The twin: a client that draws a new key each time it asks again."""
    with two_here(database) as apis:
        agent = apis[0].partner()
        apis[0].begin(*numbers(1))
        apis[0].fund(16 * TOP_UP)
        keys = [f"k{n}" for n in range(16)]
        told = at_once([api.url for api in apis], top_ups(agent, numbers(1)[0], keys))
    assert not is_one(told)
    assert codes(told) == {"": 1, "line.moved": 15}
