"""The feed and its endpoints over HTTP: read to the end, set by their owner, told apart."""

from __future__ import annotations

from uuid import UUID

import pytest
from tests.api.paging import everything
from tests.api.serving import Partner, Served, code, pointer

from baohao.app import house
from baohao.app.feed import deliver
from baohao.outside.ids import new_id

N = [f"+8536612{n:04}" for n in range(5)]
URL = "https://partner.example/hooks"
NOBODYS = str(UUID(int=7 << 76 | 2 << 62))


def told(served: Served) -> None:
    """Fill the feeds, and send what is due."""
    deliver.run(served.shell, served.house.post, served.house.seals, new_id)


def listening(served: Served, owner: str = "agent-7", **more: bool) -> Partner:
    """Somebody who has begun to listen."""
    scope = ("read", "sell", "events") if ":" not in owner else ("read", "events")
    partner = served.partner(owner, scope=scope, **more)
    assert partner.get("/v1/events").json()["events"] == []
    served.house._listeners_read.forget()
    return partner


def renewed(served: Served) -> Partner:
    """An agent that listens, and has renewed five lines since."""
    served.open(*N)
    served.fund(100_000)
    agent = listening(served)
    for number in N:
        assert agent.renew(number, 2).status_code == 201
    told(served)
    return agent


def test_the_feed_is_read_to_its_end_and_on(served: Served) -> None:
    agent, found, after, more = renewed(served), [], "", True
    while more:
        page = agent.get("/v1/events", after=after, limit=2).json()
        found += page["events"]
        after, more = page["next"], page["more"]
        assert not page["restored"]
    assert [each["data"]["number"] for each in found] == N
    assert [each["seq"] for each in found] == [1, 2, 3, 4, 5]
    assert {each["type"] for each in found} == {"line.renewed"}
    assert (after, agent.get("/v1/events", after=after).json()["events"]) == ("1-5", [])
    assert agent.renew(N[0], 3).status_code == 201
    told(served)
    (event,) = agent.get("/v1/events", after=after).json()["events"]
    assert (event["seq"], event["data"]["number"]) == (6, N[0])


def test_a_feed_is_its_listeners_own(served: Served) -> None:
    renewed(served)
    assert listening(served, "agent-8").get("/v1/events").json()["events"] == []
    assert listening(served, "operator:demo2").get("/v1/events").json()["events"] == []


def test_a_cursor_of_before_a_restore_begins_anew_and_says_so(served: Served) -> None:
    agent = renewed(served)
    served.shell.run(house.close)
    page = agent.get("/v1/events", after="1-9", limit=2).json()
    assert (page["restored"], page["next"], page["more"]) == (True, "2-2", True)
    assert [each["seq"] for each in page["events"]] == [1, 2]
    page = agent.get("/v1/events", after=page["next"]).json()
    assert (page["restored"], page["next"]) == (False, "2-5")


@pytest.mark.parametrize("after", ["x", "5", "1-", "\0", "1-1e9", "١-١", "9" * 200])
def test_a_cursor_that_no_page_gave_is_refused(served: Served, after: str) -> None:
    told_ = pointer(listening(served).get("/v1/events", after=after))
    assert told_ == (422, "request.body", "/after")


# --- endpoints ------------------------------------------------------------------------------------


def made(partner: Partner, **more: object) -> str:
    answer = partner.post("/v1/webhooks", {"url": URL, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_an_endpoint_is_made_once_and_its_secret_told_once(served: Served) -> None:
    agent = served.partner()
    body = {"url": URL, "types": ["line.renewed", "line.stage"]}
    first = agent.post("/v1/webhooks", body, key="w-1")
    assert first.status_code == 201, first.text
    secret = first.json()["secret"]
    again = agent.post("/v1/webhooks", body, key="w-1")
    assert again.json() == {"id": first.json()["id"]}
    assert again.headers["idempotent-replayed"] == "true"
    other = {**body, "types": []}
    assert code(agent.post("/v1/webhooks", other, key="w-1")) == (422, "key.reused")
    (listed,) = agent.get("/v1/webhooks").json()["webhooks"]
    assert (listed["id"], listed["url"], listed["state"]) == (first.json()["id"], URL, "live")
    assert listed["types"] == body["types"]
    for table in ("requests", "endpoints"):
        kept = str(served.rows(f"SELECT t::text FROM {table} t"))
        assert secret not in kept


def test_an_endpoint_is_changed_paused_resumed_rotated_and_forgotten(served: Served) -> None:
    agent = served.partner()
    id_ = made(agent)
    path = f"/v1/webhooks/{id_}"
    assert agent.post(path, {"types": ["line.stage"]}).json() == {"id": id_}
    assert agent.post(path, {"url": f"{URL}/2"}).json() == {"id": id_}
    assert agent.send("POST", f"{path}/pause").json() == {"id": id_, "state": "paused"}
    (listed,) = agent.get("/v1/webhooks").json()["webhooks"]
    assert (listed["url"], listed["types"]) == (f"{URL}/2", ["line.stage"])
    assert listed["state"] == "paused"
    assert agent.send("POST", f"{path}/resume").json() == {"id": id_, "state": "live"}
    rotated = agent.send("POST", f"{path}/rotate", key="r-1").json()
    assert rotated["secret"].startswith("whsec_")
    assert agent.send("POST", f"{path}/rotate", key="r-1").json() == {"id": id_}
    gone = agent.send("DELETE", path, key="d-1")
    assert gone.json() == {"id": id_, "removed": True}
    assert agent.send("DELETE", path, key="d-1").json() == gone.json()
    assert agent.get("/v1/webhooks").json() == {"webhooks": [], "next": None}


def test_events_are_sent_once_more(served: Served) -> None:
    agent = renewed(served)
    path = f"/v1/webhooks/{made(agent)}/replays"
    answer = agent.post(path, {"from": 2, "to": 9})
    assert answer.status_code == 201, answer.text
    assert (answer.json()["from"], answer.json()["to"]) == (2, 5)
    assert code(agent.post(path, {"from": 6, "to": 9})) == (409, "endpoint.replay")
    assert pointer(agent.post(path, {"from": 0, "to": 9})) == (422, "request.body", "/from")
    assert agent.get("/v1/webhooks").json()["webhooks"][0]["replays"] == 1


def test_anothers_endpoint_is_as_if_it_were_not(served: Served) -> None:
    id_ = made(served.partner())
    other = served.partner("agent-8")
    assert other.get("/v1/webhooks").json()["webhooks"] == []
    for each in (id_, NOBODYS):
        path = f"/v1/webhooks/{each}"
        answers = [
            other.send("DELETE", path),
            other.post(path, {"url": URL}),
            other.post(f"{path}/replays", {"from": 1, "to": 2}),
            *(other.send("POST", f"{path}/{what}") for what in ("pause", "resume", "rotate")),
        ]
        assert {code(answer) for answer in answers} == {(404, "endpoint.unknown")}


def test_endpoints_are_listed_to_the_end_and_there_are_not_too_many(served: Served) -> None:
    agent = served.partner()
    ids = [made(agent) for _ in range(10)]
    assert code(agent.post("/v1/webhooks", {"url": URL})) == (409, "endpoint.full")
    found = everything(agent, "/v1/webhooks", "webhooks", 3)
    assert [each["id"] for each in found] == sorted(ids)


HOSTILE = [
    ("/v1/webhooks", b'{"url": "\\ud800"}', "/url"),
    ("/v1/webhooks", b'{"url": 1e400}', "/url"),
    ("/v1/webhooks", b'{"url": "https://a.example/", "types": ["\\udfff"]}', "/types/0"),
    (f"/v1/webhooks/{NOBODYS}/replays", b'{"from": 1e400, "to": 2}', "/from"),
    (f"/v1/webhooks/{NOBODYS}/replays", b'{"from": 1, "to": 9007199254740992}', "/to"),
    (f"/v1/webhooks/{NOBODYS}/replays", b'{"from": true, "to": 2}', "/from"),
    ("/v1/webhooks/%00", b"{}", "/id"),
]


@pytest.mark.parametrize(("path", "body", "field"), HOSTILE)
def test_what_nobody_can_mean_is_refused_at_its_field(
    served: Served, path: str, body: bytes, field: str
) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = served.partner().http.post(path, content=body, headers=headers)
    assert pointer(answer) == (422, "request.body", field)


def test_endpoints_name_the_field(served: Served) -> None:
    agent = served.partner()
    path = f"/v1/webhooks/{made(agent)}"

    def said(**body: object) -> set[tuple[int, str, str | None]]:
        return {pointer(agent.post(each, body)) for each in ("/v1/webhooks", path)}

    inside = ("http://partner.example/", "https://10.0.0.1/", "https://a.example:22/", "\0", "ü")
    for url in inside:
        assert said(url=url) == {(422, "webhook.address", "/url")}, url
    assert said(url=URL, types=["line.\0"]) == {(422, "endpoint.type", "/types")}
    assert said(url=URL, types=["x" * 81]) == {(422, "request.body", "/types/0")}
    assert said(url=URL, tipes=[]) == {(422, "request.body", "/tipes")}
    assert said(url="h" * 501) == {(422, "request.body", "/url")}
    # No test key has the events of a real operator's lines sent to it.
    served.register("agent-9", "demo", "ctm")
    sandbox = served.partner("agent-9", is_sandbox=True)
    assert code(sandbox.post("/v1/webhooks", {"url": URL})) == (403, "key.sandbox")
