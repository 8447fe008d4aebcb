"""Four ways for rows to travel to PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from statements import Statement

Rows = list[tuple[Any, ...]]


def source(statement: Statement, passing: str) -> str:
    """Return what goes into FROM."""
    if passing == "json":
        return f"json_to_recordset(%s) as t({statement.columns})"
    mark = "%b" if passing == "binary" else "%s"
    arrays = ", ".join(f"{mark}::{kind}[]" for kind in statement.kinds)
    return f"unnest({arrays}) as t({', '.join(statement.names)})"


def values(statement: Statement, passing: str, rows: Rows) -> list[Any]:
    """Return the rows as the parameters of that source."""
    names, kinds = statement.names, statement.kinds
    if passing == "json":
        nested = [dict(zip(names, map(_nested, row, kinds), strict=True)) for row in rows]
        return [msgspec.json.encode(nested).decode()]
    columns = list(zip(*rows, strict=True))
    if passing == "literal":
        return [literal(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return [list(column) for column in columns]


def literal(column: Sequence[object], kind: str) -> str:
    """Return a column as an array literal, written by hand."""
    dump = _quoted if kind in ("text", "jsonb", "bytea") else str
    return "{" + ",".join(map(dump, column)) + "}"


def _quoted(value: object) -> str:
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _nested(value: object, kind: str) -> object:
    """Return documents as they are, bytes as PostgreSQL's hex."""
    if kind == "jsonb":
        return msgspec.Raw(str(value).encode())
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value
