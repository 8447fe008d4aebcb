"""Lines of an operator whose own system is master: what is sold says how it stands there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from tests.api.paging import everything
from tests.api.serving import YEARLY, Partner, Served, code, pointer
from tests.wire.harbour import THEIRS, TOKEN

from baohao.app.agents import registry
from baohao.config import Endpoint
from baohao.core.agents import Agent
from baohao.outside.pretend.charging import PretendCharging
from baohao.wiring import now

FLOAT = "float:agent-5:HKD"
N = [f"+8525123{n:04}" for n in range(1, 4)]
YEAR = {"term": "365 days"}


def harbour(served: Served) -> Partner:
    """An agent of Demo Harbour that has activated three lines."""
    agent = Agent(key="agent-5", name="Pier 5", operators=frozenset({"demo2"}), currency="HKD")
    operators = served.house.library.operators
    served.shell.run(partial(registry.add, agent=agent, operators=operators))
    served.house.meet(agent)
    served.stock(*N, pin=YEARLY)
    for number in N:
        served.ask("allot", number, agent="agent-5")
    served.fund(1_000_000, FLOAT)
    partner = served.partner("agent-5")
    for number in N:
        activation = {"number": number, "holder": f"h{number}", "document": "hkid", **YEAR}
        answer = partner.post("/v1/activations", {**activation, "expect_version": 2})
        assert answer.status_code == 201, answer.text
        assert answer.json()["charge"] == {"state": "pending", "their_id": None, "last_at": None}
    return partner


@contextmanager
def connected(served: Served) -> Iterator[PretendCharging]:
    """The operator's own system, on this machine."""
    with (
        served.house.connect() as conn,
        PretendCharging(THEIRS, lambda: now(conn), token=TOKEN, draw=lambda _: "") as twin,
    ):
        charging = {"DEMO2": Endpoint(url=twin.url, token=TOKEN)}
        served.house.settings = replace(served.house.settings, charging=charging)
        yield twin


def carry(served: Served) -> None:
    with served.house.carrier() as carrier:
        carrier.run()


def test_what_is_sold_says_how_it_stands_there(served: Served) -> None:
    agent = harbour(served)
    with connected(served):
        carry(served)
        line = agent.get(f"/v1/lines/{N[0]}").json()
        body = {"number": N[0], "expect_version": line["version"], **YEAR}
        first = agent.post("/v1/renewals", body, key="r-1")
        assert first.json()["charge"]["state"] == "pending"
        act = first.json()["id"]
        assert agent.get(f"/v1/receipts/{act}").json()["charge"]["state"] == "pending"
        carry(served)
        told = agent.get(f"/v1/receipts/{act}").json()["charge"]
        assert (told["state"], told["their_id"]) == ("done", "topup-4")
        assert told["last_at"]
        # The same answer, but for what has become of it since.
        again = agent.post("/v1/renewals", body, key="r-1").json()
        assert again.pop("charge")["their_id"] == told["their_id"]
        assert again == {name: first.json()[name] for name in again}
        rows: list[dict[str, Any]] = [{"number": n, **YEAR} for n in (N[1], "+85251239999")]
        done, refused = agent.post("/v1/renewals/batch", rows).json()
        assert done["sold"]["charge"]["state"] == "pending"
        assert "charge" not in refused


def test_lines_whose_truth_is_here_say_nothing_of_it(served: Served) -> None:
    served.open("+85366120001")
    served.fund(100_000)
    sold = served.partner().renew("+85366120001", 2).json()
    assert "charge" not in sold
    assert "charge" not in served.partner().get(f"/v1/receipts/{sold['id']}").json()


def test_an_operator_reads_what_was_done_in_its_system(served: Served) -> None:
    harbour(served)
    system = served.partner("operator:demo2", scope=("facts",))
    found = everything(system, "/v1/charges", "charges", 2)
    assert {(each["number"], each["state"]) for each in found} == {(n, "pending") for n in N}
    assert everything(system, "/v1/charges", "charges", 2, state="done") == []
    with connected(served):
        carry(served)
    found = everything(system, "/v1/charges", "charges", 1, state="done")
    assert {each["their_id"] for each in found} == {"topup-1", "topup-2", "topup-3"}
    other = served.partner("operator:demo", scope=("facts",))
    assert other.get("/v1/charges").json() == {"charges": [], "next": None}


@pytest.mark.parametrize("after", ["x", "\0", "1-2", "85251230001-" + "g" * 32])
def test_charges_name_the_field(served: Served, after: str) -> None:
    system = served.partner("operator:demo2", scope=("facts",))
    assert pointer(system.get("/v1/charges", after=after)) == (422, "request.body", "/after")
    for state in ("x", "\0", ""):
        assert pointer(system.get("/v1/charges", state=state)) == (422, "request.body", "/state")
    real = served.partner("operator:ctm", scope=("facts",), is_sandbox=True)
    assert code(real.get("/v1/charges")) == (403, "key.sandbox")
