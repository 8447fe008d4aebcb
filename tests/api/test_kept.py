"""Robots over HTTP: a key that records what is done with some cards, and nothing else."""

from __future__ import annotations

from base64 import b64encode
from datetime import date, timedelta
from typing import Any

import httpx
from tests.api.serving import Partner, Served, code, pointer

from baohao.app.kept import adding
from baohao.app.kept.adding import Wanted
from baohao.core.kept import kept_key

NUMBER, OTHER, THEIRS = "+447700900123", "+447700900124", "+447700900125"
GIFFGAFF = "gb.giffgaff.payg"


def keep(served: Served, number: str, keeper: str, days_ago: int = 100) -> date:
    """Have somebody keep a card that was used so many days ago; return today."""
    now = served.house.clock()
    on = now.date() - timedelta(days=days_ago)
    wanted = Wanted(product=GIFFGAFF, act="sms_out", on=on)
    said = adding.asked(served.house.library.policies, wanted, keeper, now)
    served.ask("keep", kept_key(number, keeper), **said)
    return now.date()


def robot(served: Served, *numbers: str, **more: Any) -> Partner:
    return served.partner("keeper:h-1", scope=["kept"], cards=frozenset(numbers), **more)


def test_a_record_is_taken_down_once_and_says_until_when_the_card_is_good(served: Served) -> None:
    today = keep(served, NUMBER, "h-1")
    mine = robot(served, NUMBER)
    body = {"number": "+44 7700 900123", "kind": "topup", "amount": "10.00", "id": "sms-1"}
    first = mine.http.post("/v1/kept/records", json=body)
    assert first.status_code == 201, first.text
    told = first.json()
    assert told["number"] == NUMBER
    assert date.fromisoformat(told["good_until"]) > today + timedelta(days=170)
    assert told["operator_says"] is None
    again = mine.http.post("/v1/kept/records", json=body)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    other = mine.http.post("/v1/kept/records", json={**body, "amount": "20.00"})
    assert code(other) == (422, "key.reused")
    # What the operator says stands beside it, and one acts by the earlier.
    says = (today + timedelta(days=30)).isoformat()
    read = {"number": NUMBER, "until": says, "text": f"valid until {says}", "id": "sms-2"}
    taken = mine.http.post("/v1/kept/readings", json=read)
    assert taken.status_code == 201, taken.text
    assert (taken.json()["operator_says"], taken.json()["act_by"]) == (says, says)
    balance = {"number": NUMBER, "balance": "9.50", "id": "sms-3"}
    assert mine.http.post("/v1/kept/readings", json=balance).status_code == 201


def test_a_key_in_the_address_does_for_robots_and_for_nobody_else(served: Served) -> None:
    keep(served, NUMBER, "h-1")
    mine, agent = robot(served, NUMBER), served.partner()

    def plain(key: str) -> httpx.Response:
        written = b64encode(f"key:{key}".encode()).decode()
        body = {"number": NUMBER, "kind": "sms_out", "id": "esp-1"}
        headers = {"Authorization": f"Basic {written}"}
        return httpx.post(f"{served.url}/v1/kept/records", json=body, headers=headers)

    assert plain(mine.key).status_code == 201
    assert code(plain(agent.key)) == (401, "key.missing")
    assert code(plain("bh_live_" + "0" * 48)) == (401, "key.malformed")


def test_a_robot_speaks_of_its_cards_and_does_nothing_else(served: Served) -> None:
    for number, keeper in ((NUMBER, "h-1"), (OTHER, "h-1"), (THEIRS, "h-2")):
        keep(served, number, keeper)
    mine = robot(served, NUMBER, kinds=frozenset({"topup"}))
    for number in (OTHER, THEIRS, "+447700900999"):
        body = {"number": number, "kind": "topup", "id": "1"}
        assert code(mine.http.post("/v1/kept/records", json=body)) == (404, "kept.unknown")
        read = {"number": number, "balance": "1", "id": "1"}
        assert code(mine.http.post("/v1/kept/readings", json=read)) == (404, "kept.unknown")
    sent = {"number": NUMBER, "kind": "sms_out", "id": "2"}
    assert code(mine.http.post("/v1/kept/records", json=sent)) == (403, "key.kind")
    assert code(mine.post("/v1/records", {"number": NUMBER, "kind": "topup"})) == (403, "key.scope")
    assert code(mine.get(f"/v1/lines/{NUMBER}")) == (403, "key.scope")
    assert code(mine.get("/v1/keys")) == (403, "key.narrow")
    assert mine.get("/v1/me").json()["kind"] == "robot"
    # And nobody else's key has its scope.
    agent = served.partner()
    assert code(agent.post("/v1/kept/records", sent)) == (403, "key.scope")


def test_what_is_wrong_is_named_and_loses_nothing(served: Served) -> None:
    today = keep(served, NUMBER, "h-1", days_ago=10)
    mine = robot(served, NUMBER)

    def record(**said: Any) -> tuple[int, str, str | None]:
        body = {"number": NUMBER, "kind": "topup", "id": "r"} | said
        return pointer(mine.http.post("/v1/kept/records", json=body))

    def reading(**said: Any) -> tuple[int, str, str | None]:
        return pointer(
            mine.http.post("/v1/kept/readings", json={"number": NUMBER, "id": "o"} | said)
        )

    before = (today - timedelta(days=40)).isoformat()
    assert record(number="911")[:2] == (422, "malformed.number.country_missing")
    assert record(kind="read")[:2] == (422, "kept.act_other")
    assert record(amount="ten") == (422, "malformed.money", "/amount")
    assert record(at="2099-01-01T00:00:00Z")[:2] == (409, "line.not_yet")
    assert record(at=f"{before}T12:00:00Z")[:2] == (409, "record.before_it_began")
    assert record(at="2026-01-01 00:00:00") == (422, "request.body", "/at")
    assert record(id="") == (422, "request.body", "/id")
    assert record(surprise=1) == (422, "request.body", "/surprise")
    assert reading()[:2] == (422, "kept.reading")
    assert reading(until="2027-01-01", balance="1")[:2] == (422, "kept.reading")
    assert reading(until="soon") == (422, "request.body", "/until")
    assert reading(balance="1,5") == (422, "malformed.money", "/balance")
    assert code(served.bearer("bh_live_nonsense").get("/v1/me")) == (401, "key.malformed")
    # Nothing of it is left, and the same id is still free.
    body = {"number": NUMBER, "kind": "topup", "id": "r"}
    assert mine.http.post("/v1/kept/records", json=body).status_code == 201


def test_a_robot_that_has_gone_mad_is_held_back(served: Served) -> None:
    keep(served, NUMBER, "h-1")
    mine = robot(served, NUMBER, per_second=1)
    body = {"number": NUMBER, "kind": "sms_out", "id": "1"}
    answers = [mine.http.post("/v1/kept/records", json=body) for _ in range(6)]
    assert answers[0].status_code == 201
    assert code(answers[-1]) == (429, "key.rate")
    assert int(answers[-1].headers["retry-after"]) >= 1
