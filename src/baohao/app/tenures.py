"""Tenures, to be shown: who holds a number, and which numbers a holder holds."""

from __future__ import annotations

from baohao.core.kept import is_kept
from baohao.store import tenures as store
from baohao.store.sql import Connection
from baohao.store.tenures import Held


def open_one(conn: Connection, number: str) -> Held | None:
    """Return the open tenure of a number; `None`: nobody holds it."""
    return store.open_one(conn, number)


def of_holder(conn: Connection, holder: str) -> list[Held]:
    """
    Return the open tenures of a holder, the first first; nobody registered has none.

    Cards of other operators' that they watch over are no tenures of ours (`app/cards/`).
    """
    held = store.of_holder(conn, holder) if holder else []
    return [each for each in held if not is_kept(each.number)]
