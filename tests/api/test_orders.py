"""Standing orders over HTTP: an agent's own, and the link that stops one without a key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from tests.api.serving import Partner, Served, code

from baohao.app.orders import keep
from baohao.app.shell import connect
from baohao.outside.ids import new_id

N, M = "+85366120001", "+85366120002"
GOOD = {"term": "12m", "limit_minor": 15_000, "consent": "form 12"}


def later(served: Served, span: timedelta) -> None:
    with connect(served.house.conninfo) as conn:
        conn.execute("UPDATE house SET clock_offset = clock_offset + %s", [span])


def run(served: Served) -> dict[str, int]:
    return dict(keep.run(served.shell, new_id))


def begun(agent: Partner, number: str = N, **more: Any) -> dict[str, Any]:
    answer = agent.post("/v1/orders", {"number": number, **GOOD, **more})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_an_agent_pays_for_a_regular_from_consent_to_charge(served: Served) -> None:
    served.open(N)
    served.fund(100_000)
    agent = served.partner("agent-7")
    first = agent.post("/v1/orders", {"number": N, **GOOD}, key="o-1")
    assert first.status_code == 201, first.text
    again = agent.post("/v1/orders", {"number": N, **GOOD}, key="o-1")
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert code(agent.post("/v1/orders", {"number": N, **GOOD})) == (409, "standing_orders.there")
    order = first.json()["order"]
    later(served, timedelta(days=345))
    assert run(served) == {"notify": 1}
    (row,) = agent.get("/v1/orders").json()["orders"]
    assert (row["order"], row["step"], row["number"]) == (order, "hand_over", N)
    said = {"order": order, "deadline": row["deadline"], "evidence": "SMS 4711"}
    told = agent.post(f"/v1/orders/{N}/told", said)
    assert told.status_code == 200, told.text
    assert told.json()["charge"]
    assert code(agent.post(f"/v1/orders/{N}/told", said)) == (409, "standing_orders.not_owed")
    line = agent.get(f"/v1/lines/{N}").json()
    assert line["order"]["next"]["step"] == "charge"
    before = served.balance()
    later(served, timedelta(days=8))
    assert run(served) == {"charge": 1}
    assert served.balance() < before
    assert agent.get(f"/v1/lines/{N}").json()["order"]["paid_for"]


def test_what_is_not_yours_is_as_if_it_were_not(served: Served) -> None:
    served.open(N)
    agent, other = served.partner("agent-7"), served.partner("agent-8")
    order = begun(agent)["order"]
    said = {"order": order, "deadline": "2027-01-01T00:00:00Z", "evidence": "x"}
    unknown = {"order": str(new_id())}
    for answer in (
        other.post(f"/v1/orders/{N}/stop", {"order": order}),
        other.post(f"/v1/orders/{N}/told", said),
        agent.post(f"/v1/orders/{N}/stop", unknown),
    ):
        assert code(answer) == (404, "standing_orders.unknown")
    assert other.get("/v1/orders").json() == {"orders": [], "next": None}
    assert code(agent.post("/v1/orders/+85366129999/stop", unknown)) == (404, "line.unknown")
    # An operator's own systems see it, as all that happens to its lines.
    demo = served.partner("operator:demo", scope=("read",))
    assert demo.get(f"/v1/lines/{N}").json()["order"]["order"] == order
    # Another agent that has sold to the line sees the line, and not who pays for it.
    stopped = agent.post(f"/v1/orders/{N}/stop", {"order": order})
    assert stopped.status_code == 200, stopped.text
    assert agent.post(f"/v1/orders/{N}/stop", {"order": order}).json() == stopped.json()


def test_who_sold_to_a_line_does_not_see_who_else_pays(served: Served) -> None:
    served.open(N)
    served.ask("order", N, payer="wallet:h9:MOP", **{**GOOD, "term": "12 months"})
    agent = served.partner("agent-7")
    assert agent.get(f"/v1/lines/{N}").json()["order"] is None


def test_a_link_stops_without_a_key_and_tells_nothing(served: Served) -> None:
    served.open(N, M)
    agent = served.partner("agent-7")
    link = begun(agent)["stop_link"]
    begun(agent, M)
    with httpx.Client(base_url=served.url) as nobody:
        assert nobody.get("/orders/stop", params={"link": link}).status_code == 405
        for _ in range(2):
            answer = nobody.post("/orders/stop", json={"link": link})
            assert (answer.status_code, answer.json()) == (200, {"stopped": True})
        forged = nobody.post("/orders/stop", json={"link": "A" * 56})
        assert code(forged) == (404, "standing_orders.link")
        assert code(nobody.post("/orders/stop", json={"link": 5})) == (422, "request.body")
    assert [row["number"] for row in agent.get("/v1/orders").json()["orders"]] == [M]


def test_orders_come_a_page_at_a_time(served: Served) -> None:
    numbers = [f"+8536612010{n}" for n in range(5)]
    served.open(*numbers)
    agent, seen, after = served.partner("agent-7"), [], ""
    for number in numbers:
        begun(agent, number)
    for _ in range(3):
        page = agent.get("/v1/orders", limit=2, after=after).json()
        seen += [row["number"] for row in page["orders"]]
        after = page["next"]
    assert seen == numbers
    assert not after


def test_a_body_says_which_field_is_wrong(served: Served) -> None:
    served.open(N)
    agent = served.partner("agent-7")
    for more, wanted in (
        ({"notice": "3 days"}, (422, "standing_orders.notice")),
        ({"lead": "1y"}, (422, "standing_orders.malformed")),
        ({"limit_minor": 0}, (422, "request.body")),
        ({"term": "7 months"}, (409, "offer.unknown")),
        ({"granted_until": "2020-01-01T00:00:00Z"}, (422, "grants.malformed")),
        ({"payer": "wallet:h1:MOP"}, (422, "request.body")),
    ):
        answer = agent.post("/v1/orders", {"number": N, **GOOD, **more})
        assert code(answer) == wanted, answer.text
