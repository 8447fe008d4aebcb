"""Too much, too often, too late: what is refused is refused for a while, and nothing is lost."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from tests.api.processes import processes
from tests.api.raw import Told, alone, connected, crowd, renewal, request
from tests.api.serving import Partner, Served, code, house, serving
from tests.faults.killing import wait_for

from baohao.api import callers, desk
from baohao.api.gather import Gather
from baohao.app import portrait
from baohao.app.partners import keys

PRICE = 12_000
LINE = "+85366120001"
SAFETY = "/v1/safety"
LIMITS = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")


def numbers(count: int) -> list[str]:
    return [f"+85366{n:06}" for n in range(count)]


# --- too much -------------------------------------------------------------------------------------

WAITING = 8


@pytest.fixture
def narrow(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """An API in whose queue few may wait."""
    monkeypatch.setattr(desk, "Gather", partial(Gather, waiting_max=WAITING))
    with serving(house(database, tmp_path)) as found:
        yield found


def test_a_full_queue_says_when_to_come_again_and_loses_nothing(narrow: Served) -> None:
    first, *others = numbers(1 + 3 * WAITING)
    narrow.open(first, *others)
    narrow.fund((1 + len(others)) * PRICE)
    agent = narrow.partner()
    asked = [renewal(agent.key, number, number) for number in others]
    told: list[Told] = []

    def answered(_: int, each: Told) -> None:
        told.append(each)

    with narrow.house.connect() as holding, ThreadPoolExecutor(2) as aside:
        holding.execute("SELECT 1 FROM lines WHERE number = %s FOR UPDATE", [first])
        flying = aside.submit(agent.renew, first, 2)
        wait_for(lambda: bool(narrow.rows("SELECT 1 FROM pg_locks WHERE NOT granted")))
        waiting = aside.submit(
            asyncio.run, crowd(narrow.url, asked, answered, connections=len(asked))
        )
        wait_for(lambda: len(told) == len(others) - WAITING)
        holding.rollback()
        assert flying.result().status_code == 201
        waiting.result()
    refused = [each for each in told if each.status != 201]
    assert len(refused) == len(others) - WAITING
    assert {(each.status, each.code, each.headers["retry-after"]) for each in refused} == {
        (503, "overloaded", "1")
    }
    for number in others:
        assert agent.renew(number, 2, key=number).status_code == 201
    assert narrow.balance() == 0


# --- too often ------------------------------------------------------------------------------------


def test_who_asks_too_often_is_told_how_long_to_wait(served: Served) -> None:
    for path in (SAFETY, "/v1/me"):
        eager = served.partner(per_second=1)
        found = [eager.get(path, number=LINE) for _ in range(10)]
        assert found[0].status_code == found[1].status_code == 200
        assert [found[0].headers[name] for name in LIMITS] == ["2", "1", "2"]
        late = next(answer for answer in found if answer.status_code != 200)
        assert code(late) == (429, "key.rate")
        assert int(late.headers["retry-after"]) >= 1
        assert [late.headers[name] for name in LIMITS] == ["2", "0", late.headers["retry-after"]]


def test_a_refusal_counts_and_says_what_is_left(served: Served) -> None:
    agent = served.partner(per_second=50)
    for answer in (agent.renew(LINE, 2), agent.get(f"/v1/lines/{LINE}")):
        assert answer.status_code == 404
        assert answer.headers["ratelimit-limit"] == "100"


@pytest.fixture
def _counted_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "COUNTED_EVERY_S", 0.02)


def is_over(partner: Partner) -> bool:
    answer = partner.get(SAFETY, number=LINE)
    if answer.status_code == 200:
        return False
    assert code(answer) == (429, "key.budget")
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    return True


@pytest.mark.usefixtures("_counted_often")
def test_a_days_budget_is_shared_and_outlives_a_restart(database: str, tmp_path: Path) -> None:
    with serving(house(database, tmp_path)) as one, serving(house(database, tmp_path)) as other:
        agent = one.partner(per_day=40)
        # Here and there in turn: neither has seen so many by itself.
        both = [agent, other.bearer(agent.key)]
        asked = 0

        def one_is_over() -> bool:
            nonlocal asked
            asked += 1
            return is_over(both[asked % 2])

        wait_for(one_is_over)
        assert asked >= 40
        wait_for(lambda: all(map(is_over, both)))
    with serving(house(database, tmp_path)) as again:
        wait_for(lambda: is_over(again.bearer(agent.key)))
        again.shell.run(
            lambda conn: conn.execute(
                "UPDATE house SET clock_offset = clock_offset + %b", [timedelta(days=1)]
            )
        )
        # Another day has begun.
        wait_for(lambda: not is_over(again.bearer(agent.key)))


# --- from elsewhere -------------------------------------------------------------------------------


def test_an_address_is_not_believed_that_the_caller_writes(database: str) -> None:
    with processes(database) as [api]:
        served = Served(url=api.url, house=house(database))
        agent = served.partner(network=["203.0.113.0/24"])
        for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP"):
            for value in ("203.0.113.5", "203.0.113.5, 127.0.0.1", "for=203.0.113.5"):
                headers = {name: value}
                answer = agent.http.get(SAFETY, params={"number": LINE}, headers=headers)
                assert code(answer) == (403, "key.elsewhere")
        served.close()


# --- keys that end --------------------------------------------------------------------------------


def test_a_revoked_key_is_dead_once_it_is_not_remembered(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = served.partner()
    assert agent.get(SAFETY, number=LINE).status_code == 200
    id_ = agent.key.removeprefix("bh_live_")[:10]
    served.shell.run(partial(keys.revoke, owner="agent-7", id_=id_))
    # It is remembered for a few seconds, and that is all.
    monkeypatch.setattr(callers, "REMEMBERED_S", 0.0)
    for path in (SAFETY, f"/v1/lines/{LINE}"):
        assert code(agent.get(path, number=LINE)) == (401, "key.unknown")


def test_a_key_is_rotated_under_load_and_nobody_is_refused(served: Served) -> None:
    agent = served.partner(per_second=1_000_000)
    id_ = agent.key.removeprefix("bh_live_")[:10]
    told: list[Told] = []
    made: list[str] = []

    def look(key: str) -> list[bytes]:
        target = f"{SAFETY}?number=%2B85366120001"
        return [request("GET", target, authorization=f"Bearer {key}")] * 500

    def answered(_: int, each: Told) -> None:
        told.append(each)
        if len(told) == 100:
            rotate = partial(keys.rotate, owner="agent-7", id_=id_, chance=secrets.token_bytes)
            made.append(served.shell.run(rotate))

    asyncio.run(crowd(served.url, look(agent.key), answered))
    both = [one for pair in zip(look(agent.key), look(made[0]), strict=True) for one in pair]
    asyncio.run(crowd(served.url, both, answered))
    assert {each.status for each in told} == {200}
    assert len(told) == 1_500


# --- who hangs up ---------------------------------------------------------------------------------


def test_who_hangs_up_gets_the_stored_answer(served: Served) -> None:
    served.open(LINE)
    served.fund(PRICE)
    agent = served.partner()
    asked = renewal(agent.key, "slip", LINE)

    async def hang_up() -> None:
        client = await connected(served.url)
        await client.send(asked)
        is_done = partial(wait_for, lambda: served.balance() == 0)
        await asyncio.to_thread(is_done)
        client.hang_up()

    asyncio.run(hang_up())
    told = alone(served.url, lambda client: client.ask(asked))
    assert (told.status, told.headers["idempotent-replayed"]) == (201, "true")
    assert told.json["version"] == 3
    assert served.balance() == 0


# --- what stays a secret --------------------------------------------------------------------------

CANARY = "canary7f3a91c2"


def test_secrets_stand_in_no_log_and_no_problem(
    served: Served, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.open(LINE)
    agent = served.partner()
    secret = agent.key.removeprefix("bh_live_")[10:]

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError(f"{CANARY} {secret}")

    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(portrait, "portrait", breaks)
    told = [
        agent.get(f"/v1/lines/{LINE}"),
        agent.post("/v1/renewals", {"number": LINE, "term": "12 months"}, key=CANARY),
        agent.http.get("/v1/me", headers={"Authorization": f"Bearer {agent.key}x"}),
        agent.http.get(SAFETY, headers={"Authorization": f"Bearer bh_live_{secret}"}),
        agent.http.get(f"/v1/{secret}"),
        agent.http.get("/v1/me", headers={"Authorization": f"Basic {secret}"}),
        agent.post("/v1/renewals", {CANARY: secret}, key="k"),
    ]
    assert {each.status_code for each in told} == {401, 404, 422, 500}
    written = caplog.text + "".join(each.text for each in told)
    assert "RuntimeError" in caplog.text
    assert secret not in written.replace(f"/v1/{secret}", "")
    assert agent.key not in written
    assert CANARY not in caplog.text
