"""The OpenAPI document: kept in git, and each operation behind its scope."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.serving import Partner, Served

from baohao.core.credentials import Scope

GOLDEN = Path(__file__).with_name("openapi.json")

#: What the key of each operation must be for; `None`: whoever has a key.
SCOPES = {
    "GET /v1/me": None,
    "GET /v1/keys": None,
    "POST /v1/keys/{id}/rotate": None,
    "DELETE /v1/keys/{id}": None,
    "GET /v1/lines/{number}": Scope.READ,
    "GET /v1/lines/{number}/history": Scope.READ,
    "POST /v1/lines/{number}/what-if": Scope.READ,
    "GET /v1/safety": Scope.READ,
    "POST /v1/safety": Scope.READ,
    "GET /v1/plans": Scope.READ,
    "GET /v1/promotions": Scope.READ,
    "GET /v1/policies": Scope.READ,
    "GET /v1/policies/{pin}": Scope.READ,
    "POST /v1/quotes": Scope.SELL,
    "POST /v1/renewals": Scope.SELL,
    "POST /v1/renewals/batch": Scope.SELL,
    "POST /v1/top-ups": Scope.SELL,
    "POST /v1/activations": Scope.SELL,
    "POST /v1/reversals": Scope.REVERSE,
    "GET /v1/receipts/{id}": Scope.MONEY,
    "GET /v1/float": Scope.MONEY,
    "POST /v1/float/deposits": Scope.MONEY,
    "GET /v1/float/deposits/{id}": Scope.MONEY,
    "GET /v1/wallets/{holder}": Scope.HANDOVER,
    "POST /v1/wallets/{holder}/deposits": Scope.HANDOVER,
    "GET /v1/wallets/{holder}/deposits/{id}": Scope.HANDOVER,
    "POST /v1/wallets/{holder}/renewals": Scope.HANDOVER,
    "GET /v1/commissions": Scope.MONEY,
    "GET /v1/statements/{month}": Scope.MONEY,
    "GET /v1/stock": Scope.READ,
    "GET /v1/customers": Scope.READ,
    "POST /v1/files": Scope.SELL,
    "GET /v1/files": Scope.SELL,
    "GET /v1/files/{id}": Scope.SELL,
    "GET /v1/files/{id}/result": Scope.SELL,
    "POST /v1/files/{id}/stop": Scope.SELL,
    "GET /v1/events": Scope.EVENTS,
    "GET /v1/webhooks": Scope.EVENTS,
    "POST /v1/webhooks": Scope.EVENTS,
    "POST /v1/webhooks/{id}": Scope.EVENTS,
    "POST /v1/webhooks/{id}/rotate": Scope.EVENTS,
    "POST /v1/webhooks/{id}/pause": Scope.EVENTS,
    "POST /v1/webhooks/{id}/resume": Scope.EVENTS,
    "POST /v1/webhooks/{id}/replays": Scope.EVENTS,
    "DELETE /v1/webhooks/{id}": Scope.EVENTS,
    "GET /v1/orders": Scope.READ,
    "POST /v1/orders": Scope.SELL,
    "POST /v1/orders/{number}/told": Scope.EVENTS,
    "POST /v1/orders/{number}/stop": Scope.SELL,
    "POST /v1/handovers": Scope.HANDOVER,
    "GET /v1/charges": Scope.FACTS,
    "POST /v1/records": Scope.FACTS,
    "POST /v1/observations": Scope.FACTS,
    "POST /v1/kept/records": Scope.KEPT,
    "POST /v1/kept/readings": Scope.KEPT,
}
#: An agent's key is for none of these, and an operator's for nothing that is paid; for what robots
#: tell of kept cards, neither is.
OPERATORS = frozenset({Scope.FACTS, Scope.HANDOVER, Scope.KEPT})
AGENTS = frozenset({Scope.SELL, Scope.REVERSE, Scope.MONEY, Scope.KEPT})


def document(served: Served) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{served.url}/openapi.json").json()
    return found


def operations(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def ask(client: httpx.Client, operation: str) -> httpx.Response:
    """Ask an operation for what is not there, with a body that says nothing."""
    method, path = operation.split(" ")
    for name, value in (("number", "+85366129999"), ("id", "x"), ("pin", "x"), ("month", "x")):
        path = path.replace(f"{{{name}}}", value)
    headers = {"Idempotency-Key": "k"}
    body: Any = {} if method == "POST" else None
    return client.request(method, path, headers=headers, json=body)


def test_the_document_is_the_one_in_git(served: Served, tmp_path: Path) -> None:
    found = json.dumps(document(served), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    made = tmp_path / "openapi.json"
    made.write_text(found, encoding="utf-8")
    kept = GOLDEN.read_text(encoding="utf-8") if GOLDEN.exists() else ""
    assert found == kept, f"the API has changed; if it was meant to: cp {made} {GOLDEN}"


def test_every_operation_has_its_row(served: Served) -> None:
    assert {name for name, _ in operations(document(served))} == set(SCOPES)


def test_names_are_stable_and_errors_are_problems(served: Served) -> None:
    found = dict(operations(document(served)))
    assert len({operation["operationId"] for operation in found.values()}) == len(found)
    for name, operation in found.items():
        for status, answer in operation["responses"].items():
            kinds = set(answer.get("content", {}))
            assert (kinds == {"application/problem+json"}) == (status >= "400"), (name, status)
        keyed = any(each["name"] == "Idempotency-Key" for each in operation["parameters"])
        reads = name.startswith("GET") or name.endswith(("/what-if", "/safety"))
        assert keyed == (not reads), name


def test_nobody_without_a_key_comes_in(served: Served) -> None:
    with httpx.Client(base_url=served.url) as nobody:
        for operation in SCOPES:
            answer = ask(nobody, operation)
            assert (answer.status_code, answer.json()["code"]) == (401, "key.missing"), operation
    forged = served.bearer("bh_live_" + "0" * 48)
    for operation in SCOPES:
        answer = ask(forged.http, operation)
        assert (answer.status_code, answer.json()["code"]) == (401, "key.malformed"), operation


@pytest.mark.parametrize("missing", Scope)
def test_a_key_without_the_scope_is_refused(served: Served, missing: Scope) -> None:
    for partner in (
        with_scopes(served, "agent-7", set(Scope) - OPERATORS - {missing}),
        with_scopes(served, "operator:demo", set(Scope) - AGENTS - {missing}),
    ):
        known = partner.get("/v1/me").json()["scopes"]
        for operation, scope in SCOPES.items():
            answer = ask(partner.http, operation)
            refused = answer.status_code == 403 and answer.json()["code"] == "key.scope"
            assert refused == (scope is not None and scope not in known), (operation, answer.text)


def with_scopes(served: Served, owner: str, scopes: set[Scope]) -> Partner:
    return served.partner(owner, scope=sorted(scopes))
