"""The OpenAPI document: FastAPI's own, and the hot pages beside it from the types they decode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi import FastAPI

from baohao.api.looking import Looked, Numbers
from baohao.api.models import ChargeTold, Outcome, Problem, Sold
from baohao.api.renewing import Renewal
from baohao.api.renewing_many import ROWS_MAX, Row

_REFS = "#/components/schemas/{name}"
#: What a request can be told, whatever it asks.
_REFUSED = {
    "400": "The request cannot be used.",
    "401": "No key, or one that is not known.",
    "402": "The float has not enough.",
    "403": "The key, the product or the channel does not allow it.",
    "404": "There is no such thing, or it is not yours.",
    "409": "The line is not as you were shown, or the rules say no.",
    "413": "The body is too long.",
    "415": "The body is of another media type.",
    "422": "A field is not valid; `pointer` names it.",
    "429": "Too often; see Retry-After.",
    "503": "Not now; see Retry-After, and ask again with the same key.",
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "One of your own for each write; the same again gives the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the line: the same as `expect_version`.",
    "schema": {"type": "string"},
}


def describe(framework: FastAPI) -> None:
    """Let an application tell of the hot pages too."""
    own = framework.openapi

    def openapi() -> dict[str, Any]:
        if framework.openapi_schema is None:
            framework.openapi_schema = _completed(own())
        return framework.openapi_schema

    framework.openapi = openapi  # type: ignore[method-assign]


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _, found = msgspec.json.schema_components([Renewal, Row, Numbers, Looked], ref_template=_REFS)
    schemas |= found
    for model in (ChargeTold, Problem, Sold, Outcome):
        schema = model.model_json_schema(ref_template=_REFS.replace("name", "model"))
        schema.pop("$defs", None)
        schemas[model.__name__] = schema
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "Your key, bh_live_..."}
    }
    document["security"] = [{"key": []}]
    for path, operations in _hot().items():
        document["paths"].setdefault(path, {}).update(operations)
    for operations in document["paths"].values():
        for operation in operations.values():
            parameters = operation.get("parameters", [])
            operation["parameters"] = [_KEY if _is_key(each) else each for each in parameters]
            _refuses(operation)
    document["paths"] = dict(sorted(document["paths"].items()))
    return document


def _is_key(parameter: Mapping[str, Any]) -> bool:
    """Whether FastAPI tells of the idempotency key, which to it may be missing."""
    return bool(parameter["name"] == _KEY["name"])


def _hot() -> Mapping[str, Mapping[str, Any]]:
    number = {
        "name": "number",
        "in": "query",
        "required": True,
        "description": "E.164, as +85366123456.",
        "schema": {"type": "string", "maxLength": 40},
    }
    return {
        "/v1/renewals": {
            "post": _operation(
                "renew",
                "Renew a line out of your float",
                "sales",
                "201",
                "Sold",
                "Renewal",
                [_KEY, _IF_MATCH],
            )
        },
        "/v1/renewals/batch": {"post": _renew_many()},
        "/v1/safety": {
            "get": _operation(
                "safety_of_one",
                "Until when a number is safe",
                "lines",
                "200",
                "Looked",
                "",
                [number],
            ),
            "post": _operation(
                "safety", "Until when numbers are safe", "lines", "200", "Looked", "Numbers", []
            ),
        },
    }


def _renew_many() -> dict[str, Any]:
    """Tell of many renewals: an array of rows or a row a line, and their outcomes alike."""

    def rows(name: str) -> dict[str, Any]:
        each = {"$ref": _REFS.format(name=name)}
        return {
            "application/json": {"schema": {"type": "array", "items": each, "maxItems": ROWS_MAX}},
            "application/x-ndjson": {"schema": each},
        }

    return {
        "operationId": "renew_many",
        "summary": f"Renew up to {ROWS_MAX} lines, an outcome for each, in order",
        "description": "A row that is refused costs the others nothing. Sent again under the same"
        " Idempotency-Key, what was done is not done again.",
        "tags": ["sales"],
        "parameters": [_KEY],
        "requestBody": {"required": True, "content": rows("Row")},
        "responses": {"200": {"description": "All are answered.", "content": rows("Outcome")}},
    }


def _operation(
    name: str,
    summary: str,
    tag: str,
    status: str,
    answer: str,
    body: str,
    parameters: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "tags": [tag],
        "parameters": list(parameters),
        "responses": {status: {"description": "Done.", "content": _json(answer)}},
    }
    if body:
        found["requestBody"] = {"required": True, "content": _json(body)}
    return found


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFS.format(name=name)}}}


def _refuses(operation: dict[str, Any]) -> None:
    """Say how an operation refuses; FastAPI's own shape of a 422 is not ours."""
    schema = {"schema": {"$ref": _REFS.format(name="Problem")}}
    for status, what in _REFUSED.items():
        operation["responses"][status] = {
            "description": what,
            "content": {"application/problem+json": schema},
        }
