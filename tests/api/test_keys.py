"""Who may come in: by which key, from where, for what, how often; and what is signed."""

from __future__ import annotations

import httpx
from tests.api.serving import Served
from tests.api.test_renewing import code

from baohao.core.credentials import LIVE, written

N = "+85366120001"
SAFETY = "/v1/safety"


def test_without_a_key_nobody_comes_in(served: Served) -> None:
    agent = served.partner()
    for headers, wanted in (
        ({}, "key.missing"),
        ({"Authorization": "Basic abc"}, "key.missing"),
        ({"Authorization": "Bearer nonsense"}, "key.malformed"),
        ({"Authorization": f"Bearer {agent.key[:-1]}~"}, "key.malformed"),
    ):
        for path in (SAFETY, f"/v1/lines/{N}"):
            answer = httpx.get(served.url + path, params={"number": N}, headers=headers)
            assert code(answer) == (401, wanted)
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_of_another_house_is_unknown(served: Served) -> None:
    stranger = served.bearer(written(LIVE, "A" * 10, "B" * 32))
    assert code(stranger.get(SAFETY, number=N)) == (401, "key.unknown")


def test_a_key_comes_from_its_networks_alone(served: Served) -> None:
    elsewhere = served.partner(network=["203.0.113.0/24"])
    assert code(elsewhere.get(SAFETY, number=N)) == (403, "key.elsewhere")
    assert served.partner(network=["127.0.0.0/8"]).get(SAFETY, number=N).status_code == 200


def test_a_key_is_for_its_scopes_alone(served: Served) -> None:
    reader = served.partner(scope=["read"])
    assert reader.get(SAFETY, number=N).status_code == 200
    assert code(reader.renew(N, 2)) == (403, "key.scope")
    assert code(reader.post("/v1/quotes", {"number": N})) == (403, "key.scope")
    seller = served.partner(scope=["sell"])
    assert code(seller.get(SAFETY, number=N)) == (403, "key.scope")


def test_an_operators_own_systems_see_its_lines_and_no_others(served: Served) -> None:
    served.open(N)
    own = served.partner("operator:demo", scope=["read", "facts"])
    other = served.partner("operator:demo2", scope=["read"])
    found = own.post(SAFETY, {"numbers": [N, "+85366120002"]}).json()["lines"]
    assert [each["is_known"] for each in found] == [True, False]
    assert found[0]["stage"] == "active"
    assert other.get(SAFETY, number=N).json()["lines"] == [{"number": N, "is_known": False}]
    assert own.get(f"/v1/lines/{N}").json()["stages"] == ["active"]
    assert code(other.get(f"/v1/lines/{N}")) == (404, "line.unknown")


def test_a_line_is_read_with_its_version_as_its_tag(served: Served) -> None:
    served.open(N)
    own = served.partner("operator:demo", scope=["read"])
    first = own.get(f"/v1/lines/{N}")
    assert first.headers["etag"] == '"2"'
    again = own.http.get(f"/v1/lines/{N}", headers={"If-None-Match": '"2"'})
    assert (again.status_code, again.content) == (304, b"")
    history = own.get(f"/v1/lines/{N}/history", limit=1).json()
    assert (history["events"][0]["event"], history["next"]) == ("stocked", "1")
    rest = own.get(f"/v1/lines/{N}/history", after=1).json()
    assert ([each["event"] for each in rest["events"]], rest["next"]) == (["acted"], None)


def test_what_if_changes_nothing(served: Served) -> None:
    served.open(N)
    own = served.partner("operator:demo", scope=["read"])
    at = own.get(f"/v1/lines/{N}").json()["safe_until"]["latest"]["at"]
    act = {"kind": "renewal", "at": at[:4] + at[4:], "term": "12m"}
    now = own.get(f"/v1/lines/{N}").json()["at"]
    body = {"at": at, "acts": [{**act, "at": now}]}
    supposed = own.post(f"/v1/lines/{N}/what-if", body).json()
    assert supposed["safe_until"]["latest"]["at"] > at
    assert own.get(f"/v1/lines/{N}").json()["version"] == 2


def test_how_large_batches_are_is_told(served: Served) -> None:
    own = served.partner("operator:demo", scope=["read"])
    own.get(SAFETY, number=N)
    told = httpx.get(served.url + "/metrics").text
    assert 'baohao_batch_items_count{lane="lookups"}' in told
    assert 'baohao_batch_wait_seconds_sum{lane="lookups"}' in told
