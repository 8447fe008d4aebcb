"""Renewals over HTTP: once under a key, never at another price or date, told by code when not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from tests.api.serving import Served, code

N = "+85366120001"


def test_a_renewal_is_done_once_however_often_it_is_sent(served: Served) -> None:
    served.open(N)
    served.fund(100_000)
    agent = served.partner()
    with ThreadPoolExecutor(16) as many:
        found = list(many.map(lambda _: agent.renew(N, 2, key="slip-1"), range(16)))
    assert {answer.status_code for answer in found} == {201}
    assert len({answer.content for answer in found}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in found) == 1
    assert served.balance() == 100_000 - 12_000
    assert found[0].json()["total_minor"] == 12_000


def test_the_same_key_for_something_else_is_refused(served: Served) -> None:
    served.open(N)
    served.fund(100_000)
    agent = served.partner()
    assert agent.renew(N, 2, key="slip-1").status_code == 201
    assert code(agent.renew(N, 3, key="slip-1")) == (422, "key.reused")


def test_a_key_outlives_the_credential_that_brought_it(served: Served) -> None:
    served.open(N)
    served.fund(100_000)
    first = served.partner().renew(N, 2, key="slip-1")
    again = served.partner().renew(N, 2, key="slip-1")
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"


def test_two_agents_have_keys_of_their_own(served: Served) -> None:
    served.open(N)
    served.fund(100_000)
    served.fund(100_000, "float:agent-8:MOP")
    assert served.partner().renew(N, 2, key="slip-1").status_code == 201
    assert served.partner("agent-8").renew(N, 3, key="slip-1").status_code == 201


def test_what_was_shown_is_compared(served: Served) -> None:
    served.open(N)
    served.fund(100_000)
    agent = served.partner()
    assert code(agent.renew(N, 1)) == (409, "line.moved")
    body = {"number": N, "term": "12 months"}
    assert code(agent.post("/v1/renewals", body)) == (422, "ask.expectation_missing")
    until = agent.get(f"/v1/lines/{N}").json()["renewal_deadline"]
    moved = {**body, "expect_until": until.replace("+08:00", "+07:00")}
    assert code(agent.post("/v1/renewals", moved)) == (409, "line.moved")
    wrong = agent.renew(N, 2, total_minor=11_999)
    assert code(wrong) == (409, "money.price_moved")
    assert agent.post("/v1/renewals", {**body, "expect_until": until}).status_code == 201


def test_the_etag_of_a_line_is_its_version(served: Served) -> None:
    served.open(N)
    served.fund(100_000)
    agent = served.partner()
    body = {"number": N, "term": "12 months"}
    tag = agent.get(f"/v1/lines/{N}").headers["etag"]
    two = agent.post("/v1/renewals", {**body, "expect_version": 3}, **{"If-Match": tag})
    assert code(two) == (422, "request.if_match")
    assert two.json()["pointer"] == "/expect_version"
    for wrong in ('W/"2"', "2", "*", '"2", "3"'):
        answer = agent.post("/v1/renewals", body, **{"If-Match": wrong})
        assert code(answer) == (422, "request.if_match")
    assert agent.post("/v1/renewals", body, **{"If-Match": tag}).status_code == 201
    assert code(agent.post("/v1/renewals", body, **{"If-Match": tag})) == (409, "line.moved")


def test_a_float_fails_closed(served: Served) -> None:
    served.open(N)
    served.fund(11_999)
    refused = served.partner().renew(N, 2)
    assert code(refused) == (402, "money.short")
    assert refused.json()["facts"]["needed_minor"] == 12_000
    assert served.balance() == 11_999


def test_a_quote_binds(served: Served) -> None:
    served.open(N)
    served.fund(100_000)
    agent = served.partner()
    quoted = agent.post("/v1/quotes", {"number": N, "term": "12m"})
    assert quoted.status_code == 201, quoted.text
    promise = quoted.json()
    assert promise["bonus"]
    sold = agent.renew(N, 2, quote=promise["id"]).json()
    assert datetime.fromisoformat(sold["until"]) == datetime.fromisoformat(promise["until"])
    assert sold["total_minor"] == promise["total_minor"]


def test_bad_bodies_name_the_field(served: Served) -> None:
    agent = served.partner()
    good = {"number": N, "term": "12 months", "expect_version": 2}

    def pointer(**wrong: Any) -> tuple[int, str, str]:
        answer = agent.post("/v1/renewals", {**good, **wrong})
        told = answer.json()
        return answer.status_code, told["code"], told.get("pointer")

    assert pointer(expect_version="2") == (422, "request.body", "/expect_version")
    assert pointer(expect_until="2027-01-01T00:00:00") == (422, "request.body", "/expect_until")
    first = "0001-01-01T00:00:00+14:00"
    assert pointer(expect_until=first) == (422, "request.body", "/expect_until")
    assert pointer(codes=["a", 1]) == (422, "request.body", "/codes/1")
    assert pointer(colour="red")[:2] == (422, "request.body")
    assert pointer(number="+8536612")[1].startswith("malformed.number")
    assert pointer(term="a while")[1] == "malformed.span"
