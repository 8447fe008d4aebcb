"""
Stamps: many rows that differ only in a few texts of equal length, made from one, all at once.

A row is written once, with a token wherever another row has something else; then it is copied as
often as needed, and the tokens' places are filled a column at a time. Rows are in the binary form
of COPY: https://www.postgresql.org/docs/current/sql-copy.html
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from baohao.store.sql import Row

#: One row of bytes for each row that is stamped.
Bytes = npt.NDArray[np.uint8]
#: What stands for a token in each row.
Tokens = Mapping[bytes, Bytes]

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
_NULL = struct.pack("!i", -1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def stamped(template: bytes, tokens: Tokens, count: int) -> Bytes:
    """Return `count` copies of `template`, with the tokens in it replaced."""
    made = np.empty((count, len(template)), dtype=np.uint8)
    made[:] = np.frombuffer(template, dtype=np.uint8)
    for token, values in tokens.items():
        for place in _places(template, token):
            made[:, place : place + len(token)] = values
    return made


def hashed(messages: Bytes) -> Bytes:
    """Return the SHA-256 of each row."""
    size, whole = messages.shape[1], memoryview(messages.tobytes())
    digests = b"".join(
        [sha256(whole[at : at + size]).digest() for at in range(0, len(whole), size)]
    )
    return rows_of(digests, len(messages))


def rows_of(joined: bytes, count: int) -> Bytes:
    """Return texts of equal length, joined, as rows."""
    return np.frombuffer(joined, dtype=np.uint8).reshape(count, -1)


def written(ids: Bytes) -> Bytes:
    """Return UUIDs of 16 bytes as people write them."""
    hexed = np.frombuffer(ids.tobytes().hex().encode(), dtype=np.uint8).reshape(len(ids), 32)
    made = np.full((len(ids), 36), ord("-"), dtype=np.uint8)
    for start, end, shift in ((0, 8, 0), (8, 12, 1), (12, 16, 2), (16, 20, 3), (20, 32, 4)):
        made[:, start + shift : end + shift] = hexed[:, start:end]
    return made


def _places(template: bytes, token: bytes) -> Iterator[int]:
    at = template.find(token) if token else -1
    while at >= 0:
        yield at
        at = template.find(token, at + len(token))


# --- COPY's binary form ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Columns:
    """Where rows of a statement go: a table, and the type of each column in the row's order."""

    table: str
    types: Mapping[str, str]

    @property
    def bucket_at(self) -> int:
        """Where a row has its bucket: behind the count of columns, and the time if it is first."""
        return 2 + 4 if "bucket" in next(iter(self.types)) else 2 + (4 + 8) + 4

    def row(self, values: Row) -> bytes:
        """Return one row in binary form."""
        fields = [struct.pack("!h", len(self.types))]
        for value, kind in zip(values, self.types.values(), strict=True):
            if value is None:
                fields.append(_NULL)
            else:
                field = _WRITE[kind](value)
                fields += (struct.pack("!i", len(field)), field)
        return b"".join(fields)


def columns(table: str, said: str) -> Columns:
    """Return where rows go; `said` is "column type column type ..."."""
    words = said.split()
    return Columns(table, dict(zip(words[::2], words[1::2], strict=True)))


def _text(value: str) -> bytes:
    return value.encode()


def _micros(value: datetime) -> bytes:
    return struct.pack("!q", (value - _EPOCH) // _MICROSECOND)


def items(literal: str) -> list[str]:
    """Return the items of an array as it is written, "{a,b}", none of which needs quotes."""
    inner = literal[1:-1]
    return inner.split(",") if inner else []


def _array(oid: int, write: Callable[[Any], bytes], items: Sequence[Any]) -> bytes:
    parts = [struct.pack("!iiI", 1, 0, oid), struct.pack("!ii", len(items), 1)]
    for item in map(write, items):
        parts += (struct.pack("!i", len(item)), item)
    return b"".join(parts)


def _int8(value: object) -> bytes:
    return struct.pack("!q", value)


_WRITE: Mapping[str, Callable[[Any], bytes]] = {
    "int2": lambda value: struct.pack("!h", value),
    "int4": lambda value: struct.pack("!i", value),
    "int8": _int8,
    "text": _text,
    "bytea": bytes,
    "timestamptz": _micros,
    "uuid": lambda value: UUID(str(value)).bytes,
    "json": _text,
    "text[]": lambda value: _array(25, _text, items(value)),
    "int8[]": lambda value: _array(20, _int8, [int(item) for item in items(value)]),
    "timestamptz[]": lambda value: _array(
        1184, _micros, [datetime.fromisoformat(item) for item in items(value)]
    ),
}
