"""Tenures: who holds which number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A tenure that is open."""

    number: str
    epoch: int
    #: A random id; empty: nobody is registered.
    holder: str
    since: datetime


def open_one(conn: Connection, number: str) -> Held | None:
    """Return the open tenure of a number; `None`: nobody holds it."""
    found = rows(conn, "read_open_tenure", bucket_of(number), number)
    return next((_held(*row) for row in found), None)


def of_holder(conn: Connection, holder: str) -> list[Held]:
    """Return the open tenures of a holder, the first first."""
    return [_held(*row) for row in rows(conn, "list_open_tenures", holder)]


def _held(number: str, epoch: int, holder: str, since: datetime) -> Held:
    return Held(number=number, epoch=epoch, holder=holder, since=since)
