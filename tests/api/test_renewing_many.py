"""Ten thousand renewals in a body: an outcome for each in order, and a bad row is its own."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Any

import httpx
from tests.api.serving import IDD, Partner, Served, code

NUMBERS = [f"+853661{n:05}" for n in range(20_001, 20_011)]
JSON, NDJSON = "application/json", "application/x-ndjson"


def row(number: str, **more: Any) -> dict[str, Any]:
    return {"number": number, "term": "12m", **more}


def send(agent: Partner, body: bytes, kind: str = JSON, key: str = "") -> httpx.Response:
    headers = {"Content-Type": kind, "Idempotency-Key": key or secrets.token_hex(8)}
    return agent.http.post("/v1/renewals/batch", content=body, headers=headers)


def many(agent: Partner, rows: Sequence[Any], key: str = "") -> Any:
    answer = send(agent, json.dumps(rows).encode(), key=key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def statuses(outcomes: Any) -> list[tuple[int, str]]:
    return [
        (each["status"], each["problem"]["code"] if "problem" in each else "") for each in outcomes
    ]


def opened(served: Served) -> Partner:
    served.open(*NUMBERS)
    served.fund(200_000)
    return served.partner()


def test_each_row_has_its_outcome_in_order(served: Served) -> None:
    agent = opened(served)
    found = many(agent, [row(number) for number in NUMBERS])
    assert [each["sold"]["number"] for each in found] == NUMBERS
    assert statuses(found) == [(201, "")] * 10
    assert served.balance() == 200_000 - 10 * 12_000
    one = agent.get(f"/v1/receipts/{found[3]['sold']['id']}").json()
    assert (one["number"], one["total_minor"]) == (NUMBERS[3], 12_000)


def test_poison_rows_cost_their_neighbours_nothing(served: Served) -> None:
    agent = opened(served)
    rows: list[Any] = [
        row(NUMBERS[0]),
        7,
        None,
        [[[[]]]],
        {"number": NUMBERS[1]},
        row("\0"),
        row(NUMBERS[1], colour="red"),
        row(NUMBERS[1], expect_version="2"),
        row(NUMBERS[1], expect_version=1),
        row(NUMBERS[1], expect_until="2027-01-01T00:00:00"),
        row(NUMBERS[1], key=""),
        row(NUMBERS[1], key="a\0b"),
        row("+85366129999"),
        row(NUMBERS[1], term="7 months"),
        row(NUMBERS[2], total_minor=1),
        row(NUMBERS[3], expect_version=2),
    ]
    found = many(agent, rows)
    assert statuses(found) == [
        (201, ""),
        (422, "request.body"),
        (422, "request.body"),
        (422, "request.body"),
        (422, "request.body"),
        (422, "malformed.number.character"),
        (422, "request.body"),
        (422, "request.body"),
        (409, "line.moved"),
        (422, "request.body"),
        (422, "request.body"),
        (422, "ask.malformed"),
        (404, "line.unknown"),
        (409, "offer.unknown"),
        (409, "money.price_moved"),
        (201, ""),
    ]
    pointers = {
        n: each["problem"].get("pointer") for n, each in enumerate(found) if n in (7, 9, 11)
    }
    assert pointers == {7: "/expect_version", 9: "/expect_until", 11: "/key"}
    assert served.balance() == 200_000 - 2 * 12_000


def test_lines_of_json_come_back_as_lines(served: Served) -> None:
    agent = opened(served)
    lines = [
        json.dumps(row(NUMBERS[0])).encode(),
        b"",
        b'{"number": ',
        b"[" * 100_000,
        b'{"number": "\xff"}',
        json.dumps(row(NUMBERS[1])).encode() + b"\r",
    ]
    answer = send(agent, b"\n".join(lines) + b"\n", NDJSON)
    assert answer.headers["content-type"] == NDJSON
    found = [json.loads(line) for line in answer.text.splitlines()]
    bad = (422, "request.body")
    assert statuses(found) == [(201, ""), bad, bad, bad, (201, "")]


def test_a_body_that_is_sent_again_is_answered_again(served: Served) -> None:
    agent = opened(served)
    body = json.dumps([row(number) for number in NUMBERS[:4]]).encode()
    first, again = send(agent, body, key="f-1"), send(agent, body, key="f-1")
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert served.balance() == 200_000 - 4 * 12_000
    # Of another body under the key, what stands at its place again is answered, no more.
    changed = row(NUMBERS[0], total_minor=12_000)
    other = many(agent, [changed, *map(row, NUMBERS[1:5])], key="f-1")
    assert statuses(other) == [(422, "key.reused"), *[(201, "")] * 4]
    assert served.balance() == 200_000 - 5 * 12_000


def test_a_row_may_have_a_key_of_its_own(served: Served) -> None:
    agent = opened(served)
    alone = agent.renew(NUMBERS[0], 2, key="slip-1").json()
    rows = [row(NUMBERS[1], key="slip-2"), row(NUMBERS[0], expect_version=2, key="slip-1")]
    rows[1]["term"] = "12 months"
    found = many(agent, rows)
    assert found[1]["sold"] == alone
    shuffled = many(agent, [row(NUMBERS[1], key="slip-2")])
    assert shuffled[0] == found[0]
    assert served.balance() == 200_000 - 2 * 12_000


def test_a_number_that_comes_again_sees_what_its_first_row_left(served: Served) -> None:
    agent = opened(served)
    found = many(agent, [row(NUMBERS[0]), row(NUMBERS[1]), row(NUMBERS[0])])
    assert statuses(found) == [(201, "")] * 3
    first, _, third = (each["sold"] for each in found)
    assert first["until"] < third["until"]


def test_the_float_ends_in_the_middle(served: Served) -> None:
    served.open(*NUMBERS)
    served.fund(12_000 * 3)
    found = many(served.partner(), [row(number) for number in NUMBERS])
    assert statuses(found) == [(201, "")] * 3 + [(402, "money.short")] * 7
    assert served.balance() == 0


def test_bodies_that_are_too_much_are_refused_whole(served: Served) -> None:
    agent = served.partner()
    assert code(send(agent, b"[1,2")) == (422, "request.body")
    assert code(send(agent, b'{"number": 1}')) == (422, "request.body")
    assert code(send(agent, b"[" * 200_000)) == (422, "request.body")
    assert code(send(agent, b"[]", "text/csv")) == (415, "request.media_type")
    rows = b"[" + b",".join([b"1"] * 10_001) + b"]"
    assert code(send(agent, rows)) == (413, "request.too_long.rows")
    assert code(send(agent, b"1\n" * 10_001, NDJSON)) == (413, "request.too_long.rows")
    assert code(send(agent, b"[" + b"1," * 4_000_000)) == (413, "request.too_long.rows")
    assert code(send(agent, b" " * (8 * 2**20 + 1))) == (413, "request.too_long")
    headers = {"Content-Type": JSON}
    unkeyed = agent.http.post("/v1/renewals/batch", content=b"[]", headers=headers)
    assert code(unkeyed) == (400, "request.idempotency_key")
    assert send(agent, b"[]").json() == []
    assert send(agent, b"", NDJSON).content == b""


def test_a_test_key_renews_the_lines_of_invented_operators_only(served: Served) -> None:
    served.open(NUMBERS[0])
    served.stock(NUMBERS[1], pin=IDD)
    served.fund(100_000)
    agent = served.partner(operators=("demo", "ctm"), is_sandbox=True)
    found = many(agent, [row(NUMBERS[1]), row(NUMBERS[0]), row("nothing")])
    assert [code for _, code in statuses(found)][:2] == ["key.sandbox", ""]
    assert statuses(found)[2][0] == 422
