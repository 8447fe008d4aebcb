"""Walking the OpenAPI document: each operation, a sample of what it takes, and its spots."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from tests.api.raw import request

Json = dict[str, Any]
#: Where a body's value stands: names of fields, and places in lists.
Spot = tuple[str | int, ...]

#: A number-keeping card of the agent's customer; one in its stock; a balance card; one that moves.
LINE, CARD, BALANCE, MOVING = "+85366120001", "+85366120002", "+85366120003", "+85366120004"
#: What to write where a name says more than its type.
BY_NAME = {
    "number": LINE,
    "numbers": [LINE],
    "term": "12 months",
    "expect_version": 3,
    "amount_minor": 5_000,
    "document": "bir",
    "clock": "service",
}
BY_PATH: dict[str, Json] = {
    "/v1/activations": {"number": CARD, "expect_version": 2},
    "/v1/observations": {"number": MOVING},
    "/v1/records": {"number": MOVING},
    "/v1/quotes": {"number": MOVING},
    "/v1/top-ups": {"number": BALANCE, "expect_version": 2},
}
#: Fields that a body needs, though its schema cannot say so.
NEEDED = ("number", "expect_version", "holder", "document", "clock", "until")
#: Fields that are given instead of another.
INSTEAD = {"iccid": "number"}
BY_FORMAT = {
    "date-time": "2027-03-31T10:00:00+08:00",
    "date": "2027-03-31",
    "uuid": "01900000-0000-7000-8000-000000000001",
    "uri": "https://example.com/hook",
}
#: Stands for a token that JSON's own writer would not write.
HERE = "\ue000here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of the document."""

    document: Json
    method: str
    path: str
    told: Json
    #: What its body is, of several one; empty: it has none.
    media_type: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.media_type}".rstrip()

    @property
    def parameters(self) -> Sequence[Json]:
        """Its parameters, of all places."""
        found: Sequence[Json] = self.told.get("parameters", ())
        return found

    @property
    def body(self) -> Any:
        """A sample of its body with every field."""
        found = sample(self.document, self._schema)
        known = BY_PATH.get(self.path, {})
        return {**found, **known} if isinstance(found, dict) else found

    def lean(self, field: str | int = "") -> Any:
        """A sample of its body with what it needs, and one field more."""
        whole = self.body
        if not isinstance(whole, dict):
            return whole
        required = resolved(self.document, self._schema).get("required", ())
        kept = {*required, *NEEDED, field} - {INSTEAD.get(str(field))}
        return {name: value for name, value in whole.items() if name in kept}

    def with_token(self, spot: Spot, token: bytes) -> bytes:
        """Return a body with a token at a spot, whether or not JSON's own writer would write it."""
        body = replaced(self.lean(spot[0]), spot, HERE)
        text = json.dumps(body, ensure_ascii=False).encode()
        return text.replace(json.dumps(HERE, ensure_ascii=False).encode(), token)

    def request(
        self,
        bearer: str,
        body: bytes | None = None,
        /,
        *,
        given: Mapping[str, str | bytes] = MappingProxyType({}),
        headers: Mapping[str, str | bytes] = MappingProxyType({}),
    ) -> bytes:
        """Return a good request, with another body, given parameters, or other headers."""
        target, asked = self.path.encode(), list[bytes]()
        named: dict[str, str | bytes] = {"authorization": f"Bearer {bearer}"}
        for each in self.parameters:
            name, place = each["name"], each["in"]
            if name not in given and not each.get("required"):
                continue
            value = given[name] if name in given else self.written(each)
            text = value if isinstance(value, bytes) else quote(value, safe="").encode()
            if place == "path":
                target = target.replace(b"{%b}" % name.encode(), text)
            elif place == "query":
                asked.append(b"%b=%b" % (name.encode(), text))
            else:
                named[name.lower()] = value
        if asked:
            target += b"?" + b"&".join(asked)
        if self.media_type:
            named["content-type"] = self.media_type
            body = json.dumps(self.lean()).encode() if body is None else body
        return request(self.method, target, body or b"", **{**named, **headers})

    @property
    def _schema(self) -> Json:
        schema: Json = self.told["requestBody"]["content"][self.media_type].get("schema", {})
        return schema

    def written(self, parameter: Json) -> str:
        """Return a sample of a parameter."""
        if parameter["name"].lower() == "idempotency-key":
            return secrets.token_hex(8)
        value = sample(self.document, parameter.get("schema", {}), parameter["name"])
        return str(value[0] if isinstance(value, list) else value)


def operations(document: Json) -> Iterator[Operation]:
    """Yield every operation, with each kind of body that it takes."""
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            for kind in told.get("requestBody", {}).get("content", {"": None}):
                yield Operation(
                    document=document,
                    method=method.upper(),
                    path=path,
                    told=told,
                    media_type=kind,
                )


def sample(document: Json, schema: Mapping[str, Any], name: str = "") -> Any:
    """Return a value that a schema takes, every field of it given."""
    schema = resolved(document, schema)
    if name in BY_NAME:
        return BY_NAME[name]
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        fields = schema.get("properties", {})
        return {field: sample(document, inner, field) for field, inner in fields.items()}
    if kind == "array":
        items = schema.get("items") or (schema.get("prefixItems") or [{}])[0]
        return [sample(document, items)] * max(1, schema.get("minItems", 1))
    if kind in ("integer", "number"):
        return schema.get("default", schema.get("minimum", 2))
    if kind == "boolean":
        return False
    written = BY_FORMAT.get(schema.get("format", ""), "x")
    return written + "x" * (schema.get("minLength", 0) - len(written))


def resolved(document: Json, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references, and take the first of several that is not null."""
    while True:
        several = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if "$ref" in schema:
            found: Any = document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        elif several:
            schema = next(each for each in several if each.get("type") != "null")
        else:
            return schema


def spots(value: Any, at: Spot = ()) -> Iterator[Spot]:
    """Yield every spot of a body: fields, items, and what holds them."""
    inner: Any = value.items() if isinstance(value, dict) else ()
    for name, each in enumerate(value) if isinstance(value, list) else inner:
        yield (*at, name)
        yield from spots(each, (*at, name))


def at(value: Any, spot: Spot) -> Any:
    """Return what stands at a spot."""
    for name in spot:
        value = value[name]
    return value


def replaced(value: Any, spot: Spot, new: Any) -> Any:
    """Return a body with something else at a spot."""
    if not spot:
        return new
    first, *rest = spot
    copy = value.copy()
    copy[first] = replaced(value[first], tuple(rest), new)
    return copy
