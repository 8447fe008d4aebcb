"""The OpenAPI document: FastAPI's own, and the hot pages beside it from the types they decode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi import FastAPI

from baohao.api.looking import Looked, Numbers
from baohao.api.models import Problem, Sold
from baohao.api.renewing import Renewal

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
    _, found = msgspec.json.schema_components([Renewal, Numbers, Looked], ref_template=_REFS)
    schemas |= found
    for model in (Problem, Sold):
        schemas[model.__name__] = model.model_json_schema(
            ref_template=_REFS.replace("name", "model")
        )
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "Your key, bh_live_..."}
    }
    document["security"] = [{"key": []}]
    for path, operations in _hot().items():
        document["paths"].setdefault(path, {}).update(operations)
    for operations in document["paths"].values():
        for operation in operations.values():
            _refuses(operation)
    document["paths"] = dict(sorted(document["paths"].items()))
    return document


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
                "renew", "Renew a line out of your float", "sales", "201", "Sold", "Renewal", [_KEY]
            )
        },
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
