"""Facts over HTTP: what an operator's own systems say of its lines, and of no others."""

from __future__ import annotations

from typing import Any

from tests.api.serving import IDD, KEEP12, YEARLY, Partner, Served, code, pointer

N, OTHER, REAL = "+85366120001", "+85251230001", "+85366130001"


def systems(served: Served, **more: Any) -> Partner:
    return served.partner("operator:demo", scope=("read", "facts"), **more)


def test_a_record_counts_once_and_at_its_own_time(served: Served) -> None:
    served.begin(N)
    demo = systems(served)
    body = {
        "number": N,
        "kind": "topup",
        "amount_minor": 5_000,
        "act": "till-77/1",
        "tags": ["shop", "cash"],
        "evidence": "the shop's list of that day",
    }
    first = demo.post("/v1/records", body, key="r-1")
    assert first.status_code == 201, first.text
    again = demo.post("/v1/records", {**body, "tags": ["cash", "shop"]}, key="r-1")
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert first.json()["version"] == 3
    assert demo.get(f"/v1/lines/{N}").json()["balances_minor"] == {"main": 5_000}
    assert code(demo.post("/v1/records", body)) == (409, "act.known")


def test_the_same_instant_is_the_same_record_however_it_is_written(served: Served) -> None:
    served.begin(N)
    demo = systems(served)
    at = served.rows("SELECT recorded_at FROM lines WHERE number = %s", N)[0][0]
    body = {"number": N, "kind": "sms_out", "at": f"{at:%Y-%m-%dT%H:%M:%S.%f}+00:00"}
    first = demo.post("/v1/records", body, key="r-1")
    assert first.status_code == 201, first.text
    body["at"] = body["at"].replace("+00:00", "Z")
    assert demo.post("/v1/records", body, key="r-1").content == first.content


def test_an_observation_stands_beside_and_changes_nothing(served: Served) -> None:
    served.open(N)
    demo = systems(served)
    before = demo.get(f"/v1/lines/{N}").json()["safe_until"]
    body = {"number": N, "clock": "service", "until": "2031-01-01T00:00:00+08:00"}
    first = demo.post("/v1/observations", body, key="o-1")
    assert first.status_code == 201, first.text
    assert demo.post("/v1/observations", body, key="o-1").content == first.content
    assert demo.get(f"/v1/lines/{N}").json()["safe_until"] == before
    balance = {"number": N, "balance": "main", "amount_minor": 700}
    assert demo.post("/v1/observations", balance).status_code == 201


def test_facts_name_the_field_or_the_rule(served: Served) -> None:
    served.begin(N)
    demo = systems(served)

    def record(**said: Any) -> tuple[int, str, str | None]:
        return pointer(demo.post("/v1/records", {"number": N, "kind": "topup", **said}))

    def observe(**said: Any) -> tuple[int, str, str | None]:
        return pointer(demo.post("/v1/observations", {"number": N, **said}))

    assert record(kind="party") == (422, "ask.field", "/kind")
    assert record(at="2099-01-01T00:00:00Z") == (409, "line.not_yet", None)
    assert record(at="2026-01-01T00:00:00") == (422, "request.body", "/at")
    assert record(at="0001-01-01T00:00:00+14:00") == (422, "request.body", "/at")
    assert record(at="1900-01-01T00:00:00Z") == (422, "request.body", "/at")
    assert record(used={"sms": -1}) == (422, "request.body", "/used/sms")
    assert record(term="a while") == (422, "malformed.span", "/term")
    assert observe() == (422, "ask.field.missing", "/balance")
    assert observe(clock="hour", until="2031-01-01T00:00:00Z") == (
        409,
        "policy.clock_unknown",
        None,
    )
    assert observe(clock="service") == (422, "ask.field.missing", "/until")


def test_an_operator_knows_its_own_lines_only(served: Served) -> None:
    served.stock(N, pin=KEEP12)
    served.stock(OTHER, pin=YEARLY)
    demo = systems(served)
    for number in (OTHER, "+85251239999"):
        for path in ("/v1/records", "/v1/observations"):
            refused = demo.post(
                path, {"number": number, "kind": "topup"} if "rec" in path else {"number": number}
            )
            assert code(refused) == (404, "line.unknown")
        assert code(demo.get(f"/v1/lines/{number}")) == (404, "line.unknown")


def test_a_test_key_stays_with_invented_operators(served: Served) -> None:
    served.stock(REAL, pin=IDD)
    tried = served.partner("operator:ctm", scope=("read", "facts"), is_sandbox=True)
    body = {"number": REAL, "kind": "topup", "amount_minor": 5_000}
    assert code(tried.post("/v1/records", body)) == (403, "key.sandbox")
    assert code(tried.get(f"/v1/lines/{REAL}")) == (403, "key.sandbox")
    known = served.partner("operator:ctm", scope=("read", "facts"))
    assert known.get(f"/v1/lines/{REAL}").status_code == 200
