"""Parked asks: what a defect kept from being decided, put aside with the reason."""

from __future__ import annotations

import msgspec

from baohao.core.asks import Ask
from baohao.core.bucket import bucket_of
from baohao.store import clock
from baohao.store.sql import Connection
from baohao.store.writes import Writes

#: Enough to find the place; a reason is no log.
REASON_MAX = 500

_json = msgspec.json.Encoder().encode


def park(writes: Writes, ask: Ask, reason: str) -> None:
    """Add the row of an ask that is put aside."""
    asked = {
        "verb": ask.verb,
        "key": ask.key,
        "principal": ask.principal,
        "channel": ask.channel,
        "payload": ask.payload,
        "point": ask.point,
        "expect_until": ask.expect_until,
        "expect_version": ask.expect_version,
    }
    place = (bucket_of(ask.subject), ask.id, ask.subject, writes.now)
    printable = reason.replace("\0", "").encode(errors="replace").decode()
    writes.add("park_asks", *place, _json(asked).decode(), printable[:REASON_MAX])


def put(conn: Connection, ask: Ask, reason: str) -> None:
    """Put an ask aside that the database itself refuses."""
    writes = Writes(clock.now(conn))
    park(writes, ask, reason)
    writes.send(conn)
