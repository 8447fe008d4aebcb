"""Notices: what gateways tell us by themselves, judged by their raw bytes and taken down once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from baohao.app.payments.learn import learn
from baohao.app.ports import Gateway
from baohao.store import clock
from baohao.store.sql import Connection


def take(
    conn: Connection,
    gateway: Gateway,
    headers: Mapping[str, str],
    body: bytes,
    new_id: Callable[[], UUID],
) -> None:
    """Take a notice down; told again, it changes nothing. Raises `NoticeRefused`."""
    learn(conn, gateway.name, gateway.notice(headers, body, clock.now(conn)), new_id)
