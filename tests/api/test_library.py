"""Plans, promotions and policies over HTTP: those of one's own operators, a page at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.api.serving import KEEP12, YEARLY, Partner, Served, code
from tests.cli.inside import inside

from baohao.app.policies import shipped


@pytest.mark.parametrize("noun", ["plans", "promotions", "policies"])
def test_pages_of_one_make_the_whole_list(served: Served, noun: str) -> None:
    agent = served.partner(operators=("demo", "demo2"))
    whole = agent.get(f"/v1/{noun}").json()
    assert whole["next"] is None
    assert len(whole[noun]) >= 3
    found: list[Any] = []
    after: str | None = ""
    while after is not None:
        page = agent.get(f"/v1/{noun}", after=after, limit=1).json()
        found += page[noun]
        after = page["next"]
    assert found == whole[noun]
    assert code(agent.get(f"/v1/{noun}", limit=0)) == (422, "request.body")


@pytest.mark.parametrize("path", ["plans", "promotions", "policies", f"policies/{KEEP12}"])
def test_what_one_has_is_not_sent_again(served: Served, path: str) -> None:
    agent = served.partner()
    first = agent.get(f"/v1/{path}")
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = agent.http.get(f"/v1/{path}", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = agent.http.get(f"/v1/{path}", headers={"If-None-Match": '"other"'})
    assert other.content == first.content


def test_plans_tell_what_may_be_bought(served: Served) -> None:
    agent = served.partner()
    plans = {plan["plan"]: plan for plan in agent.get("/v1/plans").json()["plans"]}
    assert plans["keep12"]["currency"] == "MOP"
    renew = [offer for offer in plans["keep12"]["offers"] if offer["verb"] == "renew"]
    assert [(offer["term"], offer["price_minor"]) for offer in renew] == [("12 months", 12_000)]


def test_promotions_tell_what_they_give_and_no_code(served: Served) -> None:
    answer = served.partner().get("/v1/promotions")
    found = {each["promotion"]: each for each in answer.json()["promotions"]}
    assert found["demo.twelve_plus_six"]["gives"] == [{"what": "time", "time": "6 months"}]
    assert found["demo.welcome"]["needs_code"]
    assert "BAOHAO20" not in answer.text


def test_policies_are_those_of_ones_own_operators(served: Served) -> None:
    agent = served.partner()
    found = agent.get("/v1/policies").json()["policies"]
    assert {policy["operator"] for policy in found} == {"demo"}
    for pin in (YEARLY, "nothing@1"):
        assert code(agent.get(f"/v1/policies/{pin}")) == (404, "policy.unknown")
    real = served.partner("agent-8", operators=("demo", "ctm"))
    tried = served.partner("agent-8", operators=("demo", "ctm"), is_sandbox=True)
    assert operators(real) == {"demo", "ctm"}
    assert operators(tried) == {"demo"}


def operators(agent: Partner) -> set[str]:
    return {
        policy["operator"] for policy in agent.get("/v1/policies", limit=500).json()["policies"]
    }


def test_a_policy_tells_what_the_command_does(served: Served) -> None:
    found = served.partner().get(f"/v1/policies/{KEEP12}").json()
    shown = inside("policy", "show", str(Path(shipped()) / "demo" / "keep12.toml"), "--json")
    assert found["life"] == json.loads(shown.out)
    assert [rung["stage"] for rung in found["stages"]][:3] == ["active", "grace", "suspended"]
    assert found["stages"][1]["lasts"] == "30 days"
