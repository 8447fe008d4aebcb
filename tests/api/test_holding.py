"""What an agent holds, over HTTP: cards in stock, and customers whose numbers are lost soon."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.api.paging import everything
from tests.api.serving import IDD, Served, code, pointer

N = [f"+8536612{n:04}" for n in range(5)]
FAR = "2100-01-01T00:00:00+08:00"


def test_stock_is_read_to_its_end(served: Served) -> None:
    served.stock(*N, agent="agent-7")
    agent = served.partner()
    cards = everything(agent, "/v1/stock", "cards", 2)
    assert [(card["number"], card["plan"]) for card in cards] == [(n, "keep12") for n in N]
    assert agent.get("/v1/stock", limit=1).json()["plans"] == {"keep12": 5}
    nothing = served.partner("agent-8").get("/v1/stock").json()
    assert nothing == {"cards": [], "plans": {}, "next": None}


def test_customers_are_read_to_their_end_the_first_to_be_lost_first(served: Served) -> None:
    served.open(*N)
    served.fund(100_000)
    agent = served.partner()
    assert agent.renew(N[0], 2).status_code == 201
    found = everything(agent, "/v1/customers", "customers", 2, due_before=FAR)
    assert [each["number"] for each in found] == [*N[1:], N[0]]
    assert found[0]["stage"] == "active"
    assert agent.get("/v1/customers").json() == {"customers": [], "next": None}
    # Half-open: what is lost at that instant is not lost before it.
    first = found[0]["safe_until"]
    assert agent.get("/v1/customers", due_before=first).json()["customers"] == []
    later = (datetime.fromisoformat(first) + timedelta(microseconds=1)).isoformat()
    assert len(agent.get("/v1/customers", due_before=later).json()["customers"]) == 4
    other = served.partner("agent-8")
    assert other.get("/v1/customers", due_before=FAR).json()["customers"] == []


@pytest.mark.parametrize("path", ["/v1/stock", "/v1/customers"])
def test_lists_name_the_field(served: Served, path: str) -> None:
    agent = served.partner()
    for after in ("x", "\0", "+853", "9" * 19, "1-2-3", "١"):
        assert pointer(agent.get(path, after=after)) == (422, "request.body", "/after")
    assert pointer(agent.get(path, limit=0)) == (422, "request.body", "/limit")
    assert pointer(agent.get(path, limit="1e400")) == (422, "request.body", "/limit")
    system = served.partner("operator:demo", scope=("read",))
    assert code(system.get(path)) == (403, "key.agents_only")


@pytest.mark.parametrize("day", ["2027-01-01", "2027-01-01T00:00:00", "x", "\0", "1e400"])
def test_a_day_without_its_offset_is_refused(served: Served, day: str) -> None:
    told = pointer(served.partner().get("/v1/customers", due_before=day))
    assert told == (422, "request.body", "/due_before")


def test_a_test_key_sees_invented_operators_cards_alone(served: Served) -> None:
    served.register("agent-9", "demo", "ctm")
    served.stock(N[0], agent="agent-9")
    served.stock("+85362990001", pin=IDD, agent="agent-9")
    assert len(served.partner("agent-9").get("/v1/stock").json()["cards"]) == 2
    sandbox = served.partner("agent-9", is_sandbox=True)
    (card,) = sandbox.get("/v1/stock").json()["cards"]
    assert card["number"] == N[0]
