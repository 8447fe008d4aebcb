"""Keys over HTTP: who asks, what they are for, rotated and put away by their owner's machines."""

from __future__ import annotations

from typing import Any

from tests.api.serving import Partner, Served, code

SCOPES = ("read", "sell", "reverse", "money", "events")


def shown(partner: Partner) -> str:
    """Of a key, what may be shown."""
    return partner.key[:18]


def test_a_key_says_who_asks(served: Served) -> None:
    agent = served.partner(network=["127.0.0.0/8"], per_second=50)
    told = agent.get("/v1/me").json()
    assert told.pop("limits") == {"per_second": 50, "per_day": 5_000_000, "today": 1}
    assert told.pop("label")
    assert told == {
        "principal": "agent-7",
        "kind": "agent",
        "name": "agent-7",
        "key": shown(agent),
        "is_sandbox": False,
        "scopes": sorted(SCOPES),
        "operators": ["demo"],
        "networks": ["127.0.0.0/8"],
        "float": {"account": "float:agent-7:MOP", "currency": "MOP"},
        "ends_at": None,
    }
    system = served.partner("operator:demo2", scope=("facts",)).get("/v1/me").json()
    assert (system["kind"], system["name"], system["float"]) == ("operator", "Demo Harbour", None)
    assert system["operators"] == ["demo2"]


def test_a_key_is_rotated_by_itself_and_its_secret_told_once(served: Served) -> None:
    agent = served.partner()
    path = f"/v1/keys/{shown(agent)}/rotate"
    first, again = agent.send("POST", path, key="k-1"), agent.send("POST", path, key="k-1")
    assert first.status_code == 201, first.text
    told = first.json()
    secret = told.pop("secret")
    assert again.json() == told
    assert again.headers["idempotent-replayed"] == "true"
    # Both work, and the secret is nowhere.
    new = served.bearer(secret)
    assert new.get("/v1/me").json()["scopes"] == agent.get("/v1/me").json()["scopes"]
    (kept,) = served.rows("SELECT answer::text FROM requests WHERE key = 'k-1'")
    assert secret not in kept[0]
    listed = {key["key"]: key for key in new.get("/v1/keys").json()["keys"]}
    assert listed[shown(new)]["is_asking"]
    assert listed[shown(new)]["ends_at"] is None
    assert listed[shown(agent)]["ends_at"] == told["old_ends_at"]
    assert code(agent.send("POST", f"{path}s", key="k-1")) == (404, "request.path")


def test_a_key_is_put_away_at_once_and_not_by_itself(served: Served) -> None:
    one, other = served.partner(), served.partner()
    assert other.get("/v1/me").status_code == 200
    assert code(one.send("DELETE", f"/v1/keys/{shown(one)}")) == (409, "key.in_use")
    first = one.send("DELETE", f"/v1/keys/{shown(other)}", key="d-1")
    assert first.status_code == 200, first.text
    assert one.send("DELETE", f"/v1/keys/{shown(other)}", key="d-1").content == first.content
    assert code(other.get("/v1/me")) == (401, "key.unknown")
    # What is dead stays dead.
    revived = one.send("POST", f"/v1/keys/{shown(other)}/rotate")
    assert code(revived) == (404, "key.not_yours")
    assert one.get("/v1/me").status_code == 200


def test_nobody_reaches_a_key_that_may_do_more(served: Served) -> None:
    strong = served.partner()
    weak: list[Partner] = [
        served.partner(scope=("read",)),
        served.partner(network=["127.0.0.0/8"]),
        served.partner(is_sandbox=True),
    ]
    for partner in weak:
        for method, path in (("POST", "/rotate"), ("DELETE", "")):
            refused = partner.send(method, f"/v1/keys/{shown(strong)}{path}")
            assert code(refused) == (403, "key.beyond")
    assert strong.send("DELETE", f"/v1/keys/{shown(weak[0])}").status_code == 200


def test_keys_of_others_are_as_if_they_were_not(served: Served) -> None:
    one, other = served.partner(), served.partner("agent-8")
    for id_ in (shown(other), "bh_live_0000000000", "x"):
        assert code(one.send("POST", f"/v1/keys/{id_}/rotate")) == (404, "key.not_yours")
        assert code(one.send("DELETE", f"/v1/keys/{id_}")) == (404, "key.not_yours")
    assert code(one.send("DELETE", "/v1/keys/%00")) == (422, "request.body")
    assert [key["key"] for key in keys(one)] == [shown(one)]
    assert other.get("/v1/me").status_code == 200
    assert code(one.http.delete(f"/v1/keys/{shown(one)}")) == (400, "request.idempotency_key")


def test_keys_come_a_page_at_a_time(served: Served) -> None:
    made = [served.partner() for _ in range(5)]
    first = made[0].get("/v1/keys", limit=3).json()
    rest = made[0].get("/v1/keys", limit=3, after=first["next"]).json()
    assert [key["key"] for key in first["keys"] + rest["keys"]] == [shown(each) for each in made]
    assert rest["next"] is None


def keys(partner: Partner) -> Any:
    return partner.get("/v1/keys").json()["keys"]
